"""Calls interrupted by signal handlers and finalizers."""
