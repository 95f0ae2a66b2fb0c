"""The conformance kit: clause catalogue, battery and harness."""
