"""A recorded step drawn as a graph: what flows where, where each box lies, and the picture."""
