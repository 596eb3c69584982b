"""The curve that the network wants -> six bands fitted to it, trim and confidence.

The network's own guess of the bands is where the search begins (`dawg_ai.dsp.blocks.filters.curve_fit`).
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.filters.curve_fit import (
    BANDS,
    GAIN,
    OCTAVE,
    PARAMETERS,
    POINTS,
    Q_OCTAVE,
    band_db,
    fit,
    phi_of,
    within,
)
from dawg_ai.dsp.blocks.spectra.octave_bands import BANDS_PER_OCTAVE, LOWEST_CENTER_HZ
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import exp, log2, log10, power

# The share of a fault that an answer removes, from its size in dB and its expected error: a logistic curve over the
# logarithm of their quotient, fitted to validation songs.
EVEN, STEEP = 2.16, 1.38
NARROW = 2.0  # per octave^2: a band's share of it is what lies within about an octave


@kernel
def decode(
    curve_bel: Annotated[F32, 55],
    doubt_db: Annotated[F32, 55],
    weighted_db: Annotated[F32, 55],
    strength: float,
    knobs: Annotated[F64, 25],
    confidence: Annotated[F64, 7],
    values: Annotated[F64, 18],
    start: Annotated[F64, 18],
    phi: Annotated[F64, 55],
    wanted_db: Annotated[F64, 55],
    responses: Annotated[F64, 6, 55],
    missing: Annotated[F64, 55],
    slopes: Annotated[F64, 18, 55],
    normal: Annotated[F64, 18, 18],
    step: Annotated[F64, 18],
) -> int:
    """Bring the bands in `knobs` to the curve, scale them, set the trim, and say how sure all of it is.

    Args:
        curve_bel: what the network wants; its level does not matter.
        doubt_db: the curve's expected error.
        weighted_db: the song's power spectrum with K-weighting.
        strength: factor of all gains.
        knobs: in, the network's bands; out, the equaliser's knobs.
        confidence: of each band, and of the whole: the share of a fault that is expected to go.
        values: the parameters found.
        start: those of the network.
        phi: of the points.
        wanted_db: the curve without its level, in dB.
        responses: response of each band.
        missing: what they still lack.
        slopes: derivative of the curve by each parameter.
        normal: the normal equations.
        step: of the parameters.
    """
    mean = 0.0
    for i in range(POINTS):
        phi[i] = phi_of(LOWEST_CENTER_HZ * power(2.0, float(i) / BANDS_PER_OCTAVE))
        wanted_db[i] = 10.0 * np.float64(curve_bel[i])
        mean += wanted_db[i] / float(POINTS)
    for i in range(POINTS):
        wanted_db[i] -= mean
    for band in range(BANDS):
        values[GAIN + band] = knobs[4 * band + 2]
        values[OCTAVE + band] = log2(knobs[4 * band + 1] / 1000.0)
        values[Q_OCTAVE + band] = log2(knobs[4 * band + 3])
    for p in range(PARAMETERS):
        values[p] = within(p, values[p])
        start[p] = values[p]
    fit(values, start, phi, wanted_db, responses, missing, slopes, normal, step)
    for band in range(BANDS):
        confidence[band] = _share(wanted_db, doubt_db, values[OCTAVE + band], NARROW)
    confidence[BANDS] = _share(wanted_db, doubt_db, 0.0, 0.0)
    for i in range(POINTS):
        missing[i] = 0.0
    for band in range(BANDS):
        gain_db, octave, q_octave = strength * values[GAIN + band], values[OCTAVE + band], values[Q_OCTAVE + band]
        knobs[4 * band + 1], knobs[4 * band + 2] = 1000.0 * power(2.0, octave), gain_db
        knobs[4 * band + 3] = power(2.0, q_octave)
        band_db(band, gain_db, octave, q_octave, phi, responses[band])
        for i in range(POINTS):
            missing[i] += responses[band, i]
    before, after = 0.0, 0.0
    for i in range(POINTS):
        energy = power(10.0, np.float64(weighted_db[i]) / 10.0)
        before += energy
        after += energy * power(10.0, missing[i] / 10.0)
    knobs[4 * BANDS] = 10.0 * log10(before / after)
    return 0


@kernel
def _share(curve_db: F64, doubt_db: F32, octave: float, narrow: float) -> float:
    """The share of a fault that the curve removes around a frequency, in octaves above 1 kHz; `narrow` 0: in all."""
    size, doubt, sum_of_weights = 0.0, 0.0, 0.0
    for i in range(POINTS):
        away = log2(LOWEST_CENTER_HZ / 1000.0) + float(i) / BANDS_PER_OCTAVE - octave
        weight = exp(-narrow * away * away)
        size += weight * abs(curve_db[i])
        doubt += weight * np.float64(doubt_db[i])
        sum_of_weights += weight
    size, doubt = size / sum_of_weights, doubt / sum_of_weights
    return 1.0 / (1.0 + EVEN * power(doubt / (size + 1e-3), STEEP))
