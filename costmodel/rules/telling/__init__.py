"""A rulebook in words."""
