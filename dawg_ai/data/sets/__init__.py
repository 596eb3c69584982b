"""One file, one dataset; see `dawg_ai.data` for what it must have."""
