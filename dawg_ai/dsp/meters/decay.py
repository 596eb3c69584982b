"""Room acoustics from an impulse response: reverberation times and energy ratios of one band.

    response -> squares -> Schroeder's backward integration, up to where the decay meets the noise floor
        -> regression lines -> EDT, T20, T30
    energy before and after 50 and 80 ms -> C50, C80, D50

The noise floor and the truncation point are found by iteration, and the energy that the decay would still have after
it is added. A reverberation time is stated only where the noise floor leaves 10 dB below the range of its line.

Source: ISO 3382-1:2009; M. R. Schroeder, "New method of measuring reverberation time", J. Acoust. Soc. Am. 37, 1965;
A. Lundeby, T. E. Vigran, H. Bietz, M. Vorlaender, "Uncertainties of measurements in room acoustics", Acustica 81,
1995.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.filters.biquad import HIGH_PASS, LOW_PASS, coefficients, design, tick
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.math import log10, power

EDT, T20, T30, C50, C80, D50, RANGE = range(7)  # of the figures
FIGURES = ("edt_s", "t20_s", "t30_s", "c50_db", "c80_db", "d50_percent", "range_db")
ABOVE_NOISE_DB = 10.0  # what the noise floor has to leave below the range of a line
BLOCK_S = 0.01  # of the envelope in which the noise floor is looked for
ROUNDS = 6
SILENT_DB = -200.0
BUTTERWORTH_Q = (0.5411961001461969, 1.3065629648763766)  # of a fourth-order filter's two biquads


@kernel
def octave_band(x: F64, center_hz: float, sample_rate_hz: float, row: Annotated[F64, 5]) -> None:
    """Keep one octave of a sound, in place: fourth-order Butterworth high-pass and low-pass, run backwards in time.

    A filter that runs forwards rings on and makes short decays longer (ISO 3382-1, 5.3).

    Args:
        x: (samples,), overwritten.
        center_hz: centre of the band; its edges are half an octave away.
        sample_rate_hz: the sample rate.
        row: scratch.
    """
    for section in range(4):
        kind, edge = (
            (HIGH_PASS, center_hz / power(2.0, 0.5)) if section < 2 else (LOW_PASS, center_hz * power(2.0, 0.5))
        )
        design(float(kind), edge, 0.0, BUTTERWORTH_Q[section % 2], sample_rate_hz, row)
        c, p, q = coefficients(row), 0.0, 0.0
        for back in range(x.shape[0]):
            i = x.shape[0] - 1 - back
            x[i], p, q = tick(x[i], c, p, q)


@kernel
def decay_figures(
    energy: Annotated[F64, "samples"],
    sample_rate_hz: float,
    remaining_db: Annotated[F64, "samples"],
    figures: Annotated[F64, 7],
) -> None:
    """Reverberation times and energy ratios.

    Args:
        energy: squares of the response of one band, from the direct sound on.
        sample_rate_hz: the sample rate.
        remaining_db: overwritten with the energy decay curve, 0 dB at the start.
        figures: overwritten, in the order of FIGURES; NaN where one is not defined.
    """
    for i in range(7):
        figures[i] = np.nan
    stop, rest, noise = _truncation(energy, sample_rate_hz)
    total = rest
    for back in range(energy.shape[0]):
        i = energy.shape[0] - 1 - back
        if i < stop:
            total += energy[i]
        remaining_db[i] = total
    if total <= 0.0:
        return
    for i in range(energy.shape[0]):
        remaining_db[i] = 10.0 * log10(remaining_db[i] / total) if remaining_db[i] > 0.0 else SILENT_DB
    peak = _highest_block(energy, sample_rate_hz)
    figures[RANGE] = 10.0 * log10(peak / noise) if noise > 0.0 else -SILENT_DB
    curve = remaining_db[:stop]
    figures[EDT] = _time(curve, 0.0, -10.0, sample_rate_hz)
    if figures[RANGE] >= 25.0 + ABOVE_NOISE_DB:
        figures[T20] = _time(curve, -5.0, -25.0, sample_rate_hz)
    if figures[RANGE] >= 35.0 + ABOVE_NOISE_DB:
        figures[T30] = _time(curve, -5.0, -35.0, sample_rate_hz)
    for name, limit_s in ((C50, 0.05), (C80, 0.08)):
        limit = min(int(limit_s * sample_rate_hz + 0.5), energy.shape[0])
        early = 0.0
        for value in energy[:limit]:
            early += value
        late = total - early
        if late > 0.0 and early > 0.0:
            figures[name] = 10.0 * log10(early / late)
        if name == C50:
            figures[D50] = 100.0 * min(early / total, 1.0)


@kernel
def _time(curve: F64, from_db: float, to_db: float, sample_rate_hz: float) -> float:
    """The time for 60 dB by the regression line of a decay curve between two levels; NaN where it does not fall."""
    first, last = 0, 0
    while first < curve.shape[0] and curve[first] > from_db:
        first += 1
    last = first
    while last < curve.shape[0] and curve[last] > to_db:
        last += 1
    count = float(last - first)
    if last >= curve.shape[0] or count < 2.0:
        return np.nan
    middle = 0.5 * (count - 1.0)
    product, square = 0.0, 0.0
    for i in range(first, last):
        away = float(i - first) - middle
        product += away * curve[i]
        square += away * away
    slope = product / square * sample_rate_hz  # dB/s
    return -60.0 / slope if slope < 0.0 else np.nan


@kernel
def _block_mean(energy: F64, index: int, size: int) -> float:
    total = 0.0
    for value in energy[index * size : (index + 1) * size]:
        total += value
    return total / float(size)


@kernel
def _highest_block(energy: F64, sample_rate_hz: float) -> float:
    """The highest mean of a block."""
    size = max(int(BLOCK_S * sample_rate_hz), 1)
    highest = 0.0
    for index in range(energy.shape[0] // size):
        highest = max(highest, _block_mean(energy, index, size))
    return highest


@kernel
def _mean_from(energy: F64, first: int, size: int) -> float:
    """Mean of the blocks from `first` on; at least the last tenth."""
    count = energy.shape[0] // size
    start = min(first, count - max(count // 10, 1))
    total = 0.0
    for index in range(start, count):
        total += _block_mean(energy, index, size)
    return total / float(max(count - start, 1))


@kernel
def _truncation(energy: F64, sample_rate_hz: float) -> tuple[int, float, float]:
    """Where the decay meets the noise floor, the energy it would have after that, and the noise floor.

    Returns:
        A sample, a sum of squares, and a mean square.
    """
    size = max(int(BLOCK_S * sample_rate_hz), 1)
    count = energy.shape[0] // size
    if count < 4:
        return energy.shape[0], 0.0, 0.0
    highest, at = 0.0, 0
    for index in range(count):
        mean = _block_mean(energy, index, size)
        if mean > highest:
            highest, at = mean, index
    noise = _mean_from(energy, count, size)
    stop, rest = energy.shape[0], 0.0
    for _ in range(ROUNDS):
        if noise <= 0.0 or highest <= 0.0:
            return energy.shape[0], 0.0, noise
        last = at
        while last < count and _block_mean(energy, last, size) > noise * power(10.0, 0.1 * ABOVE_NOISE_DB):
            last += 1
        slope, level = _line(energy, at, last, size)
        if slope >= 0.0:
            return energy.shape[0], 0.0, noise
        crossing = at + int((10.0 * log10(noise) - level) / slope)
        noise = _mean_from(energy, crossing + int(-ABOVE_NOISE_DB / slope) + 1, size)
        stop = min(max(crossing, at + 1) * size, energy.shape[0])
        per_sample = power(10.0, 0.1 * slope / float(size))
        rest = power(10.0, 0.1 * (level + slope * float(stop // size - at))) / (1.0 - per_sample)
    return stop, rest, noise


@kernel
def _line(energy: F64, first: int, last: int, size: int) -> tuple[float, float]:
    """Regression line of the blocks' levels: dB for each block, and dB at the first."""
    count = float(last - first)
    if count < 2.0:
        return 0.0, 0.0
    middle, mean = 0.5 * (count - 1.0), 0.0
    product, square = 0.0, 0.0
    for index in range(first, last):
        value = _block_mean(energy, index, size)
        level = 10.0 * log10(value) if value > 0.0 else SILENT_DB
        away = float(index - first) - middle
        mean += level / count
        product += away * level
        square += away * away
    return product / square, mean - product / square * middle
