"""The stereo picture: the newest samples as points to draw, correlation and balance over the last moments.

A goniometer draws mid upwards and side to the left, so that mono is a vertical line. Correlation is +1 for mono, 0
for channels that know nothing of each other, -1 for one channel turned: then mono is silence.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, Module, kernel
from dawg_ai.dsp.math import decibels, exp, finite, sqrt

POINTS = 1024
SECONDS = 0.3  # in which old energies fall to 1 / e
HALF_POWER = 0.7071067811865476
ONE = np.uintp(1)


@kernel
def prepare(sample_rate_hz: float, decay: Annotated[F64, 1]) -> None:
    """Run once, before the first block."""
    decay[0] = exp(-1.0 / (SECONDS * sample_rate_hz))


@kernel
def block(
    x: Annotated[F32, "channels", "samples"],
    decay: Annotated[F64, 1],
    state: Annotated[F64, 4],
    points: Annotated[F32, 1024, 2],
) -> None:
    """Take in the next samples of two channels, left and right.

    `points` is a ring of (side, mid), `state[3]` the place that is written next; before it in `state` are the
    energies of left and right and of their product.
    """
    left, right = x[0], x[x.shape[0] - 1]
    keep, at = decay[0], np.uintp(int(state[3]))
    a, b, product = state[0], state[1], state[2]
    for i in range(np.uintp(x.shape[1])):
        u, v = finite(np.float64(left[i])), finite(np.float64(right[i]))
        a, b, product = keep * a + u * u, keep * b + v * v, keep * product + u * v
        points[at, 0], points[at, 1] = HALF_POWER * (u - v), HALF_POWER * (u + v)
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
    """From -1 to 1; 0 where a channel is silent."""
    both = sqrt(state[0]) * sqrt(state[1])
    return state[2] / both if both > 0.0 else 0.0


@kernel
def balance_db(state: Annotated[F64, 4]) -> float:
    """How much louder the right channel is; 0 for silence."""
    if state[0] == 0.0 and state[1] == 0.0:
        return 0.0
    return decibels(sqrt(state[1] / state[0]))


MODULE = Module("goniometer", (prepare, block, correlation, balance_db), {"channels": 2, "samples": 4096})
