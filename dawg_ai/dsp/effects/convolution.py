"""Convolution reverb: a room, a cabinet or any filter as its impulse response, without added latency.

    x -> head of the response, direct FIR ---------------------------------> plus -> wet level -> plus -> y
    x -> blocks -> FFT -> short partitions -> inverse FFT -> due a block later -> plus
    x -> long blocks -> FFT -> long partitions -> inverse FFT -> due a long block later -> plus
    x -> dry level

The response's first `PARTITION` samples are applied directly; the rest in partitions of two lengths, as products of
spectra (`partitioned_convolution.py`). What a partition adds to the output is due when a block begins, so there is no
latency. The work is spread evenly (`block_schedule.py`). Without a response the effect is a level control.

There are two banks for the response as the knobs shape it (`response_banks.py`). One sounds; when a knob has moved,
the other is made a few partitions at a time, and then crossfaded in over one block. The first is made by `load`.
"""

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.filters.biquad import DENORMAL_OFFSET
from dawg_ai.dsp.blocks.filters.one_pole import coefficient
from dawg_ai.dsp.blocks.sanitise import sanitise
from dawg_ai.dsp.blocks.spectra import block_schedule as schedule
from dawg_ai.dsp.blocks.spectra import impulse_response as response
from dawg_ai.dsp.blocks.spectra import partitioned_convolution as partitioned
from dawg_ai.dsp.blocks.spectra import response_banks as banks
from dawg_ai.dsp.blocks.spectra.overlap_save import stream
from dawg_ai.dsp.effect import Effect, Knob, Processor
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import amplitude, finite

MAX_RESPONSE_S = 12.0  # six at 96 kHz
BUDGET = partitioned.LONG_PARTITION  # samples of a response made at a time: the longest is ready after a second

START_MS, LENGTH_S, DECAY_PERCENT, PREDELAY_MS, TRIM, NORMALISE, WET_DB, MIX_PERCENT = range(8)
# Settings: the first two are each channel's state too, and what is requested of the response begins at the last.
DRY, WET, SMOOTHING, REQUESTED = range(4)
LAGS = 2  # of the state: what both gains follow


@kernel
def prepare(
    knobs: Annotated[F64, 8],
    sample_rate_hz: float,
    settings: Annotated[F64, 10],
    twiddles: Annotated[F64, partitioned.TABLE_ROWS, partitioned.TABLE],
) -> None:
    """Knobs to gains and what is requested of the response; the twiddle factors.

    Args:
        knobs: values in declared order.
        sample_rate_hz: the sample rate.
        settings: overwritten.
        twiddles: filled once.
    """
    wet = 0.01 * knobs[MIX_PERCENT]
    settings[DRY], settings[WET] = 1.0 - wet + DENORMAL_OFFSET, wet * amplitude(knobs[WET_DB]) + DENORMAL_OFFSET
    settings[SMOOTHING] = coefficient(0.005, sample_rate_hz)
    requested = settings[REQUESTED:]
    requested[response.START] = _samples(0.001 * knobs[START_MS], sample_rate_hz)
    requested[response.LENGTH] = _samples(knobs[LENGTH_S], sample_rate_hz)
    requested[response.DECAY] = 0.01 * knobs[DECAY_PERCENT]
    requested[response.PREDELAY] = _samples(0.001 * knobs[PREDELAY_MS], sample_rate_hz)
    requested[response.TRIM], requested[response.NORMALISE] = knobs[TRIM], knobs[NORMALISE]
    requested[response.FADE] = _samples(0.01, sample_rate_hz)
    partitioned.fill_twiddles(twiddles)


@kernel
def _samples(seconds: float, sample_rate_hz: float) -> float:
    """A time in whole samples."""
    return float(int(seconds * sample_rate_hz + 0.5))


@kernel
def load(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    settings: Annotated[F64, 10],
    ir: Annotated[F32, "channels", 576000],
    facts: Annotated[F64, 4],
    plans: Annotated[F64, 2, 15],
    clock: Annotated[F64, 9],
    heads: Annotated[F64, "channels", 2, partitioned.PARTITION],
    spectra: Annotated[F32, "channels", 2, partitioned.PARTITIONS, 2, partitioned.BINS],
    long_spectra: Annotated[F32, "channels", 2, banks.LONG_PARTITIONS, 2, partitioned.LONG_BINS],
    work: Annotated[F64, 4, partitioned.WORK],
    twiddles: Annotated[F64, partitioned.TABLE_ROWS, partitioned.TABLE],
) -> int:
    """Take the next samples of the impulse response; without any, transform a few of its partitions.

    Args:
        x: (channels, samples).
        sample_rate_hz: the sample rate.
        settings: of `prepare`.
        ir: state: the response.
        facts: state: `facts[COUNT]` samples are loaded.
        plans: state: the planned response of both banks.
        clock: state.
        heads: state: first partition of both banks, in reverse.
        spectra: state: spectra of the short partitions.
        long_spectra: state: spectra of the long ones.
        work: scratch.
        twiddles: of `prepare`.

    Returns:
        For how many samples there was room; without samples, how many partitions are left to transform.
    """
    if x.shape[1] == 0:
        requested = settings[REQUESTED:]
        left: int = banks.make_first_bank(
            BUDGET, requested, ir, facts, plans, clock, heads, spectra, long_spectra, work, twiddles
        )
        return left
    count = int(clock[banks.LOADED])
    taken: int = min(x.shape[1], min(ir.shape[1], int(MAX_RESPONSE_S * sample_rate_hz)) - count)
    for channel in range(x.shape[0]):
        sanitise(x[channel][:taken], ir[channel][count:])
    clock[banks.LOADED] = facts[response.COUNT] = float(count + taken)
    clock[banks.STARTED], clock[banks.MADE] = banks.EMPTY, 0.0
    return taken


@kernel
def tail(knobs: Annotated[F64, 8], sample_rate_hz: float, facts: Annotated[F64, 4]) -> int:
    """Samples until the end of the response as it is loaded, with nothing cut off in front."""
    kept = min(facts[response.COUNT], _samples(knobs[LENGTH_S], sample_rate_hz))
    return int(kept + _samples(0.001 * knobs[PREDELAY_MS], sample_rate_hz))


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 10],
    ir: Annotated[F32, "channels", 576000],
    facts: Annotated[F64, 4],
    plans: Annotated[F64, 2, 15],
    clock: Annotated[F64, 9],
    state: Annotated[F64, "channels", 4],
    heads: Annotated[F64, "channels", 2, partitioned.PARTITION],
    spectra: Annotated[F32, "channels", 2, partitioned.PARTITIONS, 2, partitioned.BINS],
    history: Annotated[F32, "channels", partitioned.PARTITIONS, 2, partitioned.BINS],
    recent: Annotated[F64, "channels", 2 * partitioned.PARTITION],
    due: Annotated[F64, "channels", 2, partitioned.PARTITION],
    totals: Annotated[F64, 2, partitioned.BINS],
    partial: Annotated[F32, 2, partitioned.BINS],
    long_spectra: Annotated[F32, "channels", 2, banks.LONG_PARTITIONS, 2, partitioned.LONG_BINS],
    long_history: Annotated[F32, "channels", banks.LONG_PARTITIONS, 2, partitioned.LONG_BINS],
    long_recent: Annotated[F64, "channels", 2 * partitioned.LONG_PARTITION],
    long_due: Annotated[F64, "channels", 2, partitioned.LONG_PARTITION],
    long_totals: Annotated[F64, "channels", 2, 2, partitioned.LONG_BINS],
    long_partial: Annotated[F32, 2, partitioned.LONG_BINS],
    work: Annotated[F64, 4, partitioned.WORK],
    twiddles: Annotated[F64, partitioned.TABLE_ROWS, partitioned.TABLE],
) -> None:
    """Convolve a block, each channel with its own response. Partitions are counted from the first sample of all.

    Args:
        x: (channels, samples), the input.
        y: (channels, samples), overwritten with the output.
        settings: of `prepare`.
        ir: of `load`.
        facts: of `load`.
        plans: state, as `load` left it, or made here.
        clock: state.
        state: per channel: smoothed gains.
        heads: state, as `plans`.
        spectra: state, as `plans`.
        history: state: spectra of past blocks.
        recent: state: the block before and this one.
        due: state: what past blocks add to this one.
        totals: scratch.
        partial: scratch.
        long_spectra: state, as `plans`.
        long_history: state: as those above, of long blocks.
        long_recent: state.
        long_due: state.
        long_totals: state: the sums of products so far.
        long_partial: scratch.
        work: scratch.
        twiddles: of `prepare`.
    """
    requested = settings[REQUESTED:]
    if clock[banks.STARTED] != banks.PLAYED:
        if not banks.is_requested(requested, plans[int(clock[banks.BANK])]):
            clock[banks.STARTED], clock[banks.MADE] = banks.EMPTY, 0.0
        banks.make_first_bank(
            banks.MAX_SAMPLES, requested, ir, facts, plans, clock, heads, spectra, long_spectra, work, twiddles
        )
        clock[banks.STARTED] = banks.PLAYED
        for channel in range(x.shape[0]):
            for i in (DRY, WET):
                state[channel, i] = state[channel, LAGS + i] = settings[i]
    done = 0
    while done < x.shape[1]:
        position, bank = int(clock[banks.POSITION]), int(clock[banks.BANK])
        stop = schedule.HALF if position < schedule.HALF else partitioned.PARTITION
        until = min(done + stop - position, x.shape[1])
        for channel in range(x.shape[0]):
            here, output = x[channel][done:until], y[channel][done:until]
            _process_samples(
                here, position, bank, settings, clock, plans, state[channel], heads[channel], recent[channel],
                due[channel], output,
            )  # fmt: skip
        clock[banks.POSITION] = float(position + until - done)
        done = until
        if clock[banks.POSITION] == float(schedule.HALF) and position < schedule.HALF:
            for channel in range(x.shape[0]):
                schedule.sum_long_partitions(
                    clock, plans, long_spectra[channel], long_history[channel], long_due[channel],
                    long_totals[channel], work, long_partial, twiddles,
                )  # fmt: skip
        elif clock[banks.POSITION] == float(partitioned.PARTITION):
            if schedule.advance_stage(clock):
                banks.make_next_bank(
                    BUDGET, requested, ir, facts, plans, clock, heads, spectra, long_spectra, work, twiddles
                )
            for channel in range(x.shape[0]):
                schedule.finish_block(
                    clock, plans, spectra[channel], history[channel], recent[channel], due[channel],
                    long_due[channel], work, totals, partial, twiddles,
                )  # fmt: skip
                schedule.store_long(
                    clock, long_history[channel], long_recent[channel], recent[channel], work, twiddles
                )
            schedule.advance_block(clock)


@kernel
def _process_samples(
    x: F32, position: int, bank: int, settings: F64, clock: F64, plans: F64, s: F64, heads: F64, recent: F64,
    due: F64, y: F32,
) -> None:  # fmt: skip
    """The next samples of a block: the head of the response, plus what is due from the blocks before; dry/wet mix."""
    dry, wet, smoothing, fading = s[DRY], s[WET], settings[SMOOTHING], clock[banks.STAGE] == banks.FADING
    dry_lag, wet_lag, other = s[LAGS + DRY], s[LAGS + WET], 1 - bank
    gain, other_gain = plans[bank, response.GAIN], plans[other, response.GAIN]
    for i in range(len(x)):
        at = position + i
        recent[partitioned.PARTITION + at] = finite(np.float64(x[i]))
        # Two one-poles in series, so that a gain begins to move without a kink.
        dry_lag += (settings[DRY] - dry_lag) * smoothing
        wet_lag += (settings[WET] - wet_lag) * smoothing
        dry, wet = dry + (dry_lag - dry) * smoothing, wet + (wet_lag - wet) * smoothing
        value = gain * (partitioned.convolve_head(heads[bank], recent, at) + due[bank, at])
        if fading:
            after = other_gain * (partitioned.convolve_head(heads[other], recent, at) + due[other, at])
            faded = float(at + 1) / float(partitioned.PARTITION)
            value += (after - value) * (faded * faded * (3.0 - 2.0 * faded))
        y[i] = dry * recent[partitioned.PARTITION + at] + wet * value
    s[DRY], s[WET], s[LAGS + DRY], s[LAGS + WET] = dry, wet, dry_lag, wet_lag


@kernel
def render_response(
    settings: Annotated[F64, 10],
    ir: Annotated[F32, "channels", 576000],
    facts: Annotated[F64, 4],
    plan: Annotated[F64, 15],
    out: Annotated[F64, "channels", "length"],
) -> int:
    """Unroll the whole reshaped response, for `offline`.

    Args:
        settings: of `prepare`.
        ir: of `load`.
        facts: of `load`.
        plan: overwritten.
        out: overwritten.

    Returns:
        Its length in samples.
    """
    response.measure(ir, facts)
    length = response.plan_response(settings[REQUESTED:], facts, banks.MAX_SAMPLES, plan)
    for channel in range(ir.shape[0]):
        plan[response.ENERGY] += response.shape(ir[channel], plan, 0, out[channel])
    gain = banks.even_gain(plan, ir.shape[0])
    for channel in range(ir.shape[0]):
        for i in range(length):
            out[channel, i] *= gain
    return length


def offline(processor: Processor, blocks: Iterator[F32]) -> Iterator[F32]:
    """What `process` makes of a whole sound, by overlap-save with long transforms: within -140 dB, and faster.

    Args:
        processor: the effect at work; it is left as it was.
        blocks: (channels, samples) each.

    Returns:
        The rendered sound in blocks of other sizes.
    """
    memory = processor.memory
    settings, ir, facts = memory["settings"], memory["ir"].copy(), memory["facts"].copy()
    whole = np.zeros((len(ir), banks.MAX_SAMPLES))
    length = render_response(settings, ir, facts, np.zeros(response.PLAN), whole)
    whole = whole[:, :length] * settings[WET]
    whole[:, 0] += settings[DRY]
    return stream(blocks, whole)


EFFECT = Effect(
    "convolution",
    "The sound of a recorded room or device: convolution with its impulse response.",
    (
        Knob("start_ms", "Start", "ms", 0, 500, 0, 1, group="Response"),
        Knob("length_s", "Length", "s", 0.05, MAX_RESPONSE_S, MAX_RESPONSE_S, 0.01, "log", group="Response"),
        Knob("decay_percent", "Decay", "%", 25, 200, 100, 1, group="Response"),
        Knob("predelay_ms", "Pre-delay", "ms", 0, 250, 0, 1, group="Response"),
        Knob("trim", "Leading silence", "", 0, 1, 1, 1, "choice", ("keep", "cut"), "Response"),
        Knob("normalise", "Even level", "", 0, 1, 1, 1, "choice", ("off", "on"), "Response"),
        Knob("wet_db", "Level", "dB", -24, 24, 0, 0.1, group="Output"),
        Knob("mix_percent", "Mix", "%", 0, 100, 100, 1, group="Output"),
    ),
    prepare,
    process,
    tail=tail,
    load=load,
    offline=offline,
    example={"mix_percent": 40},
)
