"""Excerpts with known echoes: what training hears in place of a person's reference.

Each excerpt of a song is played through an echo several times, with settings drawn at random, and its lag maps are
taken. The signal path is that of the effect `delay`; the draws depend on the excerpt's own samples alone.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, amplitude, exp, finite, log2, power, sin
from dawg_ai.plugins.delay import lag_maps

EXCERPT_S, EVERY_S = 12.0, 40.0
VARIANTS = 4  # the first is dry

LAG_MS, FEEDBACK, LEVEL_DB, HIGH_CUT_OCTAVES, PING_PONG = range(5)  # columns of the truth
LONGEST_S = 1.08
LINE = 262_144  # samples of the delay line: LONGEST_S at 192 kHz, a power of two
OPEN_HZ = 20_000.0  # the high cut that cuts nothing

_MASK = 0x7FFFFFFF


@kernel
def prepare_echoed(
    sample_rate_hz: float,
    window: Annotated[F64, 524288],
    cosines: Annotated[F64, 131072],
    sines: Annotated[F64, 131072],
    lag_cosines: Annotated[F64, 16384],
    lag_sines: Annotated[F64, 16384],
) -> None:
    """Fill the tables of the lag maps."""
    lag_maps.prepare(sample_rate_hz, window, cosines, sines, lag_cosines, lag_sines)


@kernel
def frame_echoed(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    window: Annotated[F64, 524288],
    cosines: Annotated[F64, 131072],
    sines: Annotated[F64, 131072],
    lag_cosines: Annotated[F64, 16384],
    lag_sines: Annotated[F64, 16384],
    work: Annotated[F64, 4, 524384],
    lag_work: Annotated[F64, 4, 65632],
    spectra: Annotated[F64, 4, 32769],
    sums: Annotated[F64, 4, 32769],
    moments: Annotated[F64, 8, 32769],
    rises: Annotated[F64, 1600],
    onsets: Annotated[F64, 540],
    counted: Annotated[F64, 1],
    scales: Annotated[F64, 6, 32769],
    maps: Annotated[F32, 20, 1024],
    peak_ms: Annotated[F32, 1024],
    lines: Annotated[F64, 2, 262144],
    settings: Annotated[F64, 8],
    wet: Annotated[F32, 2, 2304000],
    variants: Annotated[F32, 4, 20, 1024],
    truth: Annotated[F32, 4, 5],
) -> None:
    """Lag maps of one excerpt, dry and with VARIANTS - 1 different echoes, and the settings of these."""
    size, hop = int(sample_rate_hz * lag_maps.FRAME_S), int(sample_rate_hz * lag_maps.HOP_S)
    seed = _seed_of(x[0])
    for variant in range(VARIANTS):
        seed = _draw(seed, variant, settings)
        echo(x, sample_rate_hz, settings, lines, wet)
        sums[:], moments[:], onsets[:], counted[:] = 0.0, 0.0, 0.0, 0.0
        for start in range(0, x.shape[1] - size + 1, hop):
            lag_maps.frame(
                wet[: x.shape[0], start : start + size], sample_rate_hz, window, cosines, sines, lag_cosines,
                lag_sines, work, lag_work, spectra, sums, moments, rises, onsets, counted,
            )  # fmt: skip
        lag_maps.finish(
            sample_rate_hz, 0, lag_cosines, lag_sines, lag_work, spectra, sums, moments, onsets, counted, scales,
            maps, peak_ms,
        )  # fmt: skip
        for row in range(lag_maps.ROWS):
            for i in range(lag_maps.LAGS):
                variants[variant, row, i] = maps[row, i]
        truth[variant, LAG_MS] = 1000.0 * settings[0] if variant > 0 else 0.0
        truth[variant, FEEDBACK], truth[variant, LEVEL_DB] = settings[1], settings[2]
        truth[variant, HIGH_CUT_OCTAVES] = log2(settings[3] / 1000.0)
        truth[variant, PING_PONG] = settings[4]


@kernel
def echo(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    settings: Annotated[F64, 8],
    lines: Annotated[F64, 2, 262144],
    wet: Annotated[F32, 2, 2304000],
) -> None:
    """x plus its echoes: delay line, one-pole high cut in the loop, feedback, crossed in ping-pong.

    Args:
        x: (channels, samples).
        sample_rate_hz: the sample rate.
        settings: delay in s, feedback, level in dB (of the first echo), high cut in Hz, ping-pong (0 or 1), depth of
            the modulation as a share of the delay, its rate in Hz, whether there is an echo at all.
        lines: overwritten: the delay lines.
        wet: overwritten with the result.
    """
    delay, feedback, gain = settings[0] * sample_rate_hz, settings[1], amplitude(settings[2]) * settings[7]
    crossed, depth = settings[4] > 0.5 and x.shape[0] == 2, settings[5] * settings[0] * sample_rate_hz
    pole = 1.0 if settings[3] >= OPEN_HZ else 1.0 - exp(-2.0 * PI * settings[3] / sample_rate_hz)
    lines[:] = 0.0
    one, other = x[0], x[x.shape[0] - 1]
    left_low, right_low = 0.0, 0.0
    for i in range(x.shape[1]):
        lag = delay + depth * sin(2.0 * PI * settings[6] * float(i) / sample_rate_hz)
        whole = int(lag)
        share = lag - float(whole)
        near, far = (i - whole) % LINE, (i - whole - 1) % LINE
        left_low += pole * ((1.0 - share) * lines[0, near] + share * lines[0, far] - left_low)
        right_low += pole * ((1.0 - share) * lines[1, near] + share * lines[1, far] - right_low)
        left, right = finite(np.float64(one[i])), finite(np.float64(other[i]))
        at = i % LINE
        if crossed:
            lines[0, at] = 0.5 * (left + right) + feedback * right_low
            lines[1, at] = feedback * left_low
        else:
            lines[0, at] = left + feedback * left_low
            lines[1, at] = right + feedback * right_low
        wet[0, i] = left + gain * left_low
        wet[1, i] = right + gain * right_low


@kernel
def _seed_of(row: F32) -> int:
    """A number that depends on the samples."""
    seed = 1
    for i in range(0, row.shape[0], 97):
        seed = (seed * 31 + int(finite(np.float64(row[i])) * 1e6)) & _MASK
    return seed


@kernel
def _next(seed: int) -> int:
    """A linear congruential generator (D. H. Lehmer; multiplier of S. K. Park and K. W. Miller, CACM 31, 1988)."""
    return int((seed % 2147483646 + 1) * 48271 % 2147483647)


@kernel
def _draw(seed: int, variant: int, settings: F64) -> int:
    """Settings of an echo; the seed to go on with."""
    numbers = settings
    for i in range(8):
        for _ in range(3):
            seed = _next(seed)
        numbers[i] = float(seed) / 2147483647.0
    settings[7] = 0.0 if variant == 0 else 1.0
    settings[0] = 0.045 * power(1.055 / 0.045, numbers[0])  # log-uniform
    settings[1] = max(0.9 * numbers[1] - 0.1, 0.0)
    settings[2] = -24.0 + 21.0 * numbers[2]
    settings[3] = min(1500.0 * power(OPEN_HZ / 1200.0, numbers[3]), OPEN_HZ)
    settings[6] = 0.1 * power(30.0, (numbers[4] * 5.0) % 1.0)
    settings[4] = 1.0 if numbers[4] < 0.2 else 0.0
    settings[5] = max(0.015 * numbers[5] - 0.01, 0.0)  # a third, up to half a per cent
    return seed
