"""Automatic make-up gain: what gives a sound back the loudness that a gain reduction has taken from it.

sound, sound times gains -> K-weighting -> squares over all channels -> one-pole mean of 3 s -> sqrt of the ratio
"""

import numpy as np

from dawg_ai.dsp.blocks.filters.biquad import DENORMAL_OFFSET, coefficients, tick
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import left, pair, right
from dawg_ai.dsp.math import sqrt

LOUDNESS_MS = 3000.0  # time constant, as long as the window of short-term loudness (EBU Tech 3341)
MAX_MAKEUP = 16.0  # amplitude ratio: 24 dB


@kernel
def makeup_gains(
    sound: F32,
    start: int,
    stop: int,
    gains: F64,
    coefficient: float,
    weighting: F64,
    state: F64,
    energies: F64,
    loud: F64,
) -> None:
    """Write the make-up gain of each sample to the first row of `loud`.

    Args:
        sound: (channels, samples), before the gains.
        start: first sample.
        stop: one after the last.
        gains: (channels, samples), counted from 0 at `start`.
        coefficient: one-pole coefficient of `LOUDNESS_MS`.
        weighting: of `loudness.k_weighting`.
        state: (channels, 8), of the K-weighting before and after the gains.
        energies: (2,), the running mean squares before and after the gains.
        loud: (2, samples), overwritten.
    """
    before, after = loud[0, : stop - start], loud[1, : stop - start]
    for i in range(before.shape[0]):
        before[i], after[i] = 0.0, 0.0
    for channel in range(sound.shape[0]):
        _add_weighted_squares(sound[channel, start:stop], gains[channel], weighting, state[channel], before, after)
    for i in range(before.shape[0]):
        energies[0] += coefficient * (before[i] - energies[0]) + DENORMAL_OFFSET
        energies[1] += coefficient * (after[i] - energies[1]) + DENORMAL_OFFSET
        before[i] = min(sqrt(energies[0] / energies[1]), MAX_MAKEUP)


@kernel
def _add_weighted_squares(sound: F32, gains: F64, weighting: F64, state: F64, before: F64, after: F64) -> None:
    """Add one channel's K-weighted squares; one lane has the sound before its gain, the other after."""
    shelf, high_pass = coefficients(weighting[0]), coefficients(weighting[1])
    p, q = pair(state[0], state[1]), pair(state[2], state[3])
    u, v = pair(state[4], state[5]), pair(state[6], state[7])
    for i in range(sound.shape[0]):
        both, p, q = tick(pair(np.float64(sound[i]), np.float64(sound[i]) * gains[i]), shelf, p, q)
        both, u, v = tick(both, high_pass, u, v)
        before[i] += left(both) * left(both)
        after[i] += right(both) * right(both)
    state[0], state[1], state[2], state[3] = left(p), right(p), left(q), right(q)
    state[4], state[5], state[6], state[7] = left(u), right(u), left(v), right(v)
