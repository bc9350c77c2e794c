"""Pure functions from a trace to numbers; one file per question."""
