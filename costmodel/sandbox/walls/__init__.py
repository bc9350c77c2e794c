"""One wall per file."""
