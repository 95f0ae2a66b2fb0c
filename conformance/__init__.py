"""The conformance kit: clause catalogue, battery, pytest plugin and the worker's side."""
