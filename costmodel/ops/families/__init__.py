"""Formulas: what each ATen op does, as loop nests and scalar operations. One file per family."""
