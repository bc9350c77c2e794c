"""The child's side of the wall: what runs in a confined child before anything of a stranger does."""
