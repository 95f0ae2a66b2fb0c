"""Implementations that do one thing wrong everywhere; ``python -m quality.bad`` times them."""
