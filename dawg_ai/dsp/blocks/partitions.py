"""The parts of a uniformly partitioned convolution: a first part that is applied directly, and products of spectra.

A block is `PART` samples, in `recent` as the block before and this one. A spectrum is a row of real and a row of
imaginary parts, float32: reading them is what takes the time, and their rounding stays below -142 dB of the output.
Source: F. Wefers, "Partitioned convolution algorithms for real-time auralization", 2015, chapter 5.
"""

from typing import Any

import numpy as np

from dawg_ai.dsp.blocks.fft import transform
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import high, left, load4, low, right, store4
from dawg_ai.dsp.lanes16 import LANES, load16, store16

PART = 256
SIZE = 2 * PART  # of the transforms
BINS = 272  # PART + 1, in whole sixteens
FEW = 4  # parts whose products are added up in float32, and in float64 from there on


@kernel
def clear(x: F64) -> None:
    """Zeros."""
    for i in range(len(x)):
        x[i] = 0.0


@kernel
def keep_spectrum(work: F64, spectra: F32, index: int, cosines: F64, sines: F64) -> None:
    """Transform the `SIZE` samples in `work[0]` and keep their spectrum."""
    clear(work[1])
    transform(SIZE, work[0], work[1], work[2], work[3], cosines, sines)
    for i in range(PART + 1):
        spectra[index, 0, i], spectra[index, 1, i] = np.float32(work[0, i]), np.float32(work[1, i])


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
    first: int, end: int, spectra: F32, history: F32, newest: int, late: F64, work: F64, totals: F64, few: F32,
    cosines: F64, sines: F64,
) -> None:  # fmt: skip
    """Into `late`, of the next block: what the parts from `first` to before `end` make of the blocks before it.

    `history` is a ring of spectra, the last block's at `newest`, the one before at `newest` - 1.
    """
    clear(totals[0])
    clear(totals[1])
    blocks = history.shape[0]
    for part in range(first, end, FEW):
        a, b, c, d = part, _or_none(part + 1, end), _or_none(part + 2, end), _or_none(part + 3, end)
        _add_four(
            spectra[np.uintp(a)], history[_heard_by(a, newest, blocks)],
            spectra[np.uintp(b)], history[_heard_by(b, newest, blocks)],
            spectra[np.uintp(c)], history[_heard_by(c, newest, blocks)],
            spectra[np.uintp(d)], history[_heard_by(d, newest, blocks)],
            few,
        )  # fmt: skip
        for i in range(2):
            for k in range(np.uintp(0), np.uintp(BINS), np.uintp(4)):
                store4(totals[i], k, load4(totals[i], k) + load4(few[i], k))
    for i in range(PART + 1):
        work[0, i], work[1, i] = totals[0, i], totals[1, i]
    for i in range(1, PART):
        work[0, SIZE - i], work[1, SIZE - i] = totals[0, i], -totals[1, i]
    # With real and imaginary parts exchanged, the transform is its own inverse but for a factor.
    transform(SIZE, work[1], work[0], work[2], work[3], cosines, sines)
    for i in range(PART):
        late[i] = work[0, PART + i] / float(SIZE)


@kernel
def _or_none(part: int, end: int) -> int:
    """A part before `end`; else the first, which is applied directly and whose spectrum is left empty."""
    return part if part < end else 0


@kernel
def _heard_by(part: int, newest: int, blocks: int) -> Any:
    """Where in the ring the block is that a part works on: the newest for the second, then one earlier for each."""
    ago = max(part - 1, 0)
    return np.uintp(newest - ago if ago <= newest else newest - ago + blocks)


@kernel
def _add_four(a: F32, w: F32, b: F32, x: F32, c: F32, y: F32, d: F32, z: F32, out: F32) -> None:
    """a w + b x + c y + d z, of spectra."""
    for k in range(np.uintp(0), np.uintp(BINS), LANES):
        aw, bx, cy, dz = _product(a, w, k), _product(b, x, k), _product(c, y, k), _product(d, z, k)
        store16(out[0], k, (aw[0] + bx[0]) + (cy[0] + dz[0]))
        store16(out[1], k, (aw[1] + bx[1]) + (cy[1] + dz[1]))


@kernel
def _product(a: F32, b: F32, k: Any) -> Any:
    """Real and imaginary parts of sixteen bins of a spectrum, from `k` on, times those of another."""
    c, d, e, f = load16(a[0], k), load16(a[1], k), load16(b[0], k), load16(b[1], k)
    return c * e - d * f, c * f + d * e
