"""The child's side of grading: it traces one submission behind the wall, and answers with data."""
