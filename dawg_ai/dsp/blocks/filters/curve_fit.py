"""Six equaliser bands fitted to a curve by the method of Levenberg and Marquardt.

The search begins at the bands that are given, and moves gains in dB, centres and Q in octaves (Q of bells alone).
Bands are the cookbook's at 44.1 kHz; the bilinear transform bends their curves a little differently at other rates.

Source: D. W. Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", SIAM J. Appl. Math. 11,
1963.
"""

from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.math import PI, amplitude, log2, log10, power, sin, sqrt

SAMPLE_RATE_HZ = 44_100.0  # of the bands' responses

BANDS = 6
POINTS = 55  # of the curve, at the centres of `octave_bands.py`
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
STEP = 1e-4  # of a parameter, for its derivative
STIFF_GAIN = 0.003  # a dB^2 of a band's gain costs as much as so many dB^2 of the curve's error at one point
STIFF_SHAPE = 0.01  # likewise an octave^2 away from the centre or Q it begins at


@kernel
def phi_of(center_hz: float) -> float:
    """sin^2(w / 2) of a frequency in Hz, at 44.1 kHz."""
    half = sin(PI * center_hz / SAMPLE_RATE_HZ)
    return half * half


@kernel
def band_db(band: int, gain_db: float, octave: float, q_octave: float, phi: F64, decibels: F64) -> None:
    """Response of one band at all points; its centre in octaves above 1 kHz, its Q in octaves above 1.

    In phi the terms that cancel near 0 Hz are gone. Products stand for powers, whose last bit differs between Python
    and compiled code.
    """
    phi0, a, q = phi_of(1000.0 * power(2.0, octave)), amplitude(0.5 * gain_db), power(2.0, q_octave)
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
def within(parameter: int, value: float) -> float:
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
        band_db(band, values[GAIN + band], values[OCTAVE + band], values[Q_OCTAVE + band], phi, responses[band])
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
    band_db(band, values[GAIN + band], values[OCTAVE + band], values[Q_OCTAVE + band], phi, slope)
    values[parameter] = kept
    fixed = parameter >= Q_OCTAVE and (band == 0 or band == BANDS - 1)
    mean = 0.0
    for i in range(POINTS):
        slope[i] = 0.0 if fixed else (slope[i] - responses[band, i]) / STEP
        mean += slope[i] / float(POINTS)
    for i in range(POINTS):
        slope[i] -= mean


@kernel
def fit(
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
            step[p] = within(p, values[p] + step[p])
        tried = _cost_at(step, start, phi, wanted_db, responses, missing)
        if tried < cost:
            damping = max(damping * 0.3, 1e-6)
            cost = tried
            for p in range(PARAMETERS):
                values[p] = step[p]
        else:
            damping *= 4.0
            _cost_at(values, start, phi, wanted_db, responses, missing)
