"""Convolution reverb: a room, a cabinet or any filter as its impulse response, without added latency.

    x -> head of the response, direct FIR -------------------------> plus -> wet level -> plus -> y
    x -> blocks -> FFT -> partitions of the response -> inverse FFT -> due one block later
    x -> dry level

The response's first `PARTITION` samples are applied directly; the rest in partitions of that length, all of one size,
as products of spectra. What a partition adds to the output is due when a block begins, so there is no latency.
Without a response the effect is a level control.

There are two banks for the response as the knobs shape it. One sounds; when a knob has moved, the other is made a few
partitions at a time, so that no block takes long, and then is crossfaded in over one block.

Sources: W. G. Gardner, "Efficient convolution without input-output delay", JAES 43, 1995; F. Wefers, "Partitioned
convolution algorithms for real-time auralization", 2015, chapter 5.
"""

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.filters.biquad import DENORMAL_OFFSET
from dawg_ai.dsp.blocks.filters.one_pole import coefficient
from dawg_ai.dsp.blocks.sanitise import sanitise
from dawg_ai.dsp.blocks.spectra import impulse_response as response
from dawg_ai.dsp.blocks.spectra.fft import prepare as fill_tables
from dawg_ai.dsp.blocks.spectra.overlap_save import stream
from dawg_ai.dsp.blocks.spectra.partitioned_convolution import (
    FFT_SIZE,
    PARTITION,
    clear,
    convolve_head,
    convolve_partitions,
    store_spectrum,
)
from dawg_ai.dsp.effect import Effect, Knob, Processor
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import amplitude, finite, sqrt

MAX_PARTITIONS = 2352  # twelve seconds and the longest pre-delay at 48 kHz, six at 96 kHz
MAX_RESPONSE_S = 12.0
PARTITIONS_PER_BLOCK = 16  # while it plays: the longest response is ready after 0.8 s

START_MS, LENGTH_S, DECAY_PERCENT, PREDELAY_MS, TRIM, NORMALISE, WET_DB, MIX_PERCENT = range(8)
# Settings: the first two are each channel's state too, and what is requested of the response begins at the last.
DRY, WET, SMOOTHING, REQUESTED = range(4)
# The clock: position in the block, newest spectrum, bank that sounds, whether the other is ready, and its partitions.
POSITION, NEWEST, STARTED, BANK, READY, MADE = range(6)


@kernel
def prepare(
    knobs: Annotated[F64, 8],
    sample_rate_hz: float,
    settings: Annotated[F64, 10],
    cosines: Annotated[F64, 128],
    sines: Annotated[F64, 128],
) -> None:
    """Knobs to gains and what is requested of the response; the twiddle factors.

    Args:
        knobs: values in declared order.
        sample_rate_hz: the sample rate.
        settings: overwritten.
        cosines: overwritten.
        sines: overwritten.
    """
    wet = 0.01 * knobs[MIX_PERCENT]
    settings[DRY], settings[WET] = 1.0 - wet + DENORMAL_OFFSET, wet * amplitude(knobs[WET_DB]) + DENORMAL_OFFSET
    settings[SMOOTHING] = coefficient(0.01, sample_rate_hz)
    requested = settings[REQUESTED:]
    requested[response.START] = _samples(0.001 * knobs[START_MS], sample_rate_hz)
    requested[response.LENGTH] = _samples(knobs[LENGTH_S], sample_rate_hz)
    requested[response.DECAY] = 0.01 * knobs[DECAY_PERCENT]
    requested[response.PREDELAY] = _samples(0.001 * knobs[PREDELAY_MS], sample_rate_hz)
    requested[response.TRIM], requested[response.NORMALISE] = knobs[TRIM], knobs[NORMALISE]
    requested[response.FADE] = _samples(0.01, sample_rate_hz)
    fill_tables(FFT_SIZE, cosines, sines)


@kernel
def _samples(seconds: float, sample_rate_hz: float) -> float:
    """A time in whole samples."""
    return float(int(seconds * sample_rate_hz + 0.5))


@kernel
def load(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    ir: Annotated[F32, "channels", 576000],
    facts: Annotated[F64, 4],
) -> int:
    """Take the next samples of the impulse response.

    Args:
        x: (channels, samples).
        sample_rate_hz: the sample rate.
        ir: state: the response.
        facts: state: `facts[COUNT]` samples are loaded.

    Returns:
        For how many samples there was room.
    """
    count = int(facts[response.COUNT])
    taken: int = min(x.shape[1], min(ir.shape[1], int(MAX_RESPONSE_S * sample_rate_hz)) - count)
    for channel in range(x.shape[0]):
        sanitise(x[channel][:taken], ir[channel][count:])
    facts[response.COUNT] = float(count + taken)
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
    clock: Annotated[F64, 6],
    state: Annotated[F64, "channels", 2],
    heads: Annotated[F64, "channels", 2, 256],
    spectra: Annotated[F32, "channels", 2, 2352, 2, 272],
    history: Annotated[F32, "channels", 2352, 2, 272],
    recent: Annotated[F64, "channels", 512],
    due: Annotated[F64, "channels", 2, 256],
    work: Annotated[F64, 4, 520],
    totals: Annotated[F64, 2, 272],
    partial: Annotated[F32, 2, 272],
    cosines: Annotated[F64, 128],
    sines: Annotated[F64, 128],
) -> None:
    """Convolve a block, each channel with its own response. Partitions are counted from the first sample of all.

    Args:
        x: (channels, samples), the input.
        y: (channels, samples), overwritten with the output.
        settings: of `prepare`.
        ir: of `load`.
        facts: of `load` and `impulse_response.measure`.
        plans: state: the planned response of both banks.
        clock: state.
        state: per channel: smoothed gains.
        heads: state: first partition of both banks, in reverse.
        spectra: state: spectra of the other partitions.
        history: state: spectra of past blocks.
        recent: state: the block before and this one.
        due: state: what past blocks add to this one.
        work: scratch.
        totals: scratch.
        partial: scratch.
        cosines: of `prepare`.
        sines: of `prepare`.
    """
    if clock[STARTED] == 0.0:
        response.measure(ir, facts)
        requested = settings[REQUESTED:]
        _prepare_bank(MAX_PARTITIONS, requested, ir, facts, plans, clock, heads, spectra, work, cosines, sines)
        clock[STARTED], clock[BANK], clock[READY] = 1.0, 1.0 - clock[BANK], 0.0
        for channel in range(x.shape[0]):
            state[channel, DRY], state[channel, WET] = settings[DRY], settings[WET]
    done = 0
    while done < x.shape[1]:
        position, bank = int(clock[POSITION]), int(clock[BANK])
        until = min(done + PARTITION - position, x.shape[1])
        for channel in range(x.shape[0]):
            here, output = x[channel][done:until], y[channel][done:until]
            _process_samples(
                here, position, bank, settings, clock, plans, state[channel], heads[channel], recent[channel],
                due[channel], output,
            )  # fmt: skip
        clock[POSITION] = float(position + until - done)
        done = until
        if clock[POSITION] == float(PARTITION):
            if clock[READY] == 1.0:
                clock[BANK], clock[READY] = 1.0 - clock[BANK], 0.0
            requested = settings[REQUESTED:]
            _prepare_bank(
                PARTITIONS_PER_BLOCK, requested, ir, facts, plans, clock, heads, spectra, work, cosines, sines
            )
            for channel in range(x.shape[0]):
                _finish_block(
                    clock, plans, spectra[channel], history[channel], recent[channel], due[channel], work, totals,
                    partial, cosines, sines,
                )  # fmt: skip
            newest = clock[NEWEST] + 1.0
            clock[POSITION], clock[NEWEST] = 0.0, newest if newest < float(MAX_PARTITIONS) else 0.0


@kernel
def _prepare_bank(
    limit: int, requested: F64, ir: F32, facts: F64, plans: F64, clock: F64, heads: F64, spectra: F32, work: F64,
    cosines: F64, sines: F64,
) -> None:  # fmt: skip
    """Make up to `limit` partitions of the other bank, if another response is requested than the one that sounds."""
    bank, first = 1 - int(clock[BANK]), int(clock[MADE])
    plan = plans[bank]
    if first == 0:
        same = True
        for k in range(response.REQUESTED):
            same = same and requested[k] == plans[1 - bank, k]
        if same:
            return
        response.plan_response(requested, facts, MAX_PARTITIONS * PARTITION, plan)
    count = _partition_count(plan)
    until = min(first + limit, count)
    for partition in range(first, until):
        for channel in range(ir.shape[0]):
            clear(work[0])
            block = work[0][:PARTITION]
            plan[response.ENERGY] += response.shape(ir[channel], plan, partition * PARTITION, block)
            if partition == 0:
                for k in range(PARTITION):
                    heads[channel, bank, PARTITION - 1 - k] = block[k]
            else:
                store_spectrum(work, spectra[channel, bank], partition, cosines, sines)
    clock[MADE] = float(until)
    if until == count:
        plan[response.GAIN] = _gain(plan, ir.shape[0])
        clock[MADE], clock[READY] = 0.0, 1.0


@kernel
def _partition_count(plan: F64) -> int:
    """Partitions of a planned response, the head included."""
    return (int(plan[response.PREDELAY] + plan[response.KEPT]) + PARTITION - 1) // PARTITION


@kernel
def _gain(plan: F64, channels: int) -> float:
    """What makes noise as loud behind the response as before it, if that is requested; else 1."""
    requested = plan[response.NORMALISE] > 0.5 and plan[response.ENERGY] > 0.0
    return sqrt(float(channels) / plan[response.ENERGY]) if requested else 1.0


@kernel
def _process_samples(
    x: F32, position: int, bank: int, settings: F64, clock: F64, plans: F64, s: F64, heads: F64, recent: F64,
    due: F64, y: F32,
) -> None:  # fmt: skip
    """The next samples of a block: the head of the response, plus what is due from the blocks before; dry/wet mix."""
    dry, wet, smoothing, ready = s[DRY], s[WET], settings[SMOOTHING], clock[READY] == 1.0
    other = 1 - bank
    gain, other_gain = plans[bank, response.GAIN], plans[other, response.GAIN]
    for i in range(len(x)):
        at = position + i
        recent[PARTITION + at] = finite(np.float64(x[i]))
        dry, wet = dry + (settings[DRY] - dry) * smoothing, wet + (settings[WET] - wet) * smoothing
        value = gain * (convolve_head(heads[bank], recent, at) + due[bank, at])
        if ready:
            after = other_gain * (convolve_head(heads[other], recent, at) + due[other, at])
            faded = float(at + 1) / float(PARTITION)
            value += (after - value) * (faded * faded * (3.0 - 2.0 * faded))
        y[i] = dry * recent[PARTITION + at] + wet * value
    s[DRY], s[WET] = dry, wet


@kernel
def _finish_block(
    clock: F64, plans: F64, spectra: F32, history: F32, recent: F64, due: F64, work: F64, totals: F64, partial: F32,
    cosines: F64, sines: F64,
) -> None:  # fmt: skip
    """At the end of a block: its spectrum into the history, and what is due in the next block into `due`."""
    bank, newest = int(clock[BANK]), int(clock[NEWEST])
    for i in range(FFT_SIZE):
        work[0, i] = recent[i]
    store_spectrum(work, history, newest, cosines, sines)
    for each in range(2):
        if each == bank or clock[READY] == 1.0:
            first, end = max(int(plans[each, response.PREDELAY]) // PARTITION, 1), _partition_count(plans[each])
            convolve_partitions(
                first, end, spectra[each], history, newest, due[each], work, totals, partial, cosines, sines
            )
    for i in range(PARTITION):
        recent[i] = recent[PARTITION + i]


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
    length = response.plan_response(settings[REQUESTED:], facts, MAX_PARTITIONS * PARTITION, plan)
    for channel in range(ir.shape[0]):
        plan[response.ENERGY] += response.shape(ir[channel], plan, 0, out[channel])
    gain = _gain(plan, ir.shape[0])
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
    whole = np.zeros((len(ir), MAX_PARTITIONS * PARTITION))
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
