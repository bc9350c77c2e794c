"""What was handed in: platforms, archives, notebooks, rosters."""
