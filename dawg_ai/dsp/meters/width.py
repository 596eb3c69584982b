"""Stereo width in three bands: power of side against mid.

    left, right -> mid = (left + right) / 2, side = (left - right) / 2
    mid, side -> two one-pole crossovers -> low, middle, high -> mean squares -> side / mid in dB

The crossovers are those of the stereo effect, so that twice its width reads 6 dB more here.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.filters.one_pole import tpt_coefficient, tpt_tick
from dawg_ai.dsp.kernel import F32, F64, Module, call, kernel
from dawg_ai.dsp.math import finite, log10

LOWER_HZ, UPPER_HZ = 200.0, 3000.0
BANDS = ("low", "middle", "high")


@kernel
def prepare(sample_rate_hz: float, crossovers: Annotated[F64, 2], state: Annotated[F64, 4]) -> None:
    """Run once, before the first block."""
    crossovers[0] = tpt_coefficient(LOWER_HZ, sample_rate_hz)
    crossovers[1] = tpt_coefficient(min(UPPER_HZ, 0.45 * sample_rate_hz), sample_rate_hz)
    for i in range(4):
        state[i] = 0.0


@kernel
def block(
    x: Annotated[F32, "channels", "samples"],
    crossovers: Annotated[F64, 2],
    state: Annotated[F64, 4],
    squares: Annotated[F64, 2, 3],
) -> None:
    """Measure the next samples of the first two channels.

    Args:
        x: (channels, samples).
        crossovers: of `prepare`.
        state: of the crossovers, for mid and for side.
        squares: state: sums of squares of mid and of side in each band.
    """
    left, right = x[0], x[1]
    mid_low, mid_middle, side_low, side_middle = state[0], state[1], state[2], state[3]
    a, b, c, d, e, f = squares[0, 0], squares[0, 1], squares[0, 2], squares[1, 0], squares[1, 1], squares[1, 2]
    for i in range(np.uintp(x.shape[1])):
        u, v = finite(np.float64(left[i])), finite(np.float64(right[i]))
        low, middle, high, mid_low, mid_middle = _split(0.5 * (u + v), crossovers, mid_low, mid_middle)
        a, b, c = a + low * low, b + middle * middle, c + high * high
        low, middle, high, side_low, side_middle = _split(0.5 * (u - v), crossovers, side_low, side_middle)
        d, e, f = d + low * low, e + middle * middle, f + high * high
    state[0], state[1], state[2], state[3] = mid_low, mid_middle, side_low, side_middle
    squares[0, 0], squares[0, 1], squares[0, 2], squares[1, 0], squares[1, 1], squares[1, 2] = a, b, c, d, e, f


@kernel
def _split(x: float, crossovers: F64, p: float, q: float) -> Any:
    """A sample in three bands, and the state after it."""
    low, p = tpt_tick(x, crossovers[0], p)
    middle, q = tpt_tick(x - low, crossovers[1], q)
    return low, middle, x - low - middle, p, q


@kernel
def finish(squares: Annotated[F64, 2, 3], width_db: Annotated[F64, 3]) -> None:
    """Side against mid in dB in each band; -inf where there is no side, as of mono."""
    for i in range(3):
        mid, side = squares[0, i], squares[1, i]
        if mid > 0.0:
            width_db[i] = 10.0 * log10(side / mid)
        else:
            width_db[i] = float("inf") if side > 0.0 else -float("inf")


MODULE = Module("width", (prepare, block, finish), {"channels": 2, "samples": 4096})


class Meter:
    """The meter at work, block by block."""

    def __init__(self, channels: int, sample_rate_hz: float) -> None:
        self._stereo = channels >= 2
        self._memory: dict[str, Any] = MODULE.allocate() | {"sample_rate_hz": float(sample_rate_hz)}
        call(prepare, self._memory)

    def update(self, audio: F32) -> None:
        """Measure the next samples, (channels, samples)."""
        if self._stereo:
            self._memory["x"] = np.ascontiguousarray(audio, np.float32)
            call(block, self._memory)

    def result(self) -> tuple[float, float, float]:
        """Side against mid in dB below 200 Hz, up to 3 kHz and above; -inf for mono.

        >>> meter = Meter(2, 48_000)
        >>> sine = np.sin(2 * np.pi * 1000 / 48_000 * np.arange(48_000))
        >>> meter.update(np.float32([sine, 0.0 * sine]))
        >>> [round(each, 2) for each in meter.result()]  # one channel alone: mid and side are the same
        [0.0, 0.0, 0.0]
        """
        call(finish, self._memory)
        low, middle, high = self._memory["width_db"]
        return float(low), float(middle), float(high)
