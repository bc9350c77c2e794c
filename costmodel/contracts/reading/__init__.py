"""A submission's files, understood by reading them; nothing is run."""
