"""What a mapping costs, in Timeloop's own arithmetic."""
