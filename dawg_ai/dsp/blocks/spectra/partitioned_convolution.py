"""Partitioned convolution: a head that is applied directly, and products of spectra for the rest.

    block -> FFT -> ring of past spectra (frequency-domain delay line)
    sum over partitions of past spectrum times partition spectrum -> inverse FFT -> the next block's output

Partitions have two lengths, each with its own blocks and rings: the first 8192 samples are cut into partitions of
`PARTITION` samples, what follows into such of `LONG_PARTITION`, which take a tenth of the work. The sum over the long
ones is due a whole long block after its newest input, since they begin two of their lengths into the response: there
is time to spread it evenly.

A spectrum is of two blocks, the one before and this one (overlap-save): a row of real and a row of imaginary parts,
float32, since reading them is what takes the time; their rounding stays below -142 dB of the output. Partition 0 is
applied directly, or in another partition's place, and its spectrum is empty.

Sources: W. G. Gardner, "Efficient convolution without input-output delay", JAES 43, 1995; F. Wefers, "Partitioned
convolution algorithms for real-time auralization", 2015, chapters 5 and 6.
"""

from typing import Any

import numpy as np

from dawg_ai.dsp.blocks.spectra.fft import prepare, transform
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import high, left, load4, low, right, store4
from dawg_ai.dsp.lanes16 import LANES, load16, store16

PARTITION, LONG_PARTITION = 256, 4096
FIRST_LONG = 2 * LONG_PARTITION  # where in the response the long partitions begin
PARTITIONS = FIRST_LONG // PARTITION  # the head included
BLOCKS = LONG_PARTITION // PARTITION  # of a long block
BINS, LONG_BINS = 272, 4112  # length + 1, rounded up to whole sixteens
WORK = 2 * LONG_PARTITION + 16  # not a whole number of pages (`fft.transform`)
TABLE, TABLE_ROWS = LONG_PARTITION // 2, 4  # twiddle factors: two rows of either length
FLOAT32_SUMS = 4  # products that are summed in float32, before the sums are summed in float64


@kernel
def fill_twiddles(twiddles: F64) -> None:
    """Fill the tables of both transforms, if they are empty.

    Args:
        twiddles: (TABLE_ROWS, TABLE), zeros before the first call.
    """
    if twiddles[0, 0] == 0.0:
        prepare(2 * PARTITION, twiddles[0], twiddles[1])
        prepare(2 * LONG_PARTITION, twiddles[2], twiddles[3])


@kernel
def clear(x: F64) -> None:
    """Zeros."""
    for i in range(len(x)):
        x[i] = 0.0


@kernel
def store_spectrum(length: int, work: F64, spectra: F32, index: int, twiddles: F64) -> None:
    """Transform two blocks and keep their spectrum.

    Args:
        length: of a block.
        work: (4, 2 * length or more), the samples in its first row; overwritten.
        spectra: (spectra, 2, bins), of which one is overwritten.
        index: which one.
        twiddles: both rows of this length, or all.
    """
    for i in range(2 * length):
        work[1, i] = 0.0
    transform(2 * length, work[0], work[1], work[2], work[3], twiddles[0], twiddles[1])
    real, imaginary = spectra[index, 0], spectra[index, 1]
    for i in range(length + 1):
        real[i], imaginary[i] = np.float32(work[0, i]), np.float32(work[1, i])


@kernel
def convolve_head(head: F64, recent: F64, at: int) -> float:
    """The head applied to one sample: a direct-form FIR of `PARTITION` taps.

    Args:
        head: (PARTITION,), the taps in reverse.
        recent: the block before and this one.
        at: index of the sample in this block.

    Returns:
        The output sample.
    """
    start = np.uintp(at + 1)
    one, other = load4(head, 0) * load4(recent, start), load4(head, 4) * load4(recent, start + np.uintp(4))
    for k in range(np.uintp(8), np.uintp(PARTITION), np.uintp(8)):
        one = one + load4(head, k) * load4(recent, start + k)
        other = other + load4(head, k + np.uintp(4)) * load4(recent, start + k + np.uintp(4))
    four = one + other
    two = low(four) + high(four)
    return left(two) + right(two)


@kernel
def accumulate(first: int, end: int, spectra: F32, history: F32, newest: int, totals: F64, partial: F32) -> None:
    """Add what the partitions `first` to before `end` make of the blocks so far.

    Args:
        first: partition, at least 1.
        end: one after the last.
        spectra: of the partitions.
        history: ring of spectra of past blocks.
        newest: the last block's index in the ring; the one before is at `newest` - 1.
        totals: (2, bins), in place.
        partial: scratch.
    """
    blocks = history.shape[0]
    for partition in range(first, end, FLOAT32_SUMS):
        a, b = partition, _or_empty(partition + 1, end)
        c, d = _or_empty(partition + 2, end), _or_empty(partition + 3, end)
        _multiply_accumulate_four(
            spectra[np.uintp(a)], history[_history_index(a, newest, blocks)],
            spectra[np.uintp(b)], history[_history_index(b, newest, blocks)],
            spectra[np.uintp(c)], history[_history_index(c, newest, blocks)],
            spectra[np.uintp(d)], history[_history_index(d, newest, blocks)],
            partial,
        )  # fmt: skip
        for i in range(2):
            for k in range(np.uintp(0), np.uintp(totals.shape[1]), np.uintp(4)):
                store4(totals[i], k, load4(totals[i], k) + load4(partial[i], k))


@kernel
def invert(length: int, totals: F64, output: F64, work: F64, twiddles: F64) -> None:
    """The next block's output from the sum of products.

    Args:
        length: of a block.
        totals: (2, bins), cleared for the next sum.
        output: (length,), overwritten.
        work: (4, 2 * length or more), scratch.
        twiddles: both rows of this length, or all.
    """
    for i in range(length + 1):
        work[0, i], work[1, i] = totals[0, i], totals[1, i]
    for i in range(1, length):
        work[0, 2 * length - i], work[1, 2 * length - i] = totals[0, i], -totals[1, i]
    # With real and imaginary parts exchanged, the transform is its own inverse but for a factor.
    transform(2 * length, work[1], work[0], work[2], work[3], twiddles[0], twiddles[1])
    for i in range(length):
        output[i] = work[0, length + i] / float(2 * length)
    clear(totals[0])
    clear(totals[1])


@kernel
def _or_empty(partition: int, end: int) -> int:
    """A partition before `end`; else the first, whose spectrum is empty."""
    return partition if partition < end else 0


@kernel
def _history_index(partition: int, newest: int, blocks: int) -> Any:
    """Where the block is that a partition works on: the newest for the second one, then one earlier for each."""
    ago = max(partition - 1, 0)
    return np.uintp(newest - ago if ago <= newest else newest - ago + blocks)


@kernel
def _multiply_accumulate_four(a: F32, w: F32, b: F32, x: F32, c: F32, y: F32, d: F32, z: F32, out: F32) -> None:
    """a w + b x + c y + d z, of spectra."""
    for k in range(np.uintp(0), np.uintp(out.shape[1]), LANES):
        aw, bx, cy, dz = _product(a, w, k), _product(b, x, k), _product(c, y, k), _product(d, z, k)
        store16(out[0], k, (aw[0] + bx[0]) + (cy[0] + dz[0]))
        store16(out[1], k, (aw[1] + bx[1]) + (cy[1] + dz[1]))


@kernel
def _product(a: F32, b: F32, k: Any) -> Any:
    """Complex product of sixteen bins of two spectra, from `k` on."""
    c, d, e, f = load16(a[0], k), load16(a[1], k), load16(b[0], k), load16(b[1], k)
    return c * e - d * f, c * f + d * e
