"""Checks that several classes have to pass, each written once."""
