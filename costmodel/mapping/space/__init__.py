"""Which mappings there are."""
