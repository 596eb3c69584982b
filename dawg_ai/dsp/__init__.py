"""The kernels of the engine: effects, meters, analysis. One effect, one file."""
