"""Interleaving faults: each shows only in some schedules, and is for ``threadspec explore``."""
