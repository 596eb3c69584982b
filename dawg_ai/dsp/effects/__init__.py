"""Effects: one effect is one file with `EFFECT = Effect(...)`; the folder is the list."""
