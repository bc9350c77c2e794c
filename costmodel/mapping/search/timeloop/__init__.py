"""What Timeloop's own mapper finds, try by try."""
