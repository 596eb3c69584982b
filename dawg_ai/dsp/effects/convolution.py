"""Convolution with an impulse response: a room, a cabinet or any filter, as it was recorded. No added latency.

The response's first `PART` samples are applied directly; the rest in partitions of that length, all of one size, as
products of spectra (W. G. Gardner, "Efficient convolution without input-output delay", JAES 43, 1995; F. Wefers,
"Partitioned convolution algorithms for real-time auralization", 2015, chapter 5). A partition's part of the output is
due when its block begins, so nothing has to wait. Without a response the effect is a level control.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.biquad import RING
from dawg_ai.dsp.blocks.fft import prepare as fill_tables
from dawg_ai.dsp.blocks.fft import transform
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import high, left, load4, low, right, store4
from dawg_ai.dsp.math import amplitude, exp, finite

PART = 256
SIZE = 2 * PART  # of the transforms
PARTS = 1032  # six seconds at 44.1 kHz
BINS = 260  # PART + 1, in whole fours

DRY, WET, GLIDE = range(3)  # settings, and the first two of the state
PLACE, NEWEST, COUNT, STARTED = range(2, 6)


@kernel
def prepare(
    knobs: Annotated[F64, 2],
    sample_rate_hz: float,
    settings: Annotated[F64, 3],
    cosines: Annotated[F64, 128],
    sines: Annotated[F64, 128],
) -> None:
    """Knobs to gains; the transform's tables."""
    wet = 0.01 * knobs[1]
    settings[DRY], settings[WET] = 1.0 - wet + RING, wet * amplitude(knobs[0]) + RING
    settings[GLIDE] = 1.0 - exp(-1.0 / (0.01 * sample_rate_hz))
    fill_tables(SIZE, cosines, sines)


@kernel
def load(
    x: Annotated[F32, "channels", "samples"],
    state: Annotated[F64, "channels", 6],
    heads: Annotated[F64, "channels", 256],
    response: Annotated[F64, "channels", 2, 1032, 260],
    filling: Annotated[F64, "channels", 256],
    work: Annotated[F64, 4, 520],
    cosines: Annotated[F64, 128],
    sines: Annotated[F64, 128],
) -> None:
    """Take the next samples of the impulse response; what is longer than `PARTS` partitions is left out."""
    for channel in range(x.shape[0]):
        count, block, part = int(state[channel, COUNT]), filling[channel], work[0]
        for i in range(x.shape[1]):
            if count == PARTS * PART:
                break
            place = count % PART
            if place == 0:
                _clear(block)
            block[place] = finite(np.float64(x[channel, i]))
            if count < PART:
                heads[channel, PART - 1 - count] = block[place]
            count += 1
            if count > PART and (count % PART == 0 or i == x.shape[1] - 1):
                _clear(work[1])
                _clear(part)
                for k in range(PART):
                    part[k] = block[k]
                transform(SIZE, part, work[1], work[2], work[3], cosines, sines)
                _keep(work, response[channel], (count - 1) // PART)
        state[channel, COUNT] = float(count)


@kernel
def _clear(x: F64) -> None:
    for i in range(len(x)):
        x[i] = 0.0


@kernel
def _keep(work: F64, spectra: F64, index: int) -> None:
    for i in range(PART + 1):
        spectra[0, index, i], spectra[1, index, i] = work[0, i], work[1, i]


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 3],
    state: Annotated[F64, "channels", 6],
    heads: Annotated[F64, "channels", 256],
    response: Annotated[F64, "channels", 2, 1032, 260],
    history: Annotated[F64, "channels", 2, 1032, 260],
    recent: Annotated[F64, "channels", 512],
    late: Annotated[F64, "channels", 256],
    work: Annotated[F64, 4, 520],
    totals: Annotated[F64, 2, 260],
    cosines: Annotated[F64, 128],
    sines: Annotated[F64, 128],
) -> None:
    """Each channel with its own response. Blocks of `PART` are counted from the first sample on."""
    for channel in range(x.shape[0]):
        s = state[channel]
        if s[STARTED] == 0.0:
            s[DRY], s[WET], s[STARTED] = settings[DRY], settings[WET], 1.0
            if s[COUNT] == 0.0:
                heads[channel, PART - 1] = 1.0
        done = 0
        while done < x.shape[1]:
            place = int(s[PLACE])
            until = min(done + PART - place, x.shape[1])
            here, there = x[channel][done:until], y[channel][done:until]
            _run(here, place, settings, s, heads[channel], recent[channel], late[channel], there)
            place += until - done
            if place == PART:
                place = 0
                if s[COUNT] > float(PART):
                    _block(s, response[channel], history[channel], recent[channel], work, totals, cosines, sines)
                    for i in range(PART):
                        late[channel, i] = work[0, PART + i] / float(SIZE)
                for i in range(PART):
                    recent[channel, i] = recent[channel, PART + i]
            s[PLACE] = float(place)
            done = until


@kernel
def _run(x: F32, place: int, settings: F64, s: F64, head: F64, recent: F64, late: F64, y: F32) -> None:
    """The next samples of a block: the head of the response applied, and what is due from the blocks before."""
    dry, wet, glide = s[DRY], s[WET], settings[GLIDE]
    for i in range(len(x)):
        recent[PART + place + i] = finite(np.float64(x[i]))
        dry, wet = dry + (settings[DRY] - dry) * glide, wet + (settings[WET] - wet) * glide
        start = np.uintp(place + i + 1)
        one, other = load4(head, 0) * load4(recent, start), load4(head, 4) * load4(recent, start + np.uintp(4))
        for k in range(np.uintp(8), np.uintp(PART), np.uintp(8)):
            one = one + load4(head, k) * load4(recent, start + k)
            other = other + load4(head, k + np.uintp(4)) * load4(recent, start + k + np.uintp(4))
        four = one + other
        two = low(four) + high(four)
        y[i] = dry * recent[PART + place + i] + wet * (left(two) + right(two) + late[place + i])
    s[DRY], s[WET] = dry, wet


@kernel
def _block(
    s: F64, response: F64, history: F64, recent: F64, work: F64, totals: F64, cosines: F64, sines: F64
) -> None:
    """At the end of a block: what all partitions but the head make of all blocks, into `work[0]`."""
    newest = int(s[NEWEST])
    for i in range(SIZE):
        work[0, i], work[1, i] = recent[i], 0.0
    transform(SIZE, work[0], work[1], work[2], work[3], cosines, sines)
    _keep(work, history, newest)
    _clear(totals[0])
    _clear(totals[1])
    for part in range(1, (int(s[COUNT]) + PART - 1) // PART):
        before = newest - (part - 1)
        before = before + PARTS if before < 0 else before
        _add_product(response[0, part], response[1, part], history[0, before], history[1, before], totals)
    s[NEWEST] = float(newest + 1 if newest + 1 < PARTS else 0)
    for i in range(PART + 1):
        work[0, i], work[1, i] = totals[0, i], totals[1, i]
    for i in range(1, PART):
        work[0, SIZE - i], work[1, SIZE - i] = totals[0, i], -totals[1, i]
    # With real and imaginary parts exchanged, the transform is its own inverse but for a factor.
    transform(SIZE, work[1], work[0], work[2], work[3], cosines, sines)


@kernel
def _add_product(a_re: F64, a_im: F64, b_re: F64, b_im: F64, out: F64) -> None:
    for k in range(np.uintp(0), np.uintp(BINS), np.uintp(4)):
        c, d, e, f = load4(a_re, k), load4(a_im, k), load4(b_re, k), load4(b_im, k)
        store4(out[0], k, load4(out[0], k) + (c * e - d * f))
        store4(out[1], k, load4(out[1], k) + (c * f + d * e))


EFFECT = Effect(
    "convolution",
    "The sound of a recorded room or device: convolution with its impulse response.",
    (
        Knob("wet_db", "Level", "dB", -24, 24, 0, 0.1, group="Output"),
        Knob("mix_percent", "Mix", "%", 0, 100, 100, 1, group="Output"),
    ),
    prepare,
    process,
    load=load,
)
