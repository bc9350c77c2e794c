"""One log or table format per file."""
