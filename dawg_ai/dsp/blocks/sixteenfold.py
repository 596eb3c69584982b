"""True peak at sixteen times the rate, interpolated through spectra: it sees all there is up to half the sample rate.

A segment whose edges fade goes through one transform, two channels as real and imaginary parts; turned by a sixteenth
of a sample sixteen times and transformed back, the sixteen side by side (`fft16.py`), it is read between its edges. A
filter of a few dozen taps, as meters and limiters have, is blind right below half the sample rate: of white noise it
misses a decibel and more, this some hundredths, and 0.04 dB is the most that can hide between sixteen points.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks import fft, fft16
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes16 import LANES, load16, store16
from dawg_ai.dsp.math import PI, cos, finite, sin

SEGMENT, EDGE, FADE = 8192, 1024, 512  # samples: only what lies between the edges is looked at
TURNS = 128  # steps of the fine wheel; the coarse one has SEGMENT / TURNS of them
WHEELS = 16 * (TURNS + SEGMENT // TURNS)
COUNT, HIGHEST, BEGUN, ENDED = range(4)
HALF, WATCHED = np.uintp(SEGMENT // 2), np.uintp(64)


@kernel
def listen(
    y: Annotated[F32, "channels", "samples"],
    heard: Annotated[F32, "channels", 8192],
    progress: Annotated[F64, 4],
    spectrum: Annotated[F64, 4, 8200],
    tables: Annotated[F64, 2, 2048],
    wheels: Annotated[F32, 2, 3072],
    rows: Annotated[F32, 4, 131088],
    circle: Annotated[F32, 2, 8192],
    highest: Annotated[F32, 64],
) -> None:
    """Take the next samples of `y`; `progress` holds how many wait, the highest peak so far, and what is done."""
    if progress[BEGUN] == 0.0:
        _begin(tables, wheels, circle)
        progress[COUNT], progress[BEGUN] = float(EDGE), 1.0
    start = 0
    while start < y.shape[1]:
        count = int(progress[COUNT])
        stop = min(start + SEGMENT - count, y.shape[1])
        for channel in range(y.shape[0]):
            _copy(y[channel, start:stop], heard[channel, count:])
        progress[COUNT] += float(stop - start)
        start = stop
        if progress[COUNT] == float(SEGMENT):
            _look(heard, progress, spectrum, tables, wheels, rows, circle, highest)


@kernel
def end(
    heard: Annotated[F32, "channels", 8192],
    progress: Annotated[F64, 4],
    spectrum: Annotated[F64, 4, 8200],
    tables: Annotated[F64, 2, 2048],
    wheels: Annotated[F32, 2, 3072],
    rows: Annotated[F32, 4, 131088],
    circle: Annotated[F32, 2, 8192],
    highest: Annotated[F32, 64],
) -> None:
    """Take the silence after the last sample."""
    for _ in range(2):
        for channel in range(heard.shape[0]):
            heard[channel, int(progress[COUNT]) :] = np.float32(0.0)
        _look(heard, progress, spectrum, tables, wheels, rows, circle, highest)
    progress[ENDED] = 1.0


@kernel
def _begin(tables: F64, wheels: F32, circle: F32) -> None:
    fft.prepare(SEGMENT, tables[0], tables[1])
    fft16.prepare(SEGMENT, circle[0], circle[1])
    for step in range(TURNS + SEGMENT // TURNS):
        frequency = step if step < TURNS else (step - TURNS) * TURNS - SEGMENT // 2
        for phase in range(16):
            angle = 2.0 * PI * float(frequency * phase) / float(16 * SEGMENT)
            wheels[0, step * 16 + phase], wheels[1, step * 16 + phase] = cos(angle), sin(angle)


@kernel
def _copy(x: F32, out: F32) -> None:
    for i in range(x.shape[0]):
        out[i] = finite(np.float64(x[i]))


@kernel
def _look(
    heard: F32, progress: F64, spectrum: F64, tables: F64, wheels: F32, rows: F32, circle: F32, highest: F32
) -> None:
    """Look at the segment, two channels at a time, and keep what the next one overlaps."""
    last = np.uintp(heard.shape[0] - 1)
    for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
        second = min(first + np.uintp(1), last)
        _fade_in_and_out(heard[first], heard[second], spectrum)
        fft.transform(SEGMENT, spectrum[0], spectrum[1], spectrum[2], spectrum[3], tables[0], tables[1])
        _turn(spectrum, wheels, rows)
        size, step = np.uintp(SEGMENT), np.uintp(1)
        re, im = fft16.transform(size, rows[0], rows[1], rows[2], rows[3], circle[0], circle[1], step)
        progress[HIGHEST] = max(progress[HIGHEST], _most(re, im, highest))
    kept = np.uintp(2 * EDGE)
    for channel in range(heard.shape[0]):
        for i in range(kept):
            heard[channel, i] = heard[channel, np.uintp(SEGMENT) - kept + i]
    progress[COUNT] = float(2 * EDGE)


@kernel
def _fade_in_and_out(a: F32, b: F32, spectrum: F64) -> None:
    re, im = spectrum[0], spectrum[1]
    for i in range(SEGMENT):
        re[i], im[i] = np.float64(a[i]), np.float64(b[i])
    for i in range(FADE):
        gain = 0.5 - 0.5 * cos(PI * (float(i) + 0.5) / float(FADE))
        end = SEGMENT - 1 - i
        re[i], im[i], re[end], im[end] = re[i] * gain, im[i] * gain, re[end] * gain, im[end] * gain


@kernel
def _turn(spectrum: F64, wheels: F32, rows: F32) -> None:
    """Each frequency turned by 0 to 15 sixteenths of a sample; real and imaginary parts exchanged, so that the
    transform is its own inverse.
    """
    scale = 1.0 / float(SEGMENT)
    for k in range(np.uintp(SEGMENT)):
        place = (k + HALF) & np.uintp(SEGMENT - 1)  # from the lowest of the negative frequencies on
        fine, coarse = place & np.uintp(TURNS - 1), np.uintp(TURNS) + place // np.uintp(TURNS)
        a, b = load16(wheels[0], fine * LANES), load16(wheels[1], fine * LANES)
        c, d = load16(wheels[0], coarse * LANES), load16(wheels[1], coarse * LANES)
        cosine, sine = a * c - b * d, a * d + b * c
        re, im = np.float32(spectrum[0, k] * scale), np.float32(spectrum[1, k] * scale)
        if place == np.uintp(0):  # half the sample rate is both a positive and a negative frequency
            sine = sine * np.float32(0.0)
        store16(rows[0], k * LANES, cosine * im + sine * re)
        store16(rows[1], k * LANES, cosine * re - sine * im)


@kernel
def _most(re: F32, im: F32, highest: F32) -> float:
    """Of both channels, between the edges: 64 points side by side, then those one by one."""
    highest[:] = np.float32(0.0)
    start, end = np.uintp(EDGE) * LANES, np.uintp(SEGMENT - EDGE) * LANES
    for i in range(start, end, WATCHED):
        a, b = re[i : i + WATCHED], im[i : i + WATCHED]
        for lane in range(WATCHED):
            highest[lane] = max(highest[lane], max(abs(a[lane]), abs(b[lane])))
    most = np.float32(0.0)
    for lane in range(WATCHED):
        most = max(most, highest[lane])
    return np.float64(most)
