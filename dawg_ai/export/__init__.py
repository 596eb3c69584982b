"""Export: from a training run to a bundle."""
