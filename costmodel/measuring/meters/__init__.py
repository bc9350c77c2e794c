"""The meters: one per file."""
