"""Condition Objects."""
