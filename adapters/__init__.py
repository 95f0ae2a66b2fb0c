"""Adapters: how and where each implementation is loaded, and its known divergences."""
