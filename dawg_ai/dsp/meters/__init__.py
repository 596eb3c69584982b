"""Meters and analysis: loudness, true peak, levels, spectra, rhythm, key.

Each file has the kernels and, where the browser needs them, a `MODULE`; `measure` or its like is what Python calls.
"""
