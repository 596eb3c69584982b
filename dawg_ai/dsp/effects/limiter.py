"""True-peak limiter: nothing gets above the ceiling, between the samples neither.

The sound is held back for 2 ms while its peaks are known already. What each peak needs to be turned down by is held
for that long and smoothed by two running means in a row, so that the gain has arrived when the peak does, along a
curve without corners; afterwards it goes back by itself, 63 % (1 - 1/e) of the way in the release time.

Peaks are found with 32 taps at eight times the rate, which see what there is up to 20 kHz at 44.1 kHz: of hot music,
checked at 16 times the rate, 0.04 dB gets past the ceiling. White noise, as strong right below half the sample rate
as elsewhere, has peaks that no short filter sees: 1.1 dB. Where a whole sound is rendered, a second pass keeps the
promise for any signal (`sixteenfold.py`).

What is worked on is not the gain but what it takes away, 1 - gain: 0 where there is nothing to do.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks import glide, sixteenfold
from dawg_ai.dsp.blocks.biquad import RING
from dawg_ai.dsp.blocks.dynamics import hold_highest, pace
from dawg_ai.dsp.blocks.intersample import REACH, raise_to_peaks
from dawg_ai.dsp.blocks.lookahead import hold_back, samples
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, I32, kernel
from dawg_ai.dsp.math import amplitude, finite
from dawg_ai.dsp.meters.true_peak import HALF, design

MEAN_MS = 1.0  # length of each running mean
LONGEST = 192  # samples of that, at 192 kHz
STRETCH = 512  # samples worked on at a time: so many that moving the `LONGEST` that are kept costs little
MARGIN = 3  # samples by which a peak is held longer on either side: those beside it have a share in it
LOUDEST = 1e6  # 120 dB above full scale; what is louder is clipped
BELOW = 0.995  # what the second pass aims at, as a part of the ceiling: 0.04 dB less, for whoever measures otherwise

# Added and taken away again it leaves whole multiples of 2**-37, whose sums over the running means are exact.
ROUND = 6755399441055744.0 / 2.0**37

DRIVE, CEILING, KEEP, MEAN = range(4)
NOW, FIRST, SECOND = range(2, 5)  # of the state, after the two of `hold_highest`: of `_release`, sums of the means


@kernel
def prepare(
    knobs: Annotated[F64, 3], sample_rate_hz: float, settings: Annotated[F64, 4], taps: Annotated[F32, 7, 16]
) -> None:
    """Knobs to settings: levels as amplitudes, the release as a factor per sample."""
    settings[DRIVE], settings[CEILING] = amplitude(knobs[0]), amplitude(knobs[1])
    settings[KEEP] = 1.0 - pace(knobs[2], sample_rate_hz)
    settings[MEAN] = float(samples(MEAN_MS, sample_rate_hz))
    design(taps)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 4],
    taps: Annotated[F32, 7, 16],
    ramp: Annotated[F64, 3, 3],
    drive: Annotated[F64, 1, STRETCH],
    recent: Annotated[F32, "channels", REACH + STRETCH],
    peaks: Annotated[F32, STRETCH],
    sums: Annotated[F32, 7, 16],
    hold: Annotated[F64, 390],
    state: Annotated[F64, 5],
    first: Annotated[F64, LONGEST + STRETCH],
    second: Annotated[F64, LONGEST + STRETCH],
    taken: Annotated[F64, STRETCH],
    ring: Annotated[F32, "channels", 2 * LONGEST + 32 + STRETCH],
    clock: Annotated[I32, 5],
) -> None:
    """Limit a block; all channels get the same gain."""
    glide.aim(settings, ramp)
    mean = int(settings[MEAN])
    for start in range(0, x.shape[1], STRETCH):
        stop = min(start + STRETCH, x.shape[1])
        count = stop - start
        glide.lay_out(ramp, drive, count)
        for i in range(count):
            peaks[i] = np.float32(0.0)
        for channel in range(x.shape[0]):
            _drive(x[channel, start:stop], y[channel, start:stop], drive[0])
            _listen(y[channel, start:stop], recent[channel], taps, settings[CEILING], peaks, sums)
        needed = first[LONGEST : LONGEST + count]
        for i in range(count):
            needed[i] = 1.0 - settings[CEILING] / max(np.float64(peaks[i]), settings[CEILING]) + RING
        hold_highest(needed, hold[: 2 * (mean + MARGIN)], state)
        _release(needed, settings[KEEP], state)
        state[FIRST] = _add_up(first, count, mean, state[FIRST], second[LONGEST:])
        state[SECOND] = _add_up(second, count, mean, state[SECOND], taken)
        hold_back(y, y, ring, clock, _delay(mean), start, stop)
        for channel in range(x.shape[0]):
            _take(y[channel, start:stop], taken, 1.0 / float(mean * mean))


@kernel
def _drive(x: F32, out: F32, drive: F64) -> None:
    for i in range(x.shape[0]):
        out[i] = min(max(finite(np.float64(x[i])) * drive[i], -LOUDEST), LOUDEST)


@kernel
def _listen(sound: F32, recent: F32, taps: F32, ceiling: float, peaks: F32, sums: F32) -> None:
    """Raise `peaks` to those of a channel that are above the ceiling; they come `HALF` samples late."""
    count = sound.shape[0]
    fresh = recent[REACH : REACH + count]
    for i in range(count):
        fresh[i] = sound[i]
    raise_to_peaks(recent, taps, ceiling, peaks[: -(-count // 16) * 16], sums)  # what is more is not used
    for i in range(np.uintp(REACH)):
        recent[i] = recent[i + np.uintp(count)]


@kernel
def _release(values: F64, keep: float, state: F64) -> None:
    """Values rise at once, and fall at their own pace; rounded for exact sums."""
    now = state[NOW]
    for i in range(values.shape[0]):
        now = max(values[i], keep * now)
        values[i] = now + ROUND - ROUND
    state[NOW] = now


@kernel
def _add_up(values: F64, count: int, length: int, total: float, sums: F64) -> float:
    """Sums of the last `length` values, which begin at `LONGEST` and then make room for the next."""
    new, old = values[LONGEST : LONGEST + count], values[LONGEST - length : LONGEST - length + count]
    for i in range(count):
        total += new[i] - old[i]
        sums[i] = total
    for i in range(np.uintp(LONGEST)):
        values[i] = values[i + np.uintp(count)]
    return total


@kernel
def _take(sound: F32, taken: F64, scale: float) -> None:
    for i in range(sound.shape[0]):
        sound[i] = np.float64(sound[i]) * (1.0 - taken[i] * scale)


@kernel
def _delay(mean: int) -> int:
    return HALF + 2 * (mean - 1) + MARGIN


@kernel
def latency(knobs: Annotated[F64, 3], sample_rate_hz: float) -> int:
    """The look-ahead."""
    return _delay(samples(MEAN_MS, sample_rate_hz))


@kernel
def settle(
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 4],
    heard: Annotated[F32, "channels", 8192],
    progress: Annotated[F64, 4],
    spectrum: Annotated[F64, 4, 8200],
    tables: Annotated[F64, 2, 2048],
    half: Annotated[F64, 2, 8192],
    sinc: Annotated[F64, 8, 12],
    twofold: Annotated[F64, 16384],
) -> None:
    """The second pass: turn all of it down by what lies above the ceiling, 0.1 dB or less for music."""
    if progress[sixteenfold.ENDED] == 0.0:
        sixteenfold.end(heard, progress, spectrum, tables, half, sinc, twofold)
    most = settings[CEILING] * BELOW
    gain = np.float32(most / max(progress[sixteenfold.HIGHEST], most))
    for channel in range(y.shape[0]):
        sound = y[channel]
        for i in range(sound.shape[0]):
            sound[i] = sound[i] * gain


EFFECT = Effect(
    "limiter",
    "Keeps every peak below a ceiling, between the samples too.",
    (
        Knob("drive_db", "Drive", "dB", 0, 24, 0, 0.1),
        Knob("ceiling_db", "Ceiling", "dB", -24, 0, -1, 0.1),
        Knob("release_ms", "Release", "ms", 5, 1000, 100, 1, "log"),
    ),
    prepare,
    process,
    latency=latency,
    listen=sixteenfold.listen,
    settle=settle,
)
