"""Which mapping is best."""
