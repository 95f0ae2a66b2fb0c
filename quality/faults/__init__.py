"""Planted faults: faulty implementations, each the reference with one clause broken."""
