"""What runs behind the wall: it traces one submission and answers with data."""
