"""Advice: what to change so that a network stands better, computed and never guessed."""
