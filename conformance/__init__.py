"""The conformance kit: clause catalogue, battery, harness and pytest plugin."""
