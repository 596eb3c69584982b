"""Training: batches, checkpoints, and one loop for all plugins."""
