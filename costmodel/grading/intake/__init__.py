"""Taking submissions in: platforms, archives, notebooks, rosters."""
