"""All-passes that make sound dense, on rings as in `taps.py`, written at the same place eight samples at a time.

Source: M. R. Schroeder, "Natural sounding artificial reverberation", JAES 10, 1962.
"""

from typing import Any

import numpy as np

from dawg_ai.dsp.blocks.taps import ago, repeat
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import Index
from dawg_ai.dsp.lanes8 import EIGHT, load8, store8

DIFFUSION = 0.6


@kernel
def diffuse(rings: F64, lengths: F64, size: Index, at: Index, n: int, x: F64) -> None:
    """Three all-passes in a row on the first `n` values of `x`; `lengths` are at least eight samples."""
    a, b, c = rings[0], rings[1], rings[2]
    late_a, late_b, late_c = ago(lengths[0], size, at), ago(lengths[1], size, at), ago(lengths[2], size, at)
    for i in range(np.uintp(0), np.uintp(n), EIGHT):
        value = _all_pass(a, at + i, late_a + i, load8(x, i))
        value = _all_pass(b, at + i, late_b + i, value)
        store8(x, i, _all_pass(c, at + i, late_c + i, value))
    repeat(rings, 3, size, at, n)


@kernel
def _all_pass(ring: F64, at: Index, before: Index, x: Any) -> Any:
    late = load8(ring, before)
    kept = x + DIFFUSION * late
    store8(ring, at, kept)
    return late - DIFFUSION * kept
