"""From figures and facts to findings and points."""
