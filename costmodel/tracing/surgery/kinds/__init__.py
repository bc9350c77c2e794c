"""The kinds of changes: each is a module with ``changes``, found by existing."""
