"""Runs cases on an implementation: worker processes, a pool of them, and their watchdog."""
