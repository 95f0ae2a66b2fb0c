"""Speed and memory of the reference against others."""
