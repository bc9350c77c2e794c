"""The training as data: its model, inputs, loss, optimizer and techniques, how often it runs, and in which phases."""
