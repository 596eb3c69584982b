"""The parts of a uniformly partitioned convolution: a first part that is applied directly, and products of spectra.

A block is `PART` samples, in `recent` as the block before and this one; spectra are rows of real and imaginary parts.
Source: F. Wefers, "Partitioned convolution algorithms for real-time auralization", 2015, chapter 5.
"""

import numpy as np

from dawg_ai.dsp.blocks.fft import transform
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import high, left, load4, low, right, store4

PART = 256
SIZE = 2 * PART  # of the transforms
BINS = 260  # PART + 1, in whole fours


@kernel
def clear(x: F64) -> None:
    """Zeros."""
    for i in range(len(x)):
        x[i] = 0.0


@kernel
def keep_spectrum(work: F64, spectra: F64, index: int, cosines: F64, sines: F64) -> None:
    """Transform the `SIZE` samples in `work[0]` and keep their spectrum."""
    clear(work[1])
    transform(SIZE, work[0], work[1], work[2], work[3], cosines, sines)
    for i in range(PART + 1):
        spectra[0, index, i], spectra[1, index, i] = work[0, i], work[1, i]


@kernel
def apply_head(head: F64, recent: F64, at: int) -> float:
    """What the first part, `head` backwards, makes of sample `at` of the block and those before it."""
    start = np.uintp(at + 1)
    one, other = load4(head, 0) * load4(recent, start), load4(head, 4) * load4(recent, start + np.uintp(4))
    for k in range(np.uintp(8), np.uintp(PART), np.uintp(8)):
        one = one + load4(head, k) * load4(recent, start + k)
        other = other + load4(head, k + np.uintp(4)) * load4(recent, start + k + np.uintp(4))
    four = one + other
    two = low(four) + high(four)
    return left(two) + right(two)


@kernel
def add_up(
    first: int, end: int, spectra: F64, history: F64, newest: int, late: F64, work: F64, totals: F64, cosines: F64,
    sines: F64,
) -> None:  # fmt: skip
    """Into `late`, of the next block: what the parts from `first` to before `end` make of the blocks before it.

    `history` is a ring of spectra, the last block's at `newest`, the one before at `newest` - 1.
    """
    clear(totals[0])
    clear(totals[1])
    blocks = history.shape[1]
    for part in range(first, end):
        before = newest - (part - 1)
        before = before + blocks if before < 0 else before
        _add_product(spectra[0, part], spectra[1, part], history[0, before], history[1, before], totals)
    for i in range(PART + 1):
        work[0, i], work[1, i] = totals[0, i], totals[1, i]
    for i in range(1, PART):
        work[0, SIZE - i], work[1, SIZE - i] = totals[0, i], -totals[1, i]
    # With real and imaginary parts exchanged, the transform is its own inverse but for a factor.
    transform(SIZE, work[1], work[0], work[2], work[3], cosines, sines)
    for i in range(PART):
        late[i] = work[0, PART + i] / float(SIZE)


@kernel
def _add_product(a_re: F64, a_im: F64, b_re: F64, b_im: F64, out: F64) -> None:
    for k in range(np.uintp(0), np.uintp(BINS), np.uintp(4)):
        c, d, e, f = load4(a_re, k), load4(a_im, k), load4(b_re, k), load4(b_im, k)
        store4(out[0], k, load4(out[0], k) + (c * e - d * f))
        store4(out[1], k, load4(out[1], k) + (c * f + d * e))
