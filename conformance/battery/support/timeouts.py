"""Time-outs that cases use."""

# Seconds: longer than any case waits.
LONG = 30.0
