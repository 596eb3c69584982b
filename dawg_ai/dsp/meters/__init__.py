"""Meters and analysis: loudness, peaks, spectra, rhythm, key; what the browser needs has a `MODULE`."""
