"""Delays: delay lines in ring buffers, all-pass diffusers, early reflections, feedback delay networks."""
