"""Naive versions of five DSP blocks, as baselines for the engine's; not for use.

All are compiled like the engine's kernels, so that times compare methods and not languages.
"""

import math

import numpy as np

from dawg_ai.dsp.kernel import F32, kernel


@kernel
def fourier_transform(x: F32, re: F32, im: F32) -> None:
    """The discrete Fourier transform by its definition: n^2 sines and cosines, in float32."""
    size = x.shape[0]
    for k in range(size):
        a, b = np.float32(0), np.float32(0)
        for n in range(size):
            angle = np.float32(2 * math.pi) * np.float32(k * n) / np.float32(size)
            a += x[n] * np.float32(math.cos(angle))
            b -= x[n] * np.float32(math.sin(angle))
        re[k], im[k] = a, b


@kernel
def waveshaper(x: F32, drive: float, y: F32) -> None:
    """tanh of each sample, without oversampling."""
    for i in range(x.shape[0]):
        y[i] = math.tanh(drive * x[i])


@kernel
def fractional_delay(x: F32, delay_samples: F32, y: F32) -> None:
    """A modulated delay with linear interpolation between samples."""
    for i in range(x.shape[0]):
        place = i - delay_samples[i]
        whole = math.floor(place)
        part = place - whole
        y[i] = 0.0 if whole < 0 else (1.0 - part) * x[whole] + part * x[whole + 1]


@kernel
def low_pass(x: F32, corner_hz: float, sample_rate_hz: float, y: F32) -> None:
    """A one-pole low-pass: half the slope of a second-order filter, and no zero at the Nyquist frequency."""
    coefficient = 1.0 - math.exp(-2.0 * math.pi * corner_hz / sample_rate_hz)
    last = 0.0
    for i in range(x.shape[0]):
        last += coefficient * (x[i] - last)
        y[i] = last


@kernel
def exciter(x: F32, y: F32) -> None:
    """An exciter: adds a sine waveshaper of the signal, without oversampling."""
    for i in range(x.shape[0]):
        y[i] = x[i] + 0.05 * math.sin(2.0 * math.pi * x[i])
