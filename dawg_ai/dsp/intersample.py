"""How high a signal gets between its samples, at eight times its rate, for every sample: what a limiter acts upon.

Seven phases between two samples, each 32 taps of a sinc under Kaiser's window (J. F. Kaiser and R. W. Schafer, "On
the use of the I0-sinh window for spectrum analysis", IEEE Trans. ASSP 28, 1980). Phases p and 8 - p mirror each
other: their sums over the taps are E + O and E - O of the even and odd parts, so that |E| + |O| is the higher.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.dsp.math import PI, sin, sqrt

HALF = 16  # taps on either side
REACH = 2 * HALF - 1  # samples needed beyond those asked about
BETA = 5.0  # of the window: flat up to 19 kHz at 44.1 kHz

_LEFT, _RIGHT = np.uintp(HALF - 1), np.uintp(HALF)  # of the gap, seen from the first sample needed
_TAPS = np.uintp(HALF)


@kernel
def design(taps: Annotated[F32, 7, 16]) -> None:
    """Write even and odd parts of phases 1, 2 and 3, then phase 4, which is even; the nearest tap first."""
    for k in range(HALF):
        for phase in range(1, 4):
            before = _windowed_sinc(float(k) + 0.125 * float(phase))
            after = _windowed_sinc(float(k + 1) - 0.125 * float(phase))
            taps[2 * phase - 2, k] = 0.5 * (before + after)
            taps[2 * phase - 1, k] = 0.5 * (before - after)
        taps[6, k] = _windowed_sinc(float(k) + 0.5)


@kernel
def _windowed_sinc(distance: float) -> float:
    ratio = distance / float(HALF)
    window = _bessel(BETA * sqrt(1.0 - ratio * ratio)) / _bessel(BETA)
    return sin(PI * distance) / (PI * distance) * window


@kernel
def _bessel(x: float) -> float:
    """Modified Bessel function of the first kind, of order 0, for x up to 10."""
    term, total = 1.0, 1.0
    for n in range(1, 40):
        term *= x * x / float(4 * n * n)
        total += term
    return total


@kernel
def raise_to_peaks(x: F32, taps: Annotated[F32, 7, 16], peaks: F32) -> None:
    """Raise `peaks` to the highest of the sample x[15 + i] and of what lies between it and the next.

    `x` has 31 samples more than `peaks`; each of size 1e30 at most.
    """
    for i in range(np.uintp(peaks.shape[0])):
        peaks[i] = max(peaks[i], abs(x[i + _LEFT]))
    for pair in range(3):
        _raise_to_pair(x, taps[2 * pair], taps[2 * pair + 1], peaks)
    _raise_to_middle(x, taps[6], peaks)


@kernel
def _raise_to_pair(x: F32, even: F32, odd: F32, peaks: F32) -> None:
    for i in range(np.uintp(peaks.shape[0])):
        e, o = np.float32(0.0), np.float32(0.0)
        for k in range(_TAPS):
            before, after = x[i + _LEFT - k], x[i + _RIGHT + k]
            e += even[k] * (before + after)
            o += odd[k] * (before - after)
        peaks[i] = max(peaks[i], abs(e) + abs(o))


@kernel
def _raise_to_middle(x: F32, even: F32, peaks: F32) -> None:
    for i in range(np.uintp(peaks.shape[0])):
        e = np.float32(0.0)
        for k in range(_TAPS):
            e += even[k] * (x[i + _LEFT - k] + x[i + _RIGHT + k])
        peaks[i] = max(peaks[i], abs(e))


OVERSAMPLED = 16
SEGMENT, EDGE = 1 << 15, 1 << 11  # samples; the edges of a segment fade, and only what is between is looked at


def true_peak(audio: F32) -> float:
    """Highest absolute value of `audio` (channels, samples) at 16 times its rate, interpolated through its spectrum.

    So it sees everything up to half the sample rate, as no filter of finite length does; 0.04 dB is the most that can
    hide between its points.
    """
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(EDGE // 2) + 0.5) / (EDGE // 2))
    window = np.ones(SEGMENT)
    window[: EDGE // 2], window[-(EDGE // 2) :] = ramp, ramp[::-1]
    highest = 0.0
    padded = np.pad(audio, ((0, 0), (EDGE, SEGMENT)))
    for start in range(0, audio.shape[1] + EDGE, SEGMENT - 2 * EDGE):
        spectrum = np.fft.rfft(padded[:, start : start + SEGMENT] * window, axis=1)
        finer = np.fft.irfft(spectrum, OVERSAMPLED * SEGMENT, axis=1)[:, OVERSAMPLED * EDGE : -OVERSAMPLED * EDGE]
        highest = max(highest, OVERSAMPLED * float(np.abs(finer).max()))
    return highest
