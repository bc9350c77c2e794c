"""The mappings that there are."""
