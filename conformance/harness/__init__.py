"""The harness: everything that runs in the process where an implementation is judged.

Portable: Python 2.6 syntax, every 3.x, the standard library alone, and nothing that imports
``threading`` before an adapter's set-up code has run.
"""
