"""Look-ahead: the sound is held back while its level is already known."""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.clean import clean
from dawg_ai.dsp.blocks.glide import SAMPLES
from dawg_ai.dsp.kernel import F32, I32, kernel

WRITE, NOW, BEFORE, LEFT, STARTED = range(5)  # the clock: where to write, the delays, and what is left of the fade


@kernel
def samples(milliseconds: float, sample_rate_hz: float) -> int:
    """A time in whole samples."""
    return int(milliseconds * sample_rate_hz / 1000.0 + 0.5)


@kernel
def hold_back(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    ring: Annotated[F32, "channels", "length"],
    clock: Annotated[I32, 5],
    delay: int,
    start: int,
    stop: int,
) -> None:
    """From `start` to `stop`, `y` is `x` of `delay` samples ago, less than the ring is long; a new delay fades in
    over 128 samples.

    What is not a finite number becomes silence.
    """
    if clock[STARTED] == 0:
        clock[NOW], clock[STARTED] = delay, 1
    while start < stop:
        if clock[LEFT] == 0 and clock[NOW] != delay:
            clock[BEFORE], clock[NOW], clock[LEFT] = clock[NOW], delay, SAMPLES
        start += _stretch(x, y, ring, clock, start, stop)


@kernel
def _stretch(x: F32, y: F32, ring: F32, clock: I32, start: int, stop: int) -> int:
    """Do as many samples as lie in one piece wherever they are read and written; how many these were."""
    length, write, left = ring.shape[1], int(clock[WRITE]), int(clock[LEFT])
    read = _behind(write, int(clock[NOW]), length)
    other = _behind(write, int(clock[BEFORE]), length)
    count = min(stop - start, length - max(write, read))
    if left > 0:
        count = min(count, left, length - other)
    # Nothing is overwritten that is still to be read.
    count = min(count, length - int(max(clock[NOW], clock[BEFORE] if left > 0 else 0)))
    for channel in range(x.shape[0]):
        source, out = x[channel, start : start + count], y[channel, start : start + count]
        line = ring[channel, write : write + count]
        clean(source, line)
        new, old = ring[channel, read : read + count], ring[channel, other : other + count]
        if left > 0:
            for i in range(old.shape[0]):
                late = float(left - i) / float(SAMPLES)
                out[i] = np.float64(new[i]) + late * (np.float64(old[i]) - np.float64(new[i]))
        else:
            for i in range(new.shape[0]):
                out[i] = new[i]
    clock[WRITE] = (write + count) % length
    clock[LEFT] = max(left - count, 0)
    return int(count)


@kernel
def _behind(write: int, delay: int, length: int) -> int:
    return write - delay if write >= delay else write - delay + length
