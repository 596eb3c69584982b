"""The knobs: of the space that the network has heard in the reference, or of one that fits the song's tempo.

suggest     the decay (T60) and the pre-delay together last a note: a half, a bar, two bars or four bars, halved until
            it is no more than LONGEST_S. Pre-delay: a 64th, halved or doubled until it is from 15 to 30 ms.
            Lows ring as long, highs SUGGESTED_HIGH of that.
match       T60, pre-delay and width are the reference's; the mix is solved for its wet level.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import amplitude, exp, log, power, sqrt

LENGTH_NAMES = ("1/2", "1 bar", "2 bars", "4 bars")
LONGEST_S = 6.0
SHORTEST_PREDELAY_MS = 15.0
SUGGESTED_HIGH = 0.5

SUGGEST, MATCH = range(2)
WITHIN = 0.263  # octaves: an error of 20 %
SHORTEST_T60, LONGEST_T60 = -3.3, 3.5  # log2 of seconds: 0.1 and 11 s


@kernel
def decode(
    mode: Annotated[F32, 2],
    song_tempo_bpm: Annotated[F32, 1],
    song_tempo_confidence: Annotated[F32, 1],
    times: Annotated[F32, 3],
    space: Annotated[F32, 3],
    doubt: Annotated[F32, 2],
    length: float,
    mix_percent: float,
    width_percent: float,
    knobs: Annotated[F64, 6],
    confidence: Annotated[F64, 3],
) -> int:
    """Set the knobs of the reverb: T60 low, mid and high, pre-delay, width, mix.

    `confidence`: in suggest that of the tempo; in match the probability that there is one source in one space and
    that its mid T60 is right within 20 %, if errors are distributed as Laplace's with the expected error.
    """
    if mode[SUGGEST] > 0.5:
        _suggest(max(np.float64(song_tempo_bpm[0]), 20.0), int(length), knobs)
        knobs[4], knobs[5] = width_percent, mix_percent
        confidence[:] = np.float64(song_tempo_confidence[0])
        return 0
    for k in range(3):
        knobs[k] = power(2.0, min(max(np.float64(times[k]), SHORTEST_T60), LONGEST_T60))
    knobs[3] = min(max(np.float64(space[0]), 0.0), 250.0)
    width = min(max(np.float64(space[2]), 0.0), 1.0)
    wet = amplitude(min(max(np.float64(space[1]), -40.0), 20.0))
    gain = wet / response_gain(knobs[0], knobs[1], knobs[2], width)
    knobs[4] = 100.0 * width
    knobs[5] = 100.0 * gain / (1.0 + gain)
    error = power(2.0, min(max(np.float64(doubt[0]), -6.0), 3.0))
    single = 1.0 / (1.0 + exp(-min(max(np.float64(doubt[1]), -30.0), 30.0)))
    confidence[:] = single * (1.0 - exp(-WITHIN / error))
    return 0


@kernel
def _suggest(bpm: float, length: int, knobs: F64) -> None:
    """Decay times and pre-delay by the rule."""
    bar_s, predelay_s = 240.0 / bpm, 3.75 / bpm
    while predelay_s >= 0.002 * SHORTEST_PREDELAY_MS:
        predelay_s *= 0.5
    while predelay_s < 0.001 * SHORTEST_PREDELAY_MS:
        predelay_s *= 2.0
    decay_s = 0.5 * bar_s * power(2.0, float(length))
    while decay_s > LONGEST_S:
        decay_s *= 0.5
    decay_s -= predelay_s
    knobs[0], knobs[1], knobs[2], knobs[3] = decay_s, decay_s, SUGGESTED_HIGH * decay_s, 1000.0 * predelay_s


@kernel
def response_gain(low_s: float, mid_s: float, high_s: float, width: float) -> float:
    """Root of the energy of the effect's wet response, from 100 Hz to 15.5 kHz, relative to that of an impulse.

    A fit to the effect itself; `tests/plugins/test_reverb_plugin.py` holds it against rendered impulses. At a width
    of 1 half of the energy is in the side signal, which the width scales.
    """
    length, treble = log(mid_s), log(high_s / mid_s)
    gain_db = -2.401 + 0.217 * length + 0.011 * log(low_s / mid_s)
    gain_db += treble * (1.379 + 0.415 * treble + 0.373 * length)
    return amplitude(gain_db) * sqrt(0.5 * (1.0 + width * width))
