"""The version of costmodel, apart from the facade so that every floor can name it."""

__version__ = "0.1.0"
