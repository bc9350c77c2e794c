"""What a submission's files say, found by reading them; nothing of them is run."""
