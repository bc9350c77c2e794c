"""Techniques that people add to a plain step, one per file: each changes the parts of a step that is put together."""
