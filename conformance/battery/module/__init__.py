"""Functions of the module."""
