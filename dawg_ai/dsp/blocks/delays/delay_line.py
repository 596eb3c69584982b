"""Fractional delay lines: ring buffers that are read between their samples.

A ring has `size` samples, a power of two, in an array longer by `MIRROR`: its first samples stand once more behind
its end, so that neighbours in time are neighbours in memory. `at` is the place of the next sample to be written, so
the sample before it has a delay of 1.

Two interpolators: a cubic Hermite spline of four points for a delay that moves, a windowed sinc of 32 for one that is
constant. Lowest signal-to-noise ratios over all fractions of a sample at 44.1 kHz, for sines of 1, 5 and 10 kHz:
cubic 86, 43 and 21 dB; sinc 105, 109 and 105 dB.

Sources: the Catmull-Rom case of the cubic Hermite spline (O. Niemitalo, "Polynomial interpolators for high-quality
resampling of oversampled audio", 2001); T. I. Laakso et al., "Splitting the unit delay", IEEE Signal Processing
Magazine 13 (1996), for the windowed sinc.
"""

import numpy as np

from dawg_ai.dsp.blocks.filters.kaiser import kaiser_window
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import Index
from dawg_ai.dsp.lanes8 import EIGHT, load8, store8, upwards8
from dawg_ai.dsp.math import PI, sin

SINC_TAPS = 32
BLOCK = 64  # samples: the most that are read or written at once
BLOCK_ROOM = BLOCK + 8  # for what is read, which is computed in whole eights
MIRROR = 2 * BLOCK  # a power of two, no less than SINC_TAPS + BLOCK_ROOM
MIN_CUBIC_DELAY = 2.0  # samples
MIN_SINC_DELAY = 16.0

_BETA = 10.0  # of the Kaiser window


@kernel
def ring_size(samples: float, longest: int) -> int:
    """The size of a ring for a delay.

    Args:
        samples: the longest delay.
        longest: a power of two, the most that there is room for.

    Returns:
        The power of two, at most `longest`, that the delay fits into.
    """
    size = MIRROR
    while size < longest and float(size) < samples + float(MIRROR):
        size *= 2
    return size


@kernel
def tap_at(length: float, size: Index, at: Index) -> Index:
    """The place in the ring of a delayed sample.

    Args:
        length: delay in whole samples.
        size: of the ring.
        at: the write position.
    """
    return (at + size - np.uintp(length)) & (size - np.uintp(1))


@kernel
def set_slope(ramp: F64, end: float) -> None:
    """Let a ramp, a value and its step per sample, lead to `end` in `BLOCK` samples."""
    ramp[1] = (end - ramp[0]) / float(BLOCK)


@kernel
def mirror_all(rings: F64, count: int, size: Index, at: Index, n: int) -> None:
    """Copy what was just written behind the end of each ring, if it belongs to the first `MIRROR` samples.

    Args:
        rings: (rings, size + MIRROR).
        count: rings that were written.
        size: of the rings.
        at: where they were written.
        n: samples.
    """
    if at < np.uintp(MIRROR):
        for k in range(count):
            ring = rings[k]
            for i in range(at, at + np.uintp(n)):
                ring[size + i] = ring[i]


@kernel
def write(ring: F64, size: Index, at: Index, values: F64) -> None:
    """Write the next samples and their mirror image.

    Args:
        ring: the ring buffer.
        size: of the ring.
        at: the write position.
        values: not across a multiple of `BLOCK`.
    """
    for i in range(np.uintp(len(values))):
        ring[at + i] = values[i]
    if at < np.uintp(MIRROR):
        for i in range(np.uintp(len(values))):
            ring[at + size + i] = values[i]


@kernel
def read_cubic(ring: F64, size: Index, at: Index, delay: float, step: float, first: int, out: F64, n: int) -> None:
    """Read a moving delay, by cubic Hermite splines through four neighbours.

    Args:
        ring: the ring buffer.
        size: of the ring.
        at: the write position.
        delay: in samples; none that is read may be below `MIN_CUBIC_DELAY`, nor ask for what is not written yet.
        step: by how much the delay grows with each sample.
        first: index of the first sample, whose delay is `delay + first * step`.
        out: overwritten.
        n: samples to read.
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
        _hermite(ring[start:], delay, step, first + done, whole, out[done:], np.uintp(until - done))
        done = until


@kernel
def _hermite(points: F64, delay: float, step: float, first: int, whole: int, out: F64, n: Index) -> None:
    """As `read_cubic` while the integer part of the delay stays the same, so that the neighbours slide along."""
    for i in range(np.uintp(0), n, EIGHT):
        t = upwards8(float(first + np.intp(i))) * step + delay - float(whole)
        oldest, older = load8(points, i), load8(points, i + np.uintp(1))
        newer, newest = load8(points, i + np.uintp(2)), load8(points, i + np.uintp(3))
        slope = (older - newest) * 0.5
        square = newest - newer * 2.5 + older * 2.0 - oldest * 0.5
        cubic = (oldest - newest) * 0.5 + (newer - older) * 1.5
        store8(out, i, ((cubic * t + square) * t + slope) * t + newer)


@kernel
def read_sinc(ring: F64, size: Index, at: Index, delay: float, weights: F64, out: F64, n: int) -> None:
    """Read a constant delay, by a windowed sinc.

    Args:
        ring: the ring buffer.
        size: of the ring.
        at: the write position.
        delay: in samples.
        weights: made for this delay by `design_sinc`.
        out: overwritten.
        n: samples to read, at most `BLOCK`.
    """
    start = (at + size - np.uintp(int(delay)) - np.uintp(SINC_TAPS // 2)) & (size - np.uintp(1))
    points = ring[start:]
    for i in range(np.uintp(0), np.uintp(n), EIGHT):
        total = load8(points, i) * weights[0]
        for j in range(np.uintp(1), np.uintp(SINC_TAPS)):
            total = total + load8(points, i + j) * weights[j]
        store8(out, i, total)


@kernel
def read_crossfaded(
    ring: F64,
    size: Index,
    at: Index,
    ramp: F64,
    share: F64,
    first: int,
    sinc_delay: float,
    weights: F64,
    out: F64,
    scratch: F64,
    n: int,
) -> None:
    """Read by `read_cubic`, by `read_sinc`, or by a crossfade from one to the other.

    Args:
        ring: the ring buffer.
        size: of the ring.
        at: the write position.
        ramp: the moving delay and its step per sample.
        share: the weight of the sinc and its step per sample, 0 to 1.
        first: index of the first sample.
        sinc_delay: the constant delay.
        weights: of `design_sinc`.
        out: overwritten.
        scratch: overwritten.
        n: samples to read.
    """
    if share[0] < 1.0 or share[1] != 0.0:
        read_cubic(ring, size, at, ramp[0], ramp[1], first, out, n)
        if share[0] > 0.0 or share[1] != 0.0:
            read_sinc(ring, size, at, sinc_delay, weights, scratch, n)
            for i in range(n):
                out[i] += (scratch[i] - out[i]) * (share[0] + float(first + i) * share[1])
    else:
        read_sinc(ring, size, at, sinc_delay, weights, out, n)


@kernel
def design_sinc(delay: float, weights: F64) -> None:
    """Write the weights of a windowed sinc for a constant delay; their sum is 1.

    Args:
        delay: in samples, at least `MIN_SINC_DELAY`.
        weights: (32,), overwritten.
    """
    fraction = delay - np.float64(int(delay))
    half = float(SINC_TAPS // 2)
    sine, total = sin(PI * fraction), 0.0
    for j in range(SINC_TAPS):
        distance = half - float(j) - fraction
        sine = -sine
        ideal = 1.0 if abs(distance) < 1e-9 else sine / (PI * distance)
        weights[j] = ideal * kaiser_window(distance / half, _BETA)
        total += weights[j]
    for j in range(SINC_TAPS):
        weights[j] /= total
