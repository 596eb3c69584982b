"""What effects and meters are built of: filters, detectors, transforms, delay lines."""
