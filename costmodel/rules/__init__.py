"""Rulebooks: what a competition or a course allows, as data; and the judge that applies them."""
