"""Features: kernels that turn audio or notes into named arrays."""
