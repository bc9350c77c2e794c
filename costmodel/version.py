<<<<<<< HEAD
"""The version of the project; pyproject.toml says the same."""
=======
"""The version of costmodel, apart from the facade so that every floor can name it."""
>>>>>>> walls

__version__ = "0.1.0"
