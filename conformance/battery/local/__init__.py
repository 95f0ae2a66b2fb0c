"""Thread-local data."""
