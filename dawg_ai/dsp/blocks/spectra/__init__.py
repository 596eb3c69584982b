"""Spectra: fast Fourier transforms, band powers, convolution in the frequency domain."""
