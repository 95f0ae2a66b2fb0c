"""Interrupt every primitive of the reference with signal handlers: ``make interrupts``."""
