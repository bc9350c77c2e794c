"""Documents with places, quoting, cache, fingerprints, moments, workers, atomic writing: what every room may use."""
