"""The cost of a mapping, in Timeloop's own arithmetic."""
