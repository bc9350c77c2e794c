"""Nouns: frozen, standard library only, JSON in and out. No file here says how anything is computed."""
