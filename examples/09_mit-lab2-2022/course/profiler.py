"""Stands in for the course's profiler, which nobody may change."""
