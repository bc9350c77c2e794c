"""Changes of a network that people make, applied to the built model: the changed network is traced like any other."""
