"""Taps of a delay line: reading it between its samples.

A line is a ring of `size` samples, a power of two, in an array longer by `MARGIN`: what stands at its beginning
stands once more after its end, so that neighbours in time are neighbours in memory. `at` is the place of the next
sample, so the sample before it has a delay of 1.

Two ways to read: four points for a tap that moves, 32 for one that rests. Lowest signal-to-noise ratios over all
fractions of a sample at 44.1 kHz, for sines of 1, 5 and 10 kHz: cubic 86, 43 and 21 dB; sinc 105, 109 and 105 dB.

Sources: the Catmull-Rom case of the cubic Hermite spline (O. Niemitalo, "Polynomial interpolators for high-quality
resampling of oversampled audio", 2001); T. I. Laakso et al., "Splitting the unit delay", IEEE Signal Processing
Magazine 13 (1996), for the windowed sinc.
"""

import numpy as np

from dawg_ai.dsp.blocks.kaiser import window
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import Index
from dawg_ai.dsp.lanes8 import EIGHT, load8, store8, upwards8
from dawg_ai.dsp.math import PI, sin

POINTS = 32
RUN = 64  # samples: the most that are read or written at once
ROOM = RUN + 8  # for what is read, which is computed in whole eights
MARGIN = 2 * RUN  # a power of two, no less than POINTS + ROOM
NEAREST = 2.0  # samples: the shortest delay that four points can read
NEAREST_AT_REST = 16.0  # and 32 points

_BETA = 10.0


@kernel
def ring_size(samples: float, longest: int) -> int:
    """The power of two, at most `longest`, that a delay of `samples` fits into."""
    size = MARGIN
    while size < longest and float(size) < samples + float(MARGIN):
        size *= 2
    return size


@kernel
def ago(length: float, size: Index, at: Index) -> Index:
    """The place of the sample `length` before the one at `at`."""
    return (at + size - np.uintp(length)) & (size - np.uintp(1))


@kernel
def aim(ramp: F64, end: float) -> None:
    """Let a ramp, a value and its step, lead to `end` in `RUN` samples."""
    ramp[1] = (end - ramp[0]) / float(RUN)


@kernel
def repeat(rings: F64, count: int, size: Index, at: Index, n: int) -> None:
    """What was written to the beginning of rings once more after their ends."""
    if at < np.uintp(MARGIN):
        for k in range(count):
            ring = rings[k]
            for i in range(at, at + np.uintp(n)):
                ring[size + i] = ring[i]


@kernel
def put(line: F64, size: Index, at: Index, values: F64) -> None:
    """Write the next samples, not across a multiple of `RUN`."""
    for i in range(np.uintp(len(values))):
        line[at + i] = values[i]
    if at < np.uintp(MARGIN):
        for i in range(np.uintp(len(values))):
            line[at + size + i] = values[i]


@kernel
def read_moving(line: F64, size: Index, at: Index, delay: float, step: float, first: int, out: F64, n: int) -> None:
    """Fill the first `n` of `out` with the values `delay + first step`, `delay + (first + 1) step`, ... samples ago.

    They lie on cubics through four neighbours. No delay may be below `NEAREST`, nor be so short that it asks for
    what is not written yet.
    """
    done = 0
    while done < n:
        now = delay + float(first + done) * step
        whole = int(now)
        until = n
        if int(delay + float(first + n - 1) * step) != whole:
            room = (now - float(whole) if step < 0.0 else float(whole + 1) - now) / abs(step)
            until = min(done + int(min(room, float(n))) + 2, n)
            while int(delay + float(first + until - 1) * step) != whole:
                until -= 1
        start = (at + np.uintp(done) + size - np.uintp(whole + 2)) & (size - np.uintp(1))
        _on_cubics(line[start:], delay, step, first + done, whole, out[done:], np.uintp(until - done))
        done = until


@kernel
def _on_cubics(points: F64, delay: float, step: float, first: int, whole: int, out: F64, n: Index) -> None:
    """As `read_moving` while the whole part of the delay stays the same, so that neighbours slide along."""
    for i in range(np.uintp(0), n, EIGHT):
        t = upwards8(float(first + np.intp(i))) * step + delay - float(whole)
        oldest, older = load8(points, i), load8(points, i + np.uintp(1))
        newer, newest = load8(points, i + np.uintp(2)), load8(points, i + np.uintp(3))
        slope = (older - newest) * 0.5
        curve = newest - newer * 2.5 + older * 2.0 - oldest * 0.5
        bend = (oldest - newest) * 0.5 + (newer - older) * 1.5
        store8(out, i, ((bend * t + curve) * t + slope) * t + newer)


@kernel
def read_resting(line: F64, size: Index, at: Index, delay: float, weights: F64, out: F64, n: int) -> None:
    """Fill the first `n` of `out`, at most `RUN`, with the values `delay` samples ago, by the weights made for it."""
    start = (at + size - np.uintp(int(delay)) - np.uintp(POINTS // 2)) & (size - np.uintp(1))
    points = line[start:]
    for i in range(np.uintp(0), np.uintp(n), EIGHT):
        total = load8(points, i) * weights[0]
        for j in range(np.uintp(1), np.uintp(POINTS)):
            total = total + load8(points, i + j) * weights[j]
        store8(out, i, total)


@kernel
def read(
    line: F64,
    size: Index,
    at: Index,
    ramp: F64,
    fade: F64,
    first: int,
    rest: float,
    weights: F64,
    out: F64,
    more: F64,
    n: int,
) -> None:
    """Fill the first `n` of `out` by a tap as it moves, as it rests, or both where `fade` goes from one to the other.

    `ramp` is the moving tap's delay and its step per sample, `fade` the share of the resting one and its step; `more`
    is for the values in between.
    """
    if fade[0] < 1.0 or fade[1] != 0.0:
        read_moving(line, size, at, ramp[0], ramp[1], first, out, n)
        if fade[0] > 0.0 or fade[1] != 0.0:
            read_resting(line, size, at, rest, weights, more, n)
            for i in range(n):
                out[i] += (more[i] - out[i]) * (fade[0] + float(first + i) * fade[1])
    else:
        read_resting(line, size, at, rest, weights, out, n)


@kernel
def design_sinc(delay: float, weights: F64) -> None:
    """Fill `weights` (32) for a tap that rests `delay` samples ago, at least `NEAREST_AT_REST`; their sum is 1."""
    fraction = delay - np.float64(int(delay))
    half = float(POINTS // 2)
    sine, total = sin(PI * fraction), 0.0
    for j in range(POINTS):
        distance = half - float(j) - fraction
        sine = -sine
        ideal = 1.0 if abs(distance) < 1e-9 else sine / (PI * distance)
        weights[j] = ideal * window(distance / half, _BETA)
        total += weights[j]
    for j in range(POINTS):
        weights[j] /= total
