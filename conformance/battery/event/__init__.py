"""Event Objects."""
