"""Finding the model that a submission presents, and building it."""
