"""Waveshaping: static nonlinearities, oversampling, antiderivative anti-aliasing."""
