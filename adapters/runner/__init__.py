"""How cases are run on an implementation: worker processes, a pool of them, and their watchdog."""
