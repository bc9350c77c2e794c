"""What a submission's answer is held against: structure, formulas, a replay, signs of evasion."""
