"""Diffusers: Schroeder all-passes in series, which increase echo density without colouring the spectrum.

Their delay lines are rings as in `delay_line.py`, all written at the same place, eight samples at a time.

Source: M. R. Schroeder, "Natural sounding artificial reverberation", JAES 10, 1962.
"""

from typing import Any

import numpy as np

from dawg_ai.dsp.blocks.delays.delay_line import mirror_all, tap_at
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import Index
from dawg_ai.dsp.lanes8 import EIGHT, load8, store8

ALL_PASS_GAIN = 0.6


@kernel
def diffuse(rings: F64, delays: F64, size: Index, at: Index, n: int, x: F64) -> None:
    """Three all-passes in series, in place.

    Args:
        rings: (3, size + MIRROR), their delay lines.
        delays: (3,), in samples, at least eight.
        size: of the rings.
        at: the write position.
        n: samples to process.
        x: (BLOCK_ROOM,), in place.
    """
    a, b, c = rings[0], rings[1], rings[2]
    tap_a, tap_b, tap_c = tap_at(delays[0], size, at), tap_at(delays[1], size, at), tap_at(delays[2], size, at)
    for i in range(np.uintp(0), np.uintp(n), EIGHT):
        value = _schroeder(a, at + i, tap_a + i, load8(x, i))
        value = _schroeder(b, at + i, tap_b + i, value)
        store8(x, i, _schroeder(c, at + i, tap_c + i, value))
    mirror_all(rings, 3, size, at, n)


@kernel
def _schroeder(ring: F64, at: Index, tap: Index, x: Any) -> Any:
    """H(z) = (z^-M - g) / (1 - g z^-M), with delay M and gain g, on eight samples."""
    delayed = load8(ring, tap)
    stored = x + ALL_PASS_GAIN * delayed
    store8(ring, at, stored)
    return delayed - ALL_PASS_GAIN * stored
