"""The work beside the layers on a machine's vector unit: where its operands are, and what all of it costs."""
