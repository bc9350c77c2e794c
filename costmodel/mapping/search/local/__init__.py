"""Local search, where nothing is proven."""
