"""True-peak limiter: nothing gets above the ceiling, between the samples neither.

    x -> drive -> hard clip at 120 dB -> 8x interpolated true peak, highest of all channels -> 1 - ceiling / peak
        -> sliding maximum over the look-ahead -> instant attack, one-pole release -> two moving averages -> reduction
    driven x -> look-ahead delay -> times (1 - reduction) -> y
    second pass, whole sounds: 16x true peak of y -> one gain for all of it

The reduction that a peak needs is held for the look-ahead of 2 ms and smoothed by two moving averages in series, so
that the gain has arrived when the peak does, without corners; afterwards it recovers 63 % (1 - 1/e) of the way in the
release time. What is worked on is the reduction, 1 - gain: 0 where there is nothing to do.

Peaks are found with 32 taps per phase at eight times the rate, which is exact up to 20 kHz at 44.1 kHz: of hot music,
checked at 16 times the rate, 0.04 dB gets past the ceiling. White noise, as strong right below half the sample rate
as elsewhere, has peaks that no short filter finds: 1.1 dB. The second pass keeps the ceiling for any signal
(`blocks/peaks/fft_true_peak.py`).
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks import smoothing
from dawg_ai.dsp.blocks.dynamics.lookahead import lookahead_delay, samples_of_ms
from dawg_ai.dsp.blocks.filters.biquad import DENORMAL_OFFSET
from dawg_ai.dsp.blocks.filters.one_pole import coefficient_of_ms
from dawg_ai.dsp.blocks.peaks import fft_true_peak
from dawg_ai.dsp.blocks.peaks.sliding_maximum import sliding_maximum
from dawg_ai.dsp.blocks.peaks.true_peak_interpolator import REACH, raise_to_peaks
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, I32, kernel
from dawg_ai.dsp.math import amplitude, decibels, finite
from dawg_ai.dsp.meters.true_peak import HALF_TAPS, design

AVERAGE_MS = 1.0  # length of each moving average
MAX_AVERAGE = 384  # samples of that, at 384 kHz
CHUNK = 512  # samples worked on at a time: so many that moving the `MAX_AVERAGE` that are kept costs little
MARGIN = 3  # samples by which a peak is held longer on either side, since its neighbours contribute to it
MAX_INPUT = 1e6  # 120 dB above full scale; what is louder is clipped
SECOND_PASS_MARGIN = 0.995  # the second pass goes 0.04 dB below the ceiling, for meters that interpolate otherwise

# Added and subtracted again it leaves whole multiples of 2**-37, whose sums over the moving averages are exact.
QUANTISE = 6755399441055744.0 / 2.0**37

DRIVE, CEILING, RELEASE, AVERAGE = range(4)  # settings
# Of the state, after the two of the sliding maximum: the smoothed reduction, and the sums of both moving averages.
NOW, FIRST, SECOND = range(2, 5)


@kernel
def prepare(
    knobs: Annotated[F64, 3], sample_rate_hz: float, settings: Annotated[F64, 4], taps: Annotated[F32, 7, 16]
) -> None:
    """Knobs to settings, and the taps of the true-peak interpolation.

    Args:
        knobs: values in declared order.
        sample_rate_hz: the sample rate.
        settings: overwritten: drive and ceiling as amplitudes, the release per sample, the average in samples.
        taps: filled once.
    """
    settings[DRIVE], settings[CEILING] = amplitude(knobs[0]), amplitude(knobs[1])
    settings[RELEASE] = 1.0 - coefficient_of_ms(knobs[2], sample_rate_hz)
    settings[AVERAGE] = float(samples_of_ms(AVERAGE_MS, sample_rate_hz))
    if taps[0, 0] == 0.0:  # the same for all knobs
        design(taps)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 4],
    taps: Annotated[F32, 7, 16],
    ramp: Annotated[F64, 4, 3],
    drive: Annotated[F64, 1, CHUNK],
    recent: Annotated[F32, "channels", REACH + CHUNK],
    peaks: Annotated[F32, CHUNK],
    sums: Annotated[F32, 7, 16],
    hold: Annotated[F64, 774],
    state: Annotated[F64, 5],
    first: Annotated[F64, MAX_AVERAGE + CHUNK],
    second: Annotated[F64, MAX_AVERAGE + CHUNK],
    reduction: Annotated[F64, CHUNK],
    ring: Annotated[F32, "channels", 2 * MAX_AVERAGE + 32 + CHUNK],
    clock: Annotated[I32, 5],
) -> None:
    """Limit a block; all channels get the same gain (full stereo link).

    Args:
        x: (channels, samples), the input.
        y: (channels, samples), overwritten with the output.
        settings: of `prepare`.
        taps: of `prepare`.
        ramp: state of the smoothed settings.
        drive: the smoothed drive, sample by sample.
        recent: state: the last samples of each channel.
        peaks: scratch: true peaks.
        sums: scratch.
        hold: state: the window of the sliding maximum.
        state: of the sliding maximum, the release and the moving averages.
        first: state: inputs of the first moving average.
        second: state: inputs of the second.
        reduction: scratch: the smoothed gain reduction.
        ring: state: ring buffers of the look-ahead.
        clock: state of the look-ahead.
    """
    smoothing.set_targets(settings, ramp)
    mean = int(settings[AVERAGE])
    for start in range(0, x.shape[1], CHUNK):
        stop = min(start + CHUNK, x.shape[1])
        count = stop - start
        smoothing.fill_ramps(ramp, drive, count)
        for i in range(count):
            peaks[i] = np.float32(0.0)
        for channel in range(x.shape[0]):
            _drive(x[channel, start:stop], y[channel, start:stop], drive[0])
            _detect_peaks(y[channel, start:stop], recent[channel], taps, settings[CEILING], peaks, sums)
        wanted = first[MAX_AVERAGE : MAX_AVERAGE + count]
        for i in range(count):
            wanted[i] = 1.0 - settings[CEILING] / max(np.float64(peaks[i]), settings[CEILING]) + DENORMAL_OFFSET
        sliding_maximum(wanted, hold[: 2 * (mean + MARGIN)], state)
        _release(wanted, settings[RELEASE], state)
        state[FIRST] = _moving_sum(first, count, mean, state[FIRST], second[MAX_AVERAGE:])
        state[SECOND] = _moving_sum(second, count, mean, state[SECOND], reduction)
        lookahead_delay(y, y, ring, clock, _delay(mean), start, stop)
        for channel in range(x.shape[0]):
            _apply_reduction(y[channel, start:stop], reduction, 1.0 / float(mean * mean))


@kernel
def _drive(x: F32, out: F32, drive: F64) -> None:
    """Sanitise, amplify, clip."""
    for i in range(x.shape[0]):
        out[i] = min(max(finite(np.float64(x[i])) * drive[i], -MAX_INPUT), MAX_INPUT)


@kernel
def _detect_peaks(sound: F32, recent: F32, taps: F32, ceiling: float, peaks: F32, sums: F32) -> None:
    """True-peak detector: raise `peaks` to a channel's above the ceiling; they come `HALF_TAPS` samples late."""
    count = sound.shape[0]
    fresh = recent[REACH : REACH + count]
    for i in range(count):
        fresh[i] = sound[i]
    raise_to_peaks(recent, taps, ceiling, peaks[: -(-count // 16) * 16], sums)  # the padding is not used
    for i in range(np.uintp(REACH)):
        recent[i] = recent[i + np.uintp(count)]


@kernel
def _release(values: F64, keep: float, state: F64) -> None:
    """Instant attack, one-pole release; quantised for exact sums."""
    now = state[NOW]
    for i in range(values.shape[0]):
        now = max(values[i], keep * now)
        values[i] = now + QUANTISE - QUANTISE
    state[NOW] = now


@kernel
def _moving_sum(values: F64, count: int, length: int, total: float, sums: F64) -> float:
    """Moving sum of the last `length` values, which begin at `MAX_AVERAGE` and are shifted for the next chunk."""
    new, old = values[MAX_AVERAGE : MAX_AVERAGE + count], values[MAX_AVERAGE - length : MAX_AVERAGE - length + count]
    for i in range(count):
        total += new[i] - old[i]
        sums[i] = total
    for i in range(np.uintp(MAX_AVERAGE)):
        values[i] = values[i + np.uintp(count)]
    return total


@kernel
def _apply_reduction(sound: F32, reduction: F64, scale: float) -> None:
    """Apply the gain reduction."""
    for i in range(sound.shape[0]):
        sound[i] = np.float64(sound[i]) * (1.0 - reduction[i] * scale)


@kernel
def _delay(mean: int) -> int:
    """The look-ahead in samples, for moving averages of `mean` samples."""
    return HALF_TAPS + 2 * (mean - 1) + MARGIN


@kernel
def latency(knobs: Annotated[F64, 3], sample_rate_hz: float) -> int:
    """The look-ahead, in samples."""
    return _delay(samples_of_ms(AVERAGE_MS, sample_rate_hz))


@kernel
def reduction_db(settings: Annotated[F64, 4], state: Annotated[F64, 5]) -> float:
    """Gain reduction, the same for all channels; drive left out."""
    return -decibels(1.0 - state[SECOND] / (settings[AVERAGE] * settings[AVERAGE]))


@kernel
def apply(
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 4],
    segment: Annotated[F32, "channels", 8192],
    progress: Annotated[F64, 4],
    spectrum: Annotated[F64, 4, 8200],
    tables: Annotated[F64, 2, 2048],
    half: Annotated[F64, 2, 8192],
    sinc: Annotated[F64, 8, 12],
    doubled: Annotated[F64, 16384],
) -> None:
    """Second pass, apply: turn all of it down by what lies above the ceiling, 0.1 dB or less for music.

    Args:
        y: (channels, samples), in place.
        settings: of `prepare`.
        segment: as in `fft_true_peak.analyse`, and so the following.
        progress: state; holds the true peak.
        spectrum: scratch.
        tables: twiddle factors.
        half: delay of half a sample.
        sinc: the short sinc.
        doubled: scratch.
    """
    if progress[fft_true_peak.ENDED] == 0.0:
        fft_true_peak.end(segment, progress, spectrum, tables, half, sinc, doubled)
    target = settings[CEILING] * SECOND_PASS_MARGIN
    gain = np.float32(target / max(progress[fft_true_peak.HIGHEST], target))
    for channel in range(y.shape[0]):
        sound = y[channel]
        for i in range(sound.shape[0]):
            sound[i] = sound[i] * gain


EFFECT = Effect(
    "limiter",
    "Keeps every peak below a ceiling, between the samples too.",
    (
        Knob("drive_db", "Drive", "dB", -24, 24, 0, 0.1),
        Knob("ceiling_db", "Ceiling", "dB", -24, 0, -1, 0.1),
        Knob("release_ms", "Release", "ms", 5, 1000, 100, 1, "log"),
    ),
    prepare,
    process,
    latency=latency,
    analyse=fft_true_peak.analyse,
    apply=apply,
    reduction_db=reduction_db,
    example={"drive_db": 18},
)
