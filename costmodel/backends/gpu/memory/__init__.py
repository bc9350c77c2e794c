"""Memory of a training step or an inference on a GPU: what torch allocates and reserves, and what nvidia-smi shows."""
