"""What a submission's own code says of its model, by reading it: classes, who contains whom, and what it builds."""
