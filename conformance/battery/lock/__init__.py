"""Lock Objects."""
