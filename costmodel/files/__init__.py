"""Files and bytes that are nobody's noun: located YAML, quoting, cache, fingerprints, moments, workers, atomic writing."""
