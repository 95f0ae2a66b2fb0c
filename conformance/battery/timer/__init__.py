"""Timer Objects."""
