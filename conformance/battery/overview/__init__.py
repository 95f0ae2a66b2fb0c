"""The introduction of the manual."""
