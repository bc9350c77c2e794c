"""Measured facts: files that meters, leaderboards and people write, as readings; formats/ has one file per format."""
