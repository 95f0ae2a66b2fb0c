"""The battery: one module per chapter of the manual, one test function per case."""
