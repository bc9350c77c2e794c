"""The tables of a noun, one noun per file."""
