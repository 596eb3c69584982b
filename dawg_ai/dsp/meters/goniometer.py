"""Goniometer and correlation meter: the newest samples as points of mid and side, correlation, balance.

A goniometer draws mid upwards and side to the left, so that mono is a vertical line. Correlation is +1 for mono, 0
for unrelated channels, -1 for one channel of opposite polarity: then mono is silence.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, Module, kernel
from dawg_ai.dsp.math import SQRT_HALF, decibels, exp, finite, sqrt

POINTS = 1024
DECAY_S = 0.3  # time constant of the energies
ONE = np.uintp(1)


@kernel
def prepare(sample_rate_hz: float, decay: Annotated[F64, 1]) -> None:
    """Run once, before the first block."""
    decay[0] = exp(-1.0 / (DECAY_S * sample_rate_hz))


@kernel
def block(
    x: Annotated[F32, "channels", "samples"],
    decay: Annotated[F64, 1],
    state: Annotated[F64, 4],
    points: Annotated[F32, 1024, 2],
) -> None:
    """Take the next samples of two channels, left and right.

    Args:
        x: the block.
        decay: of `prepare`.
        state: one-pole means of left and right squared and of their product, and the write position in `points`.
        points: ring buffer of (side, mid).
    """
    left, right = x[0], x[x.shape[0] - 1]
    decay_per_sample, at = decay[0], np.uintp(int(state[3]))
    a, b, product = state[0], state[1], state[2]
    for i in range(np.uintp(x.shape[1])):
        u, v = finite(np.float64(left[i])), finite(np.float64(right[i]))
        a, b, product = decay_per_sample * a + u * u, decay_per_sample * b + v * v, decay_per_sample * product + u * v
        points[at, 0], points[at, 1] = SQRT_HALF * (u - v), SQRT_HALF * (u + v)
        at = at + ONE if at + ONE < np.uintp(POINTS) else np.uintp(0)
        if a < 1e-100:
            a = 0.0  # not into denormals
        if b < 1e-100:
            b = 0.0
        if abs(product) < 1e-100:
            product = 0.0
    state[0], state[1], state[2], state[3] = a, b, product, float(at)


@kernel
def correlation(state: Annotated[F64, 4]) -> float:
    """Correlation from -1 to 1; 0 where a channel is silent."""
    both = sqrt(state[0]) * sqrt(state[1])
    return state[2] / both if both > 0.0 else 0.0


@kernel
def balance_db(state: Annotated[F64, 4]) -> float:
    """Level of the right channel over the left in dB; 0 for silence."""
    if state[0] == 0.0 and state[1] == 0.0:
        return 0.0
    return decibels(sqrt(state[1] / state[0]))


MODULE = Module("goniometer", (prepare, block, correlation, balance_db), {"channels": 2, "samples": 4096})
