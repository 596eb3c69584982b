"""One loop for all plugins."""
