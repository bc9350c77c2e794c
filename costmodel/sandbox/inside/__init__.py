"""What runs in a confined child before anything of a stranger does."""
