"""Threads that the module did not start."""
