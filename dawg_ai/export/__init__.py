"""From a training run to files that run anywhere."""
