"""Recording one step: what is seen of every op, and how often the step has to run."""
