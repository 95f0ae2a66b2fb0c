"""``python -m interrupts``: signal handlers in the middle of every primitive of the reference."""
