"""Timeloop's own mapper, re-enacted try by try."""
