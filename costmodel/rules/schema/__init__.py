"""What a rulebook file says, as values."""
