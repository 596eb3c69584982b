"""How high a signal gets between its samples, at eight times its rate, for every sample: what a limiter acts upon.

Seven phases between two samples, each of the 32 taps that the meter in `true_peak.py` has. Phases p and 8 - p mirror
each other: their sums over the taps are E + O and E - O of the even and odd parts, so that |E| + |O| is the higher.
The meter may skip what cannot be the highest; a limiter needs every sample's.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.dsp.meters.true_peak import HALF

REACH = 2 * HALF - 1  # samples needed beyond those asked about

_LEFT, _RIGHT = np.uintp(HALF - 1), np.uintp(HALF)  # of the gap, seen from the first sample needed
_TAPS = np.uintp(HALF)


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
