"""From a model and its training step to a :class:`~costmodel.ir.trace.Trace`, on fake tensors."""
