"""Seconds of a step on a GPU: kernels → seconds of each, of the host, and of the whole, as an interval."""
