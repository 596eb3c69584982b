"""The curves that bend sound, sixteen samples at once, around a bias that each sample has of its own.

tanh is a rational function, the least squares fit for the largest error over [-8, 8]: 1.5e-7 off, as float32 itself.

Biases lie in a line as the sound does (`oversampling.py`): the last `KEPT` of the past, then those of the samples
that are new. A second line has what the curve makes of them alone, so that silence stays silence.
"""

from typing import Any

import numpy as np

from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.dsp.lanes16 import LANES, Sixteen, held16, load16, store16

TANH, CLIP, STRAIGHT = 0.0, 1.0, 2.0  # kinds

CHUNK = 1024  # samples that go at a time at most
KEPT = np.uintp(64)  # of the past, more than any filter remembers
LINE = np.uintp(CHUNK + 64 + 16)
BIASES = 2 * int(LINE)

EDGE, LIMIT = np.float32(8.0), np.float32(1.0)
P0, P1, P2, P3 = np.float32(4066871.0), np.float32(525665.75), np.float32(12000.987), np.float32(46.4736)
Q0, Q1, Q2, Q3 = np.float32(4066872.0), np.float32(1881284.9), np.float32(96852.91), np.float32(970.57666)


@kernel
def bent(kind: float, biases: F32, v: Sixteen, i: Any) -> Sixteen:
    """What the curve makes of samples, less what it makes of their biases alone: those from `i` on, in the line.

    An empty array is for no bias at all, the common case.
    """
    if kind == STRAIGHT:
        return v
    if biases.shape[0] == 0:
        return _bent(kind, v)
    return _bent(kind, v + load16(biases, i)) - load16(biases, i + LINE)


@kernel
def _bent(kind: float, v: Sixteen) -> Sixteen:
    if kind == CLIP:
        return held16(v, LIMIT)
    x = held16(v, EDGE)
    z = x * x
    above = (((z * P3 + P2) * z + P1) * z + P0) * x
    return above / ((((z + Q3) * z + Q2) * z + Q1) * z + Q0)


@kernel
def bend_biases(kind: float, biases: F32, count: Any) -> None:
    """Fill the second line from the first, by the same instructions as bend the sound."""
    for i in range(np.uintp(0), count, LANES):
        store16(biases, i + LINE, _bent(kind, load16(biases, i)))
