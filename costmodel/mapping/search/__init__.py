"""Searches for the best mapping."""
