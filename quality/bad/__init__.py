"""Implementations that do one thing wrong everywhere, and what it costs to judge them."""
