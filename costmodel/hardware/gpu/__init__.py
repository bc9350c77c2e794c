"""GPUs (and processors that train without one) as data: hw_specs/gpu/*.yaml, every number with its unit and source."""
