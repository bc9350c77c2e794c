"""The content of a rulebook file, as checked values."""
