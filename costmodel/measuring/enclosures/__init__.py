"""What can be put around an entry: one per file."""
