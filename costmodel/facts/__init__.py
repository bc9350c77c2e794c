"""Measured facts: files that meters, leaderboards and people write, as readings. One file per format."""
