"""Convolution with an impulse response: a room, a cabinet or any filter, as it was recorded. No added latency.

The response's first `PART` samples are applied directly; the rest in partitions of that length, all of one size, as
products of spectra (W. G. Gardner, "Efficient convolution without input-output delay", JAES 43, 1995; F. Wefers,
"Partitioned convolution algorithms for real-time auralization", 2015, chapter 5). A partition's part of the output is
due when its block begins, so nothing has to wait. Without a response the effect is a level control.

There are two banks for the response as the knobs shape it. One sounds; when a knob has moved, the other is made a few
partitions at a time, so that no block takes long, and then fades in over one block.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks import response
from dawg_ai.dsp.blocks.biquad import RING
from dawg_ai.dsp.blocks.clean import clean
from dawg_ai.dsp.blocks.fft import prepare as fill_tables
from dawg_ai.dsp.blocks.partitions import PART, SIZE, add_up, apply_head, clear, keep_spectrum
from dawg_ai.dsp.effect import Effect, Knob, Processor
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.long import convolve
from dawg_ai.dsp.math import amplitude, exp, finite, sqrt

PARTS = 2352  # twelve seconds and the longest pre-delay at 48 kHz, six at 96 kHz
LONGEST_S = 12.0
AT_ONCE = 16  # partitions made per block while it plays: the longest response is there after 0.8 s

START_MS, LENGTH_S, DECAY_PERCENT, PREDELAY_MS, TRIM, NORMALISE, WET_DB, MIX_PERCENT = range(8)
DRY, WET, GLIDE, ASKED = range(4)  # settings; the first two are each channel's state, and response.START is at ASKED
PLACE, NEWEST, STARTED, BANK, COMING, MADE = range(6)  # the clock; MADE: partitions there are of the other bank


@kernel
def prepare(
    knobs: Annotated[F64, 8],
    sample_rate_hz: float,
    settings: Annotated[F64, 10],
    cosines: Annotated[F64, 128],
    sines: Annotated[F64, 128],
) -> None:
    """Knobs to gains and what is asked of the response; the transform's tables."""
    wet = 0.01 * knobs[MIX_PERCENT]
    settings[DRY], settings[WET] = 1.0 - wet + RING, wet * amplitude(knobs[WET_DB]) + RING
    settings[GLIDE] = 1.0 - exp(-1.0 / (0.01 * sample_rate_hz))
    asked = settings[ASKED:]
    asked[response.START] = _samples(0.001 * knobs[START_MS], sample_rate_hz)
    asked[response.LENGTH] = _samples(knobs[LENGTH_S], sample_rate_hz)
    asked[response.DECAY] = 0.01 * knobs[DECAY_PERCENT]
    asked[response.PREDELAY] = _samples(0.001 * knobs[PREDELAY_MS], sample_rate_hz)
    asked[response.TRIM], asked[response.NORMALISE] = knobs[TRIM], knobs[NORMALISE]
    asked[response.FADE] = _samples(0.01, sample_rate_hz)
    fill_tables(SIZE, cosines, sines)


@kernel
def _samples(seconds: float, sample_rate_hz: float) -> float:
    return float(int(seconds * sample_rate_hz + 0.5))


@kernel
def load(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    ir: Annotated[F32, "channels", 576000],
    facts: Annotated[F64, 4],
) -> int:
    """Take the next samples of the impulse response; return for how many there was room."""
    count = int(facts[response.COUNT])
    taken: int = min(x.shape[1], min(ir.shape[1], int(LONGEST_S * sample_rate_hz)) - count)
    for channel in range(x.shape[0]):
        clean(x[channel][:taken], ir[channel][count:])
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
    late: Annotated[F64, "channels", 2, 256],
    work: Annotated[F64, 4, 520],
    totals: Annotated[F64, 2, 272],
    few: Annotated[F32, 2, 272],
    cosines: Annotated[F64, 128],
    sines: Annotated[F64, 128],
) -> None:
    """Each channel with its own response. Blocks of `PART` are counted from the first sample on."""
    if clock[STARTED] == 0.0:
        response.measure(ir, facts)
        _make(PARTS, settings[ASKED:], ir, facts, plans, clock, heads, spectra, work, cosines, sines)
        clock[STARTED], clock[BANK], clock[COMING] = 1.0, 1.0 - clock[BANK], 0.0
        for channel in range(x.shape[0]):
            state[channel, DRY], state[channel, WET] = settings[DRY], settings[WET]
    done = 0
    while done < x.shape[1]:
        place, bank = int(clock[PLACE]), int(clock[BANK])
        until = min(done + PART - place, x.shape[1])
        for channel in range(x.shape[0]):
            here, there = x[channel][done:until], y[channel][done:until]
            _run(here, place, bank, settings, clock, plans, state[channel], heads[channel], recent[channel],
                 late[channel], there)  # fmt: skip
        clock[PLACE] = float(place + until - done)
        done = until
        if clock[PLACE] == float(PART):
            if clock[COMING] == 1.0:
                clock[BANK], clock[COMING] = 1.0 - clock[BANK], 0.0
            _make(AT_ONCE, settings[ASKED:], ir, facts, plans, clock, heads, spectra, work, cosines, sines)
            for channel in range(x.shape[0]):
                _next_block(clock, plans, spectra[channel], history[channel], recent[channel], late[channel], work,
                            totals, few, cosines, sines)  # fmt: skip
            newest = clock[NEWEST] + 1.0
            clock[PLACE], clock[NEWEST] = 0.0, newest if newest < float(PARTS) else 0.0


@kernel
def _make(
    most: int, asked: F64, ir: F32, facts: F64, plans: F64, clock: F64, heads: F64, spectra: F32, work: F64,
    cosines: F64, sines: F64,
) -> None:  # fmt: skip
    """Make up to `most` partitions of the other bank, if it is another response that is asked for."""
    bank, first = 1 - int(clock[BANK]), int(clock[MADE])
    plan = plans[bank]
    if first == 0:
        same = True
        for k in range(response.ASKED):
            same = same and asked[k] == plans[1 - bank, k]
        if same:
            return
        response.lay_out(asked, facts, PARTS * PART, plan)
    parts = _parts(plan)
    until = min(first + most, parts)
    for part in range(first, until):
        for channel in range(ir.shape[0]):
            clear(work[0])
            block = work[0][:PART]
            plan[response.ENERGY] += response.shape(ir[channel], plan, part * PART, block)
            if part == 0:
                for k in range(PART):
                    heads[channel, bank, PART - 1 - k] = block[k]
            else:
                keep_spectrum(work, spectra[channel, bank], part, cosines, sines)
    clock[MADE] = float(until)
    if until == parts:
        plan[response.GAIN] = _gain(plan, ir.shape[0])
        clock[MADE], clock[COMING] = 0.0, 1.0


@kernel
def _parts(plan: F64) -> int:
    return (int(plan[response.PREDELAY] + plan[response.KEPT]) + PART - 1) // PART


@kernel
def _gain(plan: F64, channels: int) -> float:
    """What makes noise as loud behind the response as before it, where that is asked for."""
    asked = plan[response.NORMALISE] > 0.5 and plan[response.ENERGY] > 0.0
    return sqrt(float(channels) / plan[response.ENERGY]) if asked else 1.0


@kernel
def _run(
    x: F32, place: int, bank: int, settings: F64, clock: F64, plans: F64, s: F64, heads: F64, recent: F64, late: F64,
    y: F32,
) -> None:  # fmt: skip
    """The next samples of a block: the head of the response applied, and what is due from the blocks before."""
    dry, wet, glide, coming = s[DRY], s[WET], settings[GLIDE], clock[COMING] == 1.0
    other = 1 - bank
    gain, other_gain = plans[bank, response.GAIN], plans[other, response.GAIN]
    for i in range(len(x)):
        at = place + i
        recent[PART + at] = finite(np.float64(x[i]))
        dry, wet = dry + (settings[DRY] - dry) * glide, wet + (settings[WET] - wet) * glide
        value = gain * (apply_head(heads[bank], recent, at) + late[bank, at])
        if coming:
            after = other_gain * (apply_head(heads[other], recent, at) + late[other, at])
            there = float(at + 1) / float(PART)
            value += (after - value) * (there * there * (3.0 - 2.0 * there))
        y[i] = dry * recent[PART + at] + wet * value
    s[DRY], s[WET] = dry, wet


@kernel
def _next_block(
    clock: F64, plans: F64, spectra: F32, history: F32, recent: F64, late: F64, work: F64, totals: F64, few: F32,
    cosines: F64, sines: F64,
) -> None:  # fmt: skip
    """At the end of a block: its spectrum, and what is due in the next one, into `late`."""
    bank, newest = int(clock[BANK]), int(clock[NEWEST])
    for i in range(SIZE):
        work[0, i] = recent[i]
    keep_spectrum(work, history, newest, cosines, sines)
    for each in range(2):
        if each == bank or clock[COMING] == 1.0:
            first, end = max(int(plans[each, response.PREDELAY]) // PART, 1), _parts(plans[each])
            add_up(first, end, spectra[each], history, newest, late[each], work, totals, few, cosines, sines)
    for i in range(PART):
        recent[i] = recent[PART + i]


@kernel
def unroll(
    settings: Annotated[F64, 10],
    ir: Annotated[F32, "channels", 576000],
    facts: Annotated[F64, 4],
    plan: Annotated[F64, 15],
    out: Annotated[F64, "channels", "length"],
) -> int:
    """The whole shaped response into `out`; return its length in samples."""
    response.measure(ir, facts)
    length = response.lay_out(settings[ASKED:], facts, PARTS * PART, plan)
    for channel in range(ir.shape[0]):
        plan[response.ENERGY] += response.shape(ir[channel], plan, 0, out[channel])
    gain = _gain(plan, ir.shape[0])
    for channel in range(ir.shape[0]):
        for i in range(length):
            out[channel, i] *= gain
    return length


def offline(processor: Processor, x: F32) -> F32:
    """What `process` makes of a whole sound, by long transforms: the same but for the rounding of spectra."""
    memory = processor.memory
    settings, ir, facts = memory["settings"], memory["ir"].copy(), memory["facts"].copy()
    whole = np.zeros((len(ir), PARTS * PART))
    length = unroll(settings, ir, facts, np.zeros(response.PLAN), whole)
    whole = whole[:, :length] * settings[WET]
    whole[:, 0] += settings[DRY]
    return convolve(x, whole)


EFFECT = Effect(
    "convolution",
    "The sound of a recorded room or device: convolution with its impulse response.",
    (
        Knob("start_ms", "Start", "ms", 0, 500, 0, 1, group="Response"),
        Knob("length_s", "Length", "s", 0.05, LONGEST_S, LONGEST_S, 0.01, "log", group="Response"),
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
)
