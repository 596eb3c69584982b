"""What compressors, gates and their kin share: detectors, gain computers and ballistics.

Levels and gains are in octaves (a factor of two in amplitude, 6.02 dB; see `octaves.py`). A gain computer turns a
level into a reduction, how many octaves to turn down by; ballistics let the reduction follow. All of them work in
place on one channel's stretch of samples.

Source: D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design - A Tutorial and Analysis",
J. Audio Eng. Soc. 60 (6), 2012: feed-forward, detection in the log domain, smoothed branching ballistics.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.ballistics import FOLLOW, follow
from dawg_ai.dsp.blocks.biquad import RING, coefficients, tick
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import left, pair, right
from dawg_ai.dsp.math import copysign, exp, finite
from dawg_ai.dsp.octaves import PER_DECIBEL, factor, octaves

STRETCH = 256  # samples worked on at a time: short enough to stay in the fastest cache
RMS_MS = 10.0  # time constant of the RMS detector
SIDECHAIN_OFF_HZ = 20.0  # the lowest position of a side-chain's high pass leaves it out
NO_LIMIT_DB = 1000.0

# A curve's settings, those that glide first; the level's side of the threshold is 1 above and -1 below.
THRESHOLD, SLOPE, MAKE_UP, MIX, SIDE, MOST, KNEE, PER_KNEE, RISE, FALL = range(10)
PLACE, HIGHEST = range(2)  # of what `hold_highest` keeps


@kernel
def pace(milliseconds: float, sample_rate_hz: float) -> float:
    """Share of the way gone each sample, for 63 % (1 - 1/e) of the way in this time; 1 for no time at all."""
    return 1.0 if milliseconds <= 0.0 else 1.0 - exp(-1000.0 / (milliseconds * sample_rate_hz))


@kernel
def rectify(x: F32, levels: F64) -> None:
    """Sizes of the samples; what is not a finite number is silence."""
    for i in range(x.shape[0]):
        levels[i] = abs(finite(np.float64(x[i])))


@kernel
def raise_to(x: F32, levels: F64) -> None:
    """Levels, where the samples are higher, become these."""
    for i in range(x.shape[0]):
        levels[i] = max(levels[i], abs(finite(np.float64(x[i]))))


@kernel
def rectify_loudest(x: F32, start: int, stop: int, levels: F64) -> None:
    """The highest amplitude of all channels, sample by sample."""
    rectify(x[0, start:stop], levels)
    for channel in range(1, x.shape[0]):
        raise_to(x[channel, start:stop], levels)


@kernel
def rectify_filtered(x: F32, start: int, stop: int, levels: F64, settings: F64, state: F64) -> None:
    """Sizes of all channels' samples from `start` to `stop` behind a filter, whose p and q begin each state."""
    row = coefficients(settings)
    last = np.uintp(x.shape[0] - 1)
    for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
        # Two channels at a time; one left over takes both lanes.
        second = min(first + np.uintp(1), last)
        a, b = x[first, start:stop], x[second, start:stop]
        c, d, s, t = levels[first], levels[second], state[first], state[second]
        p, q = pair(s[0], t[0]), pair(s[1], t[1])
        for i in range(a.shape[0]):
            y, p, q = tick(pair(finite(np.float64(a[i])), finite(np.float64(b[i]))), row, p, q)
            c[i], d[i] = abs(left(y)), abs(right(y))
        s[0], t[0], s[1], t[1] = left(p), right(p), left(q), right(q)


@kernel
def mean_square(levels: F64, keep: float, mean: float) -> float:
    """Running mean of the squares, from `mean` on; returned as it ends."""
    for i in range(levels.shape[0]):
        mean += keep * (levels[i] * levels[i] - mean) + RING
        levels[i] = mean
    return mean


@kernel
def loudest(levels: F64, count: int) -> None:
    """The first row of `levels` (channels, samples) becomes the highest of all, over `count` samples."""
    for channel in range(1, levels.shape[0]):
        top, other = levels[0, :count], levels[channel, :count]
        for i in range(top.shape[0]):
            top[i] = max(top[i], other[i])


@kernel
def hold_highest(levels: F64, held: F64, state: F64) -> None:
    """Each level becomes the highest of as many as `held` is long, up to it.

    That is the highest of this round through `held`, and of what the round before left ahead: when a round ends, all
    places get the highest from there on (M. van Herk, Pattern Recognition Letters 13, 1992).
    """
    one, last = np.uintp(1), np.uintp(held.shape[0] - 1)
    place, highest = min(np.uintp(state[PLACE]), last), state[HIGHEST]
    for i in range(levels.shape[0]):
        held[place] = levels[i]
        highest = max(highest, levels[i])
        if place < last:
            place += one
            levels[i] = max(highest, held[place])
        else:
            levels[i] = highest
            for k in range(last):
                held[last - k - one] = max(held[last - k - one], held[last - k])
            place, highest = np.uintp(0), 0.0
    state[PLACE], state[HIGHEST] = float(place), highest


@kernel
def to_octaves(levels: F64, scale: float) -> None:
    """Amplitudes to octaves; squares of them with a `scale` of 0.5."""
    for i in range(levels.shape[0]):
        levels[i] = scale * octaves(levels[i])


@kernel
def pull_together(levels: F64, count: int, link: float) -> None:
    """Each channel's level (channels, samples) moves by the share `link` towards the highest, over `count`."""
    for i in range(count):
        top = levels[0, i]
        for channel in range(1, levels.shape[0]):
            top = max(top, levels[channel, i])
        for channel in range(levels.shape[0]):
            levels[channel, i] += link * (top - levels[channel, i])


@kernel
def set_curve(threshold_db: float, slope: float, knee_db: float, most_db: float, curve: Annotated[F64, 10]) -> None:
    """`slope` dB of reduction, `most_db` at most, for each dB above the threshold, or below it if it is negative."""
    curve[THRESHOLD], curve[SLOPE] = threshold_db * PER_DECIBEL, abs(slope)
    curve[SIDE], curve[MOST] = copysign(1.0, slope), most_db * PER_DECIBEL
    curve[KNEE] = knee_db * PER_DECIBEL
    curve[PER_KNEE] = 0.5 / curve[KNEE] if knee_db > 0.0 else 0.0


@kernel
def set_times(rise_ms: float, fall_ms: float, sample_rate_hz: float, curve: Annotated[F64, 10]) -> None:
    """Times in which the reduction rises and falls 63 % (1 - 1/e) of its way, in dB."""
    curve[RISE], curve[FALL] = pace(rise_ms, sample_rate_hz), pace(fall_ms, sample_rate_hz)


@kernel
def set_output(make_up_db: float, mix: float, curve: Annotated[F64, 10]) -> None:
    """What is added to the gain, and the share of the sound that gets it; the rest stays as it is."""
    curve[MAKE_UP], curve[MIX] = make_up_db * PER_DECIBEL, mix


@kernel
def bent(over: float, knee: float, per_knee: float) -> float:
    """`over` where it is positive, 0 below, and a parabola between for `knee` octaves around 0; `per_knee` is
    1 / (2 knee), or 0 without a knee.
    """
    inside = min(max(over + 0.5 * knee, 0.0), knee)
    return per_knee * inside * inside + max(over - 0.5 * knee, 0.0)


@kernel
def to_gains(
    levels: F64, curve: Annotated[F64, 10], rows: Annotated[F64, 4, STRETCH], state: Annotated[F64, FOLLOW]
) -> None:
    """Levels become gains, mixed with the dry sound; `state` is that of `follow`.

    The settings that glide are taken from `rows` (see `glide.lay_out`).
    """
    threshold, slope, make_up, mix = rows[THRESHOLD], rows[SLOPE], rows[MAKE_UP], rows[MIX]
    side, most, knee, per_knee = curve[SIDE], curve[MOST], curve[KNEE], curve[PER_KNEE]
    for i in range(levels.shape[0]):
        over = side * (levels[i] - threshold[i])
        levels[i] = min(slope[i] * bent(over, knee, per_knee), most) + RING
    follow(levels, curve[RISE], curve[FALL], state)
    for i in range(levels.shape[0]):
        levels[i] = 1.0 + mix[i] * (factor(make_up[i] - levels[i]) - 1.0)


@kernel
def compress_band(band: F64, count: int, curve: F64, rows: F64, state: F64, gain: F64) -> None:
    """Give a band (channels, samples) one gain, after its loudest channel; `state` as in `to_gains`."""
    for i in range(count):
        gain[i] = abs(band[0, i])
    for channel in range(1, band.shape[0]):
        for i in range(count):
            gain[i] = max(gain[i], abs(band[channel, i]))
    to_octaves(gain[:count], 1.0)
    to_gains(gain[:count], curve, rows, state)
    for channel in range(band.shape[0]):
        for i in range(count):
            band[channel, i] *= gain[i]


@kernel
def apply(gains: F64, sound: F32) -> None:
    """Multiply."""
    for i in range(sound.shape[0]):
        sound[i] = np.float64(sound[i]) * gains[i]
