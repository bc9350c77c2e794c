"""The real Timeloop, run by subprocess: its mapper as a backend, its model as a judge of our mappings."""

from costmodel.backends.timeloop.estimate import Settings, estimate, verify

__all__ = ["Settings", "estimate", "verify"]
