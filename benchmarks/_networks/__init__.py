"""Networks that benchmarks need and no example has."""
