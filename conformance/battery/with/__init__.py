"""Locks, conditions and semaphores in the with statement."""
