"""Calls interrupted by exceptions from signal handlers."""
