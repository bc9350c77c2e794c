"""Grading a class of people who may err or cheat: their submissions, and traces of them from behind a wall."""
