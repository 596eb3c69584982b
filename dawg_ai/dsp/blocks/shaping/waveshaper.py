"""Waveshapers: static nonlinearities, sixteen samples at once, around a bias that each sample has of its own.

tanh is a rational function, the least-squares fit for the largest error over [-8, 8]: 1.5e-7 off, as float32 itself.

Biases are laid out as the sound is (`oversampling.py`): the last `HISTORY` of the past, then those of the new
samples. A second line has what the waveshaper makes of the biases alone (the DC offset), which is subtracted, so that
silence stays silence.
"""

from typing import Any

import numpy as np

from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.dsp.lanes16 import LANES, Sixteen, clip16, load16, store16

TANH, CLIP, IDENTITY = 0.0, 1.0, 2.0  # kinds

CHUNK = 1024  # samples that go through at a time, at most
HISTORY = np.uintp(64)  # past samples kept, more than any filter needs
LINE = np.uintp(CHUNK + 64 + 16)  # a line: history, new samples, and room for whole sixteens
BIASES = 2 * int(LINE)

TANH_EDGE, CLIP_LEVEL = np.float32(8.0), np.float32(1.0)
P0, P1, P2, P3 = np.float32(4066871.0), np.float32(525665.75), np.float32(12000.987), np.float32(46.4736)
Q0, Q1, Q2, Q3 = np.float32(4066872.0), np.float32(1881284.9), np.float32(96852.91), np.float32(970.57666)


@kernel
def waveshape(kind: float, biases: F32, v: Sixteen, i: Any) -> Sixteen:
    """Shape sixteen samples around their biases, without the DC offset that the biases alone would give.

    Args:
        kind: `TANH`, `CLIP` or `IDENTITY`.
        biases: both lines (BIASES,); an empty array for no bias at all, the common case.
        v: the samples.
        i: where their biases begin in the first line.

    Returns:
        The shaped samples.
    """
    if kind == IDENTITY:
        return v
    if biases.shape[0] == 0:
        return _shape(kind, v)
    return _shape(kind, v + load16(biases, i)) - load16(biases, i + LINE)


@kernel
def _shape(kind: float, v: Sixteen) -> Sixteen:
    """Hard clipping, or the rational tanh."""
    if kind == CLIP:
        return clip16(v, CLIP_LEVEL)
    x = clip16(v, TANH_EDGE)
    z = x * x
    above = (((z * P3 + P2) * z + P1) * z + P0) * x
    return above / ((((z + Q3) * z + Q2) * z + Q1) * z + Q0)


@kernel
def waveshape_biases(kind: float, biases: F32, count: Any) -> None:
    """Fill the second line from the first, by the same instructions as shape the sound."""
    for i in range(np.uintp(0), count, LANES):
        store16(biases, i + LINE, _shape(kind, load16(biases, i)))
