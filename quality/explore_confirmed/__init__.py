"""Tries what ``threadspec explore`` finds in CPython with real threads."""
