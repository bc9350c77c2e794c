"""Checks of a submission's answer: its structure, the formulas, a replay, signs of evasion."""
