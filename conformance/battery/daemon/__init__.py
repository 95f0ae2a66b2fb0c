"""Daemon threads and the end of a program."""
