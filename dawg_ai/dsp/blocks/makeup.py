"""Automatic make-up: the gain that gives a sound back the loudness which other gains have taken from it."""

import numpy as np

from dawg_ai.dsp.blocks.biquad import RING, coefficients, tick
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import left, pair, right
from dawg_ai.dsp.math import sqrt

LOUDNESS_MS = 3000.0  # over which loudness is compared, as "short-term" loudness is measured (EBU Tech 3341)
MOST = 16.0  # 24 dB


@kernel
def compare(
    sound: F32,
    start: int,
    stop: int,
    gains: F64,
    keep: float,
    weighting: F64,
    state: F64,
    energies: F64,
    loud: F64,
) -> None:
    """The make-up, for each sample from `start` to `stop` of `sound`, as the first row of `loud`.

    `sound` and `gains` are (channels, samples), `gains` from 0 on; `weighting` is of `loudness.k_weighting`, `state`
    (channels, 8) its filters', `energies` the running mean squares before and after the gains.
    """
    before, after = loud[0, : stop - start], loud[1, : stop - start]
    for i in range(before.shape[0]):
        before[i], after[i] = 0.0, 0.0
    for channel in range(sound.shape[0]):
        _add_energies(sound[channel, start:stop], gains[channel], weighting, state[channel], before, after)
    for i in range(before.shape[0]):
        energies[0] += keep * (before[i] - energies[0]) + RING
        energies[1] += keep * (after[i] - energies[1]) + RING
        before[i] = min(sqrt(energies[0] / energies[1]), MOST)


@kernel
def _add_energies(sound: F32, gains: F64, weighting: F64, state: F64, before: F64, after: F64) -> None:
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
