"""True peak at sixteen times the rate, interpolated through spectra: it sees all there is up to half the sample rate.

A segment whose edges fade goes through one transform, two channels as real and imaginary parts, is turned by half a
sample and transformed back: that makes twice the rate, where what is there fills half the spectrum, and a short sinc
does the rest. A filter of a few dozen taps at the sound's own rate, as meters and limiters have, is blind right below
half of it: of white noise it misses a decibel and more, this some hundredths, and 0.04 dB is the most that can hide
between sixteen points.

The short sinc only runs where the peak can be. Around its highest point M, a sound without anything above half the
sample rate stays above the cosine M cos(pi t), t in samples (R. J. Duffin and A. C. Schaeffer, "Some properties of
functions of exponential type", Bulletin of the AMS 44, 1938). So of the two points at twice the rate between which it
lies, the squares add up to M^2 or more.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks import fft, kaiser
from dawg_ai.dsp.blocks.clean import clean
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, cos, sin

SEGMENT, EDGE, FADE = 8192, 1024, 512  # samples: only what lies between the edges is looked at
PHASES, TAPS, BETA = 8, 12, 8.6  # points for each half sample; taps at twice the rate, 87 dB down from 3/2 of it on
COUNT, HIGHEST, BEGUN, ENDED = range(4)


@kernel
def listen(
    y: Annotated[F32, "channels", "samples"],
    heard: Annotated[F32, "channels", 8192],
    progress: Annotated[F64, 4],
    spectrum: Annotated[F64, 4, 8200],
    tables: Annotated[F64, 2, 2048],
    half: Annotated[F64, 2, 8192],
    sinc: Annotated[F64, 8, 12],
    twofold: Annotated[F64, 16384],
) -> None:
    """Take the next samples of `y`; `progress` holds how many wait, the highest peak so far, and what is done."""
    if progress[BEGUN] == 0.0:
        _begin(tables, half, sinc)
        progress[COUNT], progress[BEGUN] = float(EDGE), 1.0
    start = 0
    while start < y.shape[1]:
        count = int(progress[COUNT])
        stop = min(start + SEGMENT - count, y.shape[1])
        for channel in range(y.shape[0]):
            clean(y[channel, start:stop], heard[channel, count:])
        progress[COUNT] += float(stop - start)
        start = stop
        if progress[COUNT] == float(SEGMENT):
            _look(heard, progress, spectrum, tables, half, sinc, twofold)


@kernel
def end(
    heard: Annotated[F32, "channels", 8192],
    progress: Annotated[F64, 4],
    spectrum: Annotated[F64, 4, 8200],
    tables: Annotated[F64, 2, 2048],
    half: Annotated[F64, 2, 8192],
    sinc: Annotated[F64, 8, 12],
    twofold: Annotated[F64, 16384],
) -> None:
    """Take the silence after the last sample."""
    for _ in range(2):
        for channel in range(heard.shape[0]):
            heard[channel, int(progress[COUNT]) :] = np.float32(0.0)
        _look(heard, progress, spectrum, tables, half, sinc, twofold)
    progress[ENDED] = 1.0


@kernel
def _begin(tables: F64, half: F64, sinc: F64) -> None:
    fft.prepare(SEGMENT, tables[0], tables[1])
    for k in range(SEGMENT):
        angle = PI * float(k if k < SEGMENT // 2 else k - SEGMENT) / float(SEGMENT)
        half[0, k], half[1, k] = cos(angle) / float(SEGMENT), sin(angle) / float(SEGMENT)
    # Half the sample rate itself, which is there from both sides, is 0 half a sample on.
    half[0, SEGMENT // 2], half[1, SEGMENT // 2] = 0.0, 0.0
    for phase in range(1, PHASES):
        for tap in range(TAPS):
            distance = float(phase) / float(PHASES) - float(tap - (TAPS // 2 - 1))
            weight = kaiser.window(distance / float(TAPS // 2), BETA)
            sinc[phase, tap] = weight * sin(PI * distance) / (PI * distance)


@kernel
def _look(heard: F32, progress: F64, spectrum: F64, tables: F64, half: F64, sinc: F64, twofold: F64) -> None:
    """Look at the segment, two channels at a time, and keep what the next one overlaps."""
    last = np.uintp(heard.shape[0] - 1)
    re, im = spectrum[0], spectrum[1]
    for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
        second = min(first + np.uintp(1), last)
        _fade_in_and_out(heard[first], heard[second], re, im)
        fft.transform(SEGMENT, re, im, spectrum[2], spectrum[3], tables[0], tables[1])
        _turn(re, im, half)
        # Real and imaginary parts exchanged, the transform is its own inverse.
        fft.transform(SEGMENT, im, re, spectrum[2], spectrum[3], tables[0], tables[1])
        progress[HIGHEST] = _highest(heard[first], re, twofold, sinc, progress[HIGHEST])
        progress[HIGHEST] = _highest(heard[second], im, twofold, sinc, progress[HIGHEST])
    kept = np.uintp(2 * EDGE)
    for channel in range(heard.shape[0]):
        for i in range(kept):
            heard[channel, i] = heard[channel, np.uintp(SEGMENT) - kept + i]
    progress[COUNT] = float(2 * EDGE)


@kernel
def _fade_in_and_out(a: F32, b: F32, re: F64, im: F64) -> None:
    for i in range(SEGMENT):
        re[i], im[i] = np.float64(a[i]), np.float64(b[i])
    for i in range(FADE):
        gain = 0.5 - 0.5 * cos(PI * (float(i) + 0.5) / float(FADE))
        end = SEGMENT - 1 - i
        re[i], im[i], re[end], im[end] = re[i] * gain, im[i] * gain, re[end] * gain, im[end] * gain


@kernel
def _turn(re: F64, im: F64, half: F64) -> None:
    for k in range(SEGMENT):
        a, b, c, d = re[k], im[k], half[0, k], half[1, k]
        re[k], im[k] = a * c - b * d, a * d + b * c


@kernel
def _highest(whole: F32, between: F64, twofold: F64, sinc: F64, highest: float) -> float:
    """The highest of one channel between the edges, at sixteen times the rate, or `highest` where that is more."""
    for i in range(np.uintp(SEGMENT)):
        twofold[i + i], twofold[i + i + np.uintp(1)] = np.float64(whole[i]), between[i]
    before = np.uintp(TAPS // 2 - 1)
    for i in range(np.uintp(2 * EDGE), np.uintp(2 * (SEGMENT - EDGE))):
        a, b = twofold[i], twofold[i + np.uintp(1)]
        if a * a + b * b > highest * highest:
            highest = max(highest, abs(a))
            near = twofold[i - before : i - before + np.uintp(TAPS)]
            for phase in range(1, PHASES):
                value = 0.0
                for tap in range(TAPS):
                    value += near[tap] * sinc[phase, tap]
                highest = max(highest, abs(value))
    return highest
