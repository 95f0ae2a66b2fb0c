"""Adapters: how each implementation is loaded, where, and which divergences of it are known."""
