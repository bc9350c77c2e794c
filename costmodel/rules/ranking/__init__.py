"""From verdicts to places."""
