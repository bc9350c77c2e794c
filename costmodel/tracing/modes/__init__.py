"""The two modes in which a model is built and traced: on fake tensors, and on real ones; and what is around both."""
