"""True peak at sixteen times the rate by FFT interpolation: exact up to half the sample rate.

Windowed segments go through one FFT, two channels as real and imaginary parts, are delayed by half a sample in the
frequency domain and transformed back. That makes twice the rate, where the sound fills half the spectrum, and a short
sinc does the rest. An FIR of a few dozen taps at the sound's own rate, as meters and limiters have, is blind right
below half of it: of white noise it misses a decibel and more, this some hundredths; 0.04 dB is the most that can hide
between sixteen points.

The short sinc only runs where the peak can be. Around its highest point M, a sound without anything above half the
sample rate stays above the cosine M cos(pi t), t in samples (R. J. Duffin and A. C. Schaeffer, "Some properties of
functions of exponential type", Bulletin of the AMS 44, 1938). So of the two points at twice the rate between which it
lies, the squares add up to M^2 or more.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.filters import kaiser
from dawg_ai.dsp.blocks.sanitise import sanitise
from dawg_ai.dsp.blocks.spectra import fft
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, cos, sin

SEGMENT, EDGE, FADE = 8192, 1024, 512  # samples; only what lies between the edges is searched
PHASES, TAPS, BETA = 8, 12, 8.6  # of the short sinc, per half sample; 87 dB of attenuation from 3/2 of the rate on
COUNT, HIGHEST, STARTED, ENDED = range(4)  # of `progress`


@kernel
def analyse(
    y: Annotated[F32, "channels", "samples"],
    segment: Annotated[F32, "channels", 8192],
    progress: Annotated[F64, 4],
    spectrum: Annotated[F64, 4, 8200],
    tables: Annotated[F64, 2, 2048],
    half: Annotated[F64, 2, 8192],
    sinc: Annotated[F64, 8, 12],
    doubled: Annotated[F64, 16384],
) -> None:
    """Second pass, analyse: take the next samples of a sound.

    Args:
        y: the block.
        segment: state: the samples of the segment under way.
        progress: state: samples in the segment, the highest peak so far as an amplitude, started, ended.
        spectrum: scratch.
        tables: twiddle factors.
        half: the delay of half a sample in the frequency domain.
        sinc: the short sinc, one row per phase.
        doubled: scratch: one channel at twice the rate.
    """
    if progress[STARTED] == 0.0:
        _design(tables, half, sinc)
        progress[COUNT], progress[STARTED] = float(EDGE), 1.0
    start = 0
    while start < y.shape[1]:
        count = int(progress[COUNT])
        stop = min(start + SEGMENT - count, y.shape[1])
        for channel in range(y.shape[0]):
            sanitise(y[channel, start:stop], segment[channel, count:])
        progress[COUNT] += float(stop - start)
        start = stop
        if progress[COUNT] == float(SEGMENT):
            _search_segment(segment, progress, spectrum, tables, half, sinc, doubled)


@kernel
def end(
    segment: Annotated[F32, "channels", 8192],
    progress: Annotated[F64, 4],
    spectrum: Annotated[F64, 4, 8200],
    tables: Annotated[F64, 2, 2048],
    half: Annotated[F64, 2, 8192],
    sinc: Annotated[F64, 8, 12],
    doubled: Annotated[F64, 16384],
) -> None:
    """Take the silence after the last sample; arrays as in `analyse`."""
    for _ in range(2):
        for channel in range(segment.shape[0]):
            segment[channel, int(progress[COUNT]) :] = np.float32(0.0)
        _search_segment(segment, progress, spectrum, tables, half, sinc, doubled)
    progress[ENDED] = 1.0


@kernel
def _design(tables: F64, half: F64, sinc: F64) -> None:
    """Fill the tables."""
    fft.prepare(SEGMENT, tables[0], tables[1])
    for k in range(SEGMENT):
        angle = PI * float(k if k < SEGMENT // 2 else k - SEGMENT) / float(SEGMENT)
        half[0, k], half[1, k] = cos(angle) / float(SEGMENT), sin(angle) / float(SEGMENT)
    # The bin at half the sample rate stands for both signs of it, which cancel half a sample later.
    half[0, SEGMENT // 2], half[1, SEGMENT // 2] = 0.0, 0.0
    for phase in range(1, PHASES):
        for tap in range(TAPS):
            distance = float(phase) / float(PHASES) - float(tap - (TAPS // 2 - 1))
            weight = kaiser.kaiser_window(distance / float(TAPS // 2), BETA)
            sinc[phase, tap] = weight * sin(PI * distance) / (PI * distance)


@kernel
def _search_segment(
    segment: F32, progress: F64, spectrum: F64, tables: F64, half: F64, sinc: F64, doubled: F64
) -> None:
    """Search the segment, two channels at a time, and keep what the next one overlaps."""
    last = np.uintp(segment.shape[0] - 1)
    re, im = spectrum[0], spectrum[1]
    for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
        second = min(first + np.uintp(1), last)
        _apply_window(segment[first], segment[second], re, im)
        fft.transform(SEGMENT, re, im, spectrum[2], spectrum[3], tables[0], tables[1])
        _shift_half_sample(re, im, half)
        # With real and imaginary parts exchanged, the transform is its own inverse but for the factor in `half`.
        fft.transform(SEGMENT, im, re, spectrum[2], spectrum[3], tables[0], tables[1])
        progress[HIGHEST] = _highest_at_16x(segment[first], re, doubled, sinc, progress[HIGHEST])
        progress[HIGHEST] = _highest_at_16x(segment[second], im, doubled, sinc, progress[HIGHEST])
    kept = np.uintp(2 * EDGE)
    for channel in range(segment.shape[0]):
        for i in range(kept):
            segment[channel, i] = segment[channel, np.uintp(SEGMENT) - kept + i]
    progress[COUNT] = float(2 * EDGE)


@kernel
def _apply_window(a: F32, b: F32, re: F64, im: F64) -> None:
    """Two channels as real and imaginary parts, with raised-cosine edges."""
    for i in range(SEGMENT):
        re[i], im[i] = np.float64(a[i]), np.float64(b[i])
    for i in range(FADE):
        gain = 0.5 - 0.5 * cos(PI * (float(i) + 0.5) / float(FADE))
        end = SEGMENT - 1 - i
        re[i], im[i], re[end], im[end] = re[i] * gain, im[i] * gain, re[end] * gain, im[end] * gain


@kernel
def _shift_half_sample(re: F64, im: F64, half: F64) -> None:
    """Multiply the spectrum by the delay."""
    for k in range(SEGMENT):
        a, b, c, d = re[k], im[k], half[0, k], half[1, k]
        re[k], im[k] = a * c - b * d, a * d + b * c


@kernel
def _highest_at_16x(whole: F32, between: F64, doubled: F64, sinc: F64, highest: float) -> float:
    """The highest value of one channel between the edges at sixteen times the rate, or `highest` if that is more."""
    for i in range(np.uintp(SEGMENT)):
        doubled[i + i], doubled[i + i + np.uintp(1)] = np.float64(whole[i]), between[i]
    before = np.uintp(TAPS // 2 - 1)
    for i in range(np.uintp(2 * EDGE), np.uintp(2 * (SEGMENT - EDGE))):
        a, b = doubled[i], doubled[i + np.uintp(1)]
        if a * a + b * b > highest * highest:
            highest = max(highest, abs(a))
            near = doubled[i - before : i - before + np.uintp(TAPS)]
            for phase in range(1, PHASES):
                value = 0.0
                for tap in range(TAPS):
                    value += near[tap] * sinc[phase, tap]
                highest = max(highest, abs(value))
    return highest
