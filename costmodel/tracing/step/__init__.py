"""One step of a training, put together from a recipe and from what the subject's file says of its own."""
