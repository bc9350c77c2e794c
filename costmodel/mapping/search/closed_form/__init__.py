"""Searches that prove their optimum by closed forms."""
