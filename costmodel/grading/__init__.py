"""Many submissions of people who may err or cheat: who they are, and their traces from behind a wall."""
