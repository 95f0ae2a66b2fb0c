"""Thread Objects."""
