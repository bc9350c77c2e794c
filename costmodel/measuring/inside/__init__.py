"""What runs beside an entry: its keeper, and what the keeper puts around it."""
