"""Odd but conforming implementations: each does something in another way that the manual allows."""
