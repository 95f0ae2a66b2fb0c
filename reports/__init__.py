"""Reports: the result record, and everything that people look at, rendered from records."""
