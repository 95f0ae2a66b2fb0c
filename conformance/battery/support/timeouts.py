"""Time-outs."""

# Seconds; no case waits for so long.
LONG = 30.0
