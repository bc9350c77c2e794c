"""Machines as data: hw_specs/*.yaml, every number with its unit and source."""
