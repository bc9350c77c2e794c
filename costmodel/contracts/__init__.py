"""Rules on a submission's files, checked without running any of them."""
