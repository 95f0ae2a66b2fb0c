"""Semaphore Objects."""
