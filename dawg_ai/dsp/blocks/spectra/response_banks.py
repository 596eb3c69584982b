"""The response of a convolution as spectra, twice: one bank sounds while the other is made, a few parts at a time.

A bank is made when another response is requested than the one that sounds, never more than `budget` samples of it at
once. Since the sum over its long partitions takes a long block, it is then summed along with the bank that sounds for
one, and crossfaded in over the first short block of the next.
"""

from dawg_ai.dsp.blocks.spectra import impulse_response as response
from dawg_ai.dsp.blocks.spectra.partitioned_convolution import (
    FIRST_LONG,
    LONG_PARTITION,
    PARTITION,
    PARTITIONS,
    clear,
    store_spectrum,
)
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import sqrt

LONG_PARTITIONS = 146  # the empty first included
MAX_SAMPLES = FIRST_LONG + (LONG_PARTITIONS - 1) * LONG_PARTITION  # 12.5 s at 48 kHz

# The clock: position in the block, newest spectrum, the block in the long one, newest long spectrum; samples loaded;
# whether a bank is there or has played, which one sounds, the stage of the other, and how many of its parts are made.
POSITION, NEWEST, BLOCK, LONG_NEWEST, LOADED, STARTED, BANK, STAGE, MADE = range(9)
MAKING, MADE_WHOLE, SUMMED, FADING = 0.0, 1.0, 2.0, 3.0  # stages of the other bank
EMPTY, THERE, PLAYED = 0.0, 1.0, 2.0  # how far it has started


@kernel
def make_first_bank(
    budget: int, requested: F64, ir: F32, facts: F64, plans: F64, clock: F64, heads: F64, spectra: F32,
    long_spectra: F32, work: F64, twiddles: F64,
) -> int:  # fmt: skip
    """Make the bank that sounds first, or go on making it.

    Args:
        budget: samples to make at most, rounded up to whole partitions.
        requested: (response.REQUESTED,).
        ir: the response as loaded.
        facts: of `response.measure`, which is called here.
        plans: state: both plans.
        clock: state.
        heads: state: first partition of both banks, in reverse.
        spectra: state: spectra of the short partitions.
        long_spectra: state: spectra of the long ones.
        work: scratch.
        twiddles: of `fill_twiddles`.

    Returns:
        The parts that are left to make.
    """
    if clock[STARTED] != EMPTY:
        return 0
    if clock[MADE] == 0.0:
        facts[response.COUNT] = clock[LOADED]
        response.measure(ir, facts)
        response.plan_response(requested, facts, MAX_SAMPLES, plans[1 - int(clock[BANK])])
    left = _make_parts(budget, ir, plans, clock, heads, spectra, long_spectra, work, twiddles)
    if left == 0:
        clock[STARTED], clock[BANK], clock[STAGE] = THERE, 1.0 - clock[BANK], MAKING
    return left


@kernel
def make_next_bank(
    budget: int, requested: F64, ir: F32, facts: F64, plans: F64, clock: F64, heads: F64, spectra: F32,
    long_spectra: F32, work: F64, twiddles: F64,
) -> None:  # fmt: skip
    """Make a few parts of the other bank, if another response is requested than the one that sounds; while `MAKING`.

    Arguments are those of `make_first_bank`.
    """
    if clock[MADE] == 0.0:
        if is_requested(requested, plans[int(clock[BANK])]):
            return
        response.plan_response(requested, facts, MAX_SAMPLES, plans[1 - int(clock[BANK])])
    if _make_parts(budget, ir, plans, clock, heads, spectra, long_spectra, work, twiddles) == 0:
        clock[STAGE] = MADE_WHOLE


@kernel
def is_requested(requested: F64, plan: F64) -> bool:
    """Whether a plan is of the requested response."""
    same = True
    for k in range(response.REQUESTED):
        same = same and requested[k] == plan[k]
    return same


@kernel
def _make_parts(
    budget: int, ir: F32, plans: F64, clock: F64, heads: F64, spectra: F32, long_spectra: F32, work: F64,
    twiddles: F64,
) -> int:  # fmt: skip
    """Make the next partitions of the planned bank; returns how many are left."""
    bank, part = 1 - int(clock[BANK]), int(clock[MADE])
    plan = plans[bank]
    count = short_count(plan) + long_count(plan) - 1
    while part < count and budget > 0:
        length = PARTITION if part < PARTITIONS else LONG_PARTITION
        start = part * PARTITION if part < PARTITIONS else FIRST_LONG + (part - PARTITIONS) * LONG_PARTITION
        for channel in range(ir.shape[0]):
            block = work[0][:length]
            plan[response.ENERGY] += response.shape(ir[channel], plan, start, block)
            clear(work[0][length : 2 * length])
            if part == 0:
                for k in range(PARTITION):
                    heads[channel, bank, PARTITION - 1 - k] = block[k]
            elif part < PARTITIONS:
                store_spectrum(PARTITION, work, spectra[channel, bank], part, twiddles)
            else:
                store_spectrum(LONG_PARTITION, work, long_spectra[channel, bank], part - PARTITIONS + 1, twiddles[2:])
        part, budget = part + 1, budget - length
    clock[MADE] = float(part)
    if part >= count:
        plan[response.GAIN] = even_gain(plan, ir.shape[0])
        clock[MADE] = 0.0
    return count - part


@kernel
def short_count(plan: F64) -> int:
    """Short partitions of a planned response, the head included."""
    return min(_partitions(int(plan[response.PREDELAY] + plan[response.KEPT]), PARTITION), PARTITIONS)


@kernel
def long_count(plan: F64) -> int:
    """Long partitions, the empty first included."""
    return 1 + _partitions(max(int(plan[response.PREDELAY] + plan[response.KEPT]) - FIRST_LONG, 0), LONG_PARTITION)


@kernel
def _partitions(samples: int, length: int) -> int:
    """Partitions that so many samples fill, the last perhaps in part."""
    return (samples + length - 1) // length


@kernel
def first_short(plan: F64) -> int:
    """The first short partition after the head that is not silent."""
    return max(int(plan[response.PREDELAY]) // PARTITION, 1)


@kernel
def first_long(plan: F64) -> int:
    """The first long partition that is not silent."""
    return 1 + max(int(plan[response.PREDELAY]) - FIRST_LONG, 0) // LONG_PARTITION


@kernel
def even_gain(plan: F64, channels: int) -> float:
    """What makes noise as loud behind the response as before it, if that is requested; else 1."""
    requested = plan[response.NORMALISE] > 0.5 and plan[response.ENERGY] > 0.0
    return sqrt(float(channels) / plan[response.ENERGY]) if requested else 1.0
