"""Runs small programs over an implementation under every schedule, on a simulated thread layer."""
