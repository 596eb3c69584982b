"""How good a plugin is, beside what, on songs it has never heard."""
