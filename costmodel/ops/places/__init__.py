"""The places of an image: which of the input's each element of a result has seen, op by op."""
