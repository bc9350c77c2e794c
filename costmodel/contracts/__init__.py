"""What a submission's files have to be, checked without running any of them."""
