"""Look-ahead: the sound goes through a ring buffer and comes late, while its level is known already."""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.sanitise import sanitise
from dawg_ai.dsp.blocks.smoothing import RAMP_SAMPLES
from dawg_ai.dsp.kernel import F32, I32, kernel

# The clock: the write position, the delay, the delay before, samples of the crossfade that remain, and whether begun.
WRITE, DELAY, OLD_DELAY, FADE_REMAINING, STARTED = range(5)


@kernel
def samples_of_ms(milliseconds: float, sample_rate_hz: float) -> int:
    """Samples in this time, rounded to the nearest whole number."""
    return int(milliseconds * sample_rate_hz / 1000.0 + 0.5)


@kernel
def lookahead_delay(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    ring: Annotated[F32, "channels", "length"],
    clock: Annotated[I32, 5],
    delay: int,
    start: int,
    stop: int,
) -> None:
    """Delay a chunk; when the delay changes, the new one is crossfaded in over 128 samples.

    nan and infinities become silence.

    Args:
        x: the input.
        y: the output, written from `start` to `stop`; may be `x`.
        ring: ring buffer, longer than the delay.
        clock: state, zeros before the first call.
        delay: in samples; held at what the ring has room for.
        start: first sample of the chunk.
        stop: one after the last.
    """
    delay = min(max(delay, 0), ring.shape[1] - 1)
    if clock[STARTED] == 0:
        clock[DELAY], clock[STARTED] = delay, 1
    while start < stop:
        if clock[FADE_REMAINING] == 0 and clock[DELAY] != delay:
            clock[OLD_DELAY], clock[DELAY], clock[FADE_REMAINING] = clock[DELAY], delay, RAMP_SAMPLES
        start += _segment(x, y, ring, clock, start, stop)


@kernel
def _segment(x: F32, y: F32, ring: F32, clock: I32, start: int, stop: int) -> int:
    """Process as many samples as are contiguous wherever they are read and written; returns how many these were."""
    length, write, remaining = ring.shape[1], int(clock[WRITE]), int(clock[FADE_REMAINING])
    read = _read_position(write, int(clock[DELAY]), length)
    other = _read_position(write, int(clock[OLD_DELAY]), length)
    count = min(stop - start, length - max(write, read))
    if remaining > 0:
        count = min(count, remaining, length - other)
    # Nothing is overwritten that is still to be read.
    count = min(count, length - int(max(clock[DELAY], clock[OLD_DELAY] if remaining > 0 else 0)))
    for channel in range(x.shape[0]):
        source, out = x[channel, start : start + count], y[channel, start : start + count]
        line = ring[channel, write : write + count]
        sanitise(source, line)
        new, old = ring[channel, read : read + count], ring[channel, other : other + count]
        if remaining > 0:
            for i in range(old.shape[0]):
                late = float(remaining - i) / float(RAMP_SAMPLES)
                late *= late * (3.0 - 2.0 * late)
                out[i] = np.float64(new[i]) + late * (np.float64(old[i]) - np.float64(new[i]))
        else:
            for i in range(new.shape[0]):
                out[i] = new[i]
    clock[WRITE] = (write + count) % length
    clock[FADE_REMAINING] = max(remaining - count, 0)
    return int(count)


@kernel
def _read_position(write: int, delay: int, length: int) -> int:
    """Where in the ring the sample is that was written `delay` samples before `write`."""
    return write - delay if write >= delay else write - delay + length
