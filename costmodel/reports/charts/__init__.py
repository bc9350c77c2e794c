"""The charts, one kind per file; each returns an element of HTML with SVG in it, without a script."""
