"""Programs that measure the battery and the reference: ``python -m quality.faults`` and others."""
