"""A GPU: what a training step takes on one. No layer is mapped, so this is no backend of the Protocol."""
