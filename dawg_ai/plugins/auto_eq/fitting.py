"""The curve that the network wants -> six bands, by the method of Levenberg and Marquardt, trim and confidence.

The network's own guess of the bands is where the search begins (D. W. Marquardt, "An algorithm for least-squares
estimation of nonlinear parameters", SIAM J. Appl. Math. 11, 1963). The search moves gains in dB, centres and Q in
octaves (Q of bells alone).
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.spectra.octave_bands import BANDS_PER_OCTAVE, LOWEST_CENTER_HZ
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, amplitude, exp, log2, log10, power, sin, sqrt
from dawg_ai.plugins.auto_eq import response

BANDS = 6
POINTS = 55  # of the curve, at the centres of the bands of the features
KINDS = (0, 1, 1, 1, 1, 2)  # of the six bands, as the equaliser counts them
SHAPES = ("low_shelf", "bell", "bell", "bell", "bell", "high_shelf")
LOWEST_HZ = (40.0, 80.0, 250.0, 800.0, 2500.0, 2000.0)  # of the six bands' centres
HIGHEST_HZ = (400.0, 500.0, 1500.0, 5000.0, 12_000.0, 12_000.0)
BELL_Q = (0.4, 4.0)
SHELF_Q = 0.71
GAIN_DB = 12.0

ITERATIONS = 40
GAIN, OCTAVE, Q_OCTAVE = 0, 6, 12  # where they begin among the 18 parameters
PARAMETERS = 18
# The share of a fault that an answer removes, from its size in dB and its expected error: a logistic curve over the
# logarithm of their quotient, fitted to validation songs.
EVEN, STEEP = 2.16, 1.38
NARROW = 2.0  # per octave^2: a band's share of it is what lies within about an octave
STEP = 1e-4  # of a parameter, for its derivative
STIFF_GAIN = 0.003  # a dB^2 of a band's gain costs as much as so many dB^2 of the curve's error at one point
STIFF_SHAPE = 0.01  # likewise an octave^2 away from the network's centre or Q


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
        phi[i] = _phi_of(LOWEST_CENTER_HZ * power(2.0, float(i) / BANDS_PER_OCTAVE))
        wanted_db[i] = 10.0 * np.float64(curve_bel[i])
        mean += wanted_db[i] / float(POINTS)
    for i in range(POINTS):
        wanted_db[i] -= mean
    for band in range(BANDS):
        values[GAIN + band] = knobs[4 * band + 2]
        values[OCTAVE + band] = log2(knobs[4 * band + 1] / 1000.0)
        values[Q_OCTAVE + band] = log2(knobs[4 * band + 3])
    for p in range(PARAMETERS):
        values[p] = _within(p, values[p])
        start[p] = values[p]
    _fit(values, start, phi, wanted_db, responses, missing, slopes, normal, step)
    for band in range(BANDS):
        confidence[band] = _share(wanted_db, doubt_db, values[OCTAVE + band], NARROW)
    confidence[BANDS] = _share(wanted_db, doubt_db, 0.0, 0.0)
    for i in range(POINTS):
        missing[i] = 0.0
    for band in range(BANDS):
        gain_db, octave, q_octave = strength * values[GAIN + band], values[OCTAVE + band], values[Q_OCTAVE + band]
        knobs[4 * band + 1], knobs[4 * band + 2] = 1000.0 * power(2.0, octave), gain_db
        knobs[4 * band + 3] = power(2.0, q_octave)
        _band_db(band, gain_db, octave, q_octave, phi, responses[band])
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


@kernel
def _phi_of(center_hz: float) -> float:
    """sin^2(w / 2) of a frequency in Hz, at 44.1 kHz."""
    half = sin(PI * center_hz / response.SAMPLE_RATE_HZ)
    return half * half


@kernel
def _band_db(band: int, gain_db: float, octave: float, q_octave: float, phi: F64, decibels: F64) -> None:
    """Response of one band at all points; its centre in octaves above 1 kHz, its Q in octaves above 1.

    It is that of `response.py`, with products for powers, whose last bit differs between Python and compiled code.
    """
    phi0, a, q = _phi_of(1000.0 * power(2.0, octave)), amplitude(0.5 * gain_db), power(2.0, q_octave)
    for i in range(POINTS):
        width = phi0 * (1.0 - phi0) / (q * q) * phi[i] * (1.0 - phi[i])
        if band == 0 or band == BANDS - 1:
            inside, outside = phi0 * (1.0 - phi[i]), phi[i] * (1.0 - phi0)
            if band > 0:
                inside, outside = outside, inside
            over, under = a * inside - outside, inside - a * outside
            ratio = a * a * (over * over + a * width) / (under * under + a * width)
        else:
            distance = (phi0 - phi[i]) * (phi0 - phi[i])
            ratio = (distance + width * a * a) / (distance + width / (a * a))
        decibels[i] = 10.0 * log10(ratio)


@kernel
def _missing_db(responses: F64, wanted_db: F64, missing: F64) -> float:
    """What the bands' sum, level removed, still lacks at each point; returns the sum of its squares."""
    mean = 0.0
    for i in range(POINTS):
        total = wanted_db[i]
        for band in range(BANDS):
            total -= responses[band, i]
        missing[i] = total
        mean += total / float(POINTS)
    square = 0.0
    for i in range(POINTS):
        missing[i] -= mean
        square += missing[i] * missing[i]
    return square


@kernel
def _held(parameter: int, value: float, start: float) -> float:
    """How far a parameter is from where it would rather be."""
    return value if parameter < OCTAVE else value - start


@kernel
def _stiffness(parameter: int) -> float:
    """What a square of that distance costs."""
    return STIFF_GAIN if parameter < OCTAVE else STIFF_SHAPE


@kernel
def _within(parameter: int, value: float) -> float:
    """The parameter within its band's range."""
    band = parameter % BANDS
    if parameter < OCTAVE:
        return min(max(value, -GAIN_DB), GAIN_DB)
    if parameter < Q_OCTAVE:
        return min(max(value, log2(LOWEST_HZ[band] / 1000.0)), log2(HIGHEST_HZ[band] / 1000.0))
    if band in (0, BANDS - 1):
        return log2(SHELF_Q)
    return min(max(value, log2(BELL_Q[0])), log2(BELL_Q[1]))


@kernel
def _solve(matrix: F64, vector: F64) -> None:
    """Solve a symmetric positive definite system by Cholesky's method; both arguments are overwritten."""
    n = PARAMETERS
    for i in range(n):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = sqrt(total) if i == j else total / matrix[j, j]
        for j in range(i):
            vector[i] -= matrix[i, j] * vector[j]
        vector[i] /= matrix[i, i]
    for back in range(n):
        i = n - 1 - back
        for j in range(i + 1, n):
            vector[i] -= matrix[j, i] * vector[j]
        vector[i] /= matrix[i, i]


@kernel
def _cost_at(values: F64, start: F64, phi: F64, wanted_db: F64, responses: F64, missing: F64) -> float:
    """The squared error of the curve that these parameters make, and what they cost themselves."""
    for band in range(BANDS):
        _band_db(band, values[GAIN + band], values[OCTAVE + band], values[Q_OCTAVE + band], phi, responses[band])
    cost = _missing_db(responses, wanted_db, missing)
    for p in range(PARAMETERS):
        off = _held(p, values[p], start[p])
        cost += _stiffness(p) * off * off
    return cost


@kernel
def _slope(parameter: int, values: F64, phi: F64, responses: F64, slope: F64) -> None:
    """Derivative of the curve, level removed, by one parameter; 0 for the Q of a shelf, which is fixed."""
    band = parameter % BANDS
    kept = values[parameter]
    values[parameter] = kept + STEP
    _band_db(band, values[GAIN + band], values[OCTAVE + band], values[Q_OCTAVE + band], phi, slope)
    values[parameter] = kept
    fixed = parameter >= Q_OCTAVE and (band == 0 or band == BANDS - 1)
    mean = 0.0
    for i in range(POINTS):
        slope[i] = 0.0 if fixed else (slope[i] - responses[band, i]) / STEP
        mean += slope[i] / float(POINTS)
    for i in range(POINTS):
        slope[i] -= mean


@kernel
def _fit(
    values: F64,
    start: F64,
    phi: F64,
    wanted_db: F64,
    responses: F64,
    missing: F64,
    slopes: F64,
    normal: F64,
    step: F64,
) -> None:
    """Move `values` to where the cost is least."""
    damping = 1e-2
    cost = _cost_at(values, start, phi, wanted_db, responses, missing)
    for _ in range(ITERATIONS):
        for p in range(PARAMETERS):
            _slope(p, values, phi, responses, slopes[p])
        for p in range(PARAMETERS):
            total = 0.0
            for i in range(POINTS):
                total += slopes[p, i] * missing[i]
            step[p] = total - _stiffness(p) * _held(p, values[p], start[p])
            for other in range(p + 1):
                product = 0.0
                for i in range(POINTS):
                    product += slopes[p, i] * slopes[other, i]
                normal[p, other] = product
            normal[p, p] += _stiffness(p) + damping
        _solve(normal, step)
        for p in range(PARAMETERS):
            step[p] = _within(p, values[p] + step[p])
        tried = _cost_at(step, start, phi, wanted_db, responses, missing)
        if tried < cost:
            damping = max(damping * 0.3, 1e-6)
            cost = tried
            for p in range(PARAMETERS):
                values[p] = step[p]
        else:
            damping *= 4.0
            _cost_at(values, start, phi, wanted_db, responses, missing)
