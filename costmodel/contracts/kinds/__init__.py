"""One kind of contract rule per file."""
