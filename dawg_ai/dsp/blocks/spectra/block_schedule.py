"""When a convolution transforms, multiplies and sums: so that no block of 128 samples takes long.

    in the middle of a block    its share of the products of the long partitions, which the blocks of a long block
                                share, or in the last of them the inverse transform of their sum
    at the end of a block       all that belongs to the short partitions, and a few partitions of the next bank
    at the end of a long block  its transform, but no partitions of the next bank

Where blocks are cut for the host makes no difference to this, nor to the bits of the output.
"""

from dawg_ai.dsp.blocks.spectra.partitioned_convolution import (
    BLOCKS,
    FLOAT32_SUMS,
    LONG_PARTITION,
    PARTITION,
    PARTITIONS,
    accumulate,
    clear,
    invert,
    store_spectrum,
)
from dawg_ai.dsp.blocks.spectra.response_banks import (
    BANK,
    BLOCK,
    FADING,
    LONG_NEWEST,
    LONG_PARTITIONS,
    MADE_WHOLE,
    MAKING,
    NEWEST,
    POSITION,
    STAGE,
    SUMMED,
    first_long,
    first_short,
    long_count,
    short_count,
)
from dawg_ai.dsp.kernel import F32, F64, kernel

HALF = PARTITION // 2
SHARES = BLOCKS - 1  # blocks that share the products of a long block


@kernel
def advance_stage(clock: F64) -> bool:
    """At the end of a block: what becomes of the other bank. Returns whether there is time to make a part of it."""
    last = clock[BLOCK] == float(BLOCKS - 1)
    if clock[STAGE] == FADING:
        clock[BANK], clock[STAGE] = 1.0 - clock[BANK], MAKING
    elif last and clock[STAGE] in (MADE_WHOLE, SUMMED):
        clock[STAGE] += 1.0
    return not last and clock[STAGE] == MAKING


@kernel
def advance_block(clock: F64) -> None:
    """The next block begins."""
    if clock[BLOCK] == float(BLOCKS - 1):
        clock[LONG_NEWEST] = _after(clock[LONG_NEWEST], LONG_PARTITIONS)
    clock[POSITION], clock[NEWEST] = 0.0, _after(clock[NEWEST], PARTITIONS)
    clock[BLOCK] = _after(clock[BLOCK], BLOCKS)


@kernel
def _after(index: float, count: int) -> float:
    """The next place in a ring."""
    return index + 1.0 if index + 1.0 < float(count) else 0.0


@kernel
def finish_block(
    clock: F64, plans: F64, spectra: F32, history: F32, recent: F64, due: F64, long_due: F64, work: F64, totals: F64,
    partial: F32, twiddles: F64,
) -> None:  # fmt: skip
    """At the end of a block: its spectrum into the history, and what is due in the next block into `due`."""
    bank, newest = int(clock[BANK]), int(clock[NEWEST])
    long_at = PARTITION * ((int(clock[BLOCK]) + 1) % BLOCKS)
    for i in range(2 * PARTITION):
        work[0, i] = recent[i]
    store_spectrum(PARTITION, work, history, newest, twiddles)
    for each in range(2):
        if each == bank or clock[STAGE] == FADING:
            plan = plans[each]
            accumulate(first_short(plan), short_count(plan), spectra[each], history, newest, totals, partial)
            invert(PARTITION, totals, due[each], work, twiddles)
            for i in range(PARTITION):
                due[each, i] += long_due[each, long_at + i]


@kernel
def store_long(clock: F64, history: F32, recent: F64, short: F64, work: F64, twiddles: F64) -> None:
    """At the end of a block: it goes into the long block, which at its own end goes into the history."""
    at = LONG_PARTITION + PARTITION * int(clock[BLOCK])
    for i in range(PARTITION):
        recent[at + i] = short[i] = short[PARTITION + i]
    if clock[BLOCK] == float(BLOCKS - 1):
        for i in range(2 * LONG_PARTITION):
            work[0, i] = recent[i]
        for i in range(LONG_PARTITION):
            recent[i] = recent[LONG_PARTITION + i]
        store_spectrum(LONG_PARTITION, work, history, int(clock[LONG_NEWEST]), twiddles[2:])


@kernel
def sum_long_partitions(
    clock: F64, plans: F64, spectra: F32, history: F32, due: F64, totals: F64, work: F64, partial: F32, twiddles: F64
) -> None:  # fmt: skip
    """In the middle of a block: its share of the sum over the long partitions; in the last, what is due."""
    block, newest = int(clock[BLOCK]), int(clock[LONG_NEWEST]) - 1
    sounding = 1 - int(clock[BANK]) if clock[STAGE] == FADING else int(clock[BANK])
    for each in range(2):
        if each == sounding or clock[STAGE] == SUMMED:
            first, end = first_long(plans[each]), long_count(plans[each])
            if first >= end:
                clear(due[each])
            elif block == SHARES:
                invert(LONG_PARTITION, totals[each], due[each], work, twiddles[2:])
            else:
                share = FLOAT32_SUMS * ((end - first + FLOAT32_SUMS * SHARES - 1) // (FLOAT32_SUMS * SHARES))
                start = first + block * share
                at = newest if newest >= 0 else LONG_PARTITIONS - 1
                accumulate(start, min(start + share, end), spectra[each], history, at, totals[each], partial)
