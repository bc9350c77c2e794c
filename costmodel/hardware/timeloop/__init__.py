"""A course's own Timeloop folder, read as a machine."""
