"""Kernels for the browser."""
