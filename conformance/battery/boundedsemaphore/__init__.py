"""BoundedSemaphore Objects."""
