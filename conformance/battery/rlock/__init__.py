"""RLock Objects."""
