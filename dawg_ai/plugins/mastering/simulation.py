"""What equaliser, multiband compressor and stereo width do to the features of a song, in closed form.

An equaliser adds its response to the spectra. A width adds that of its crossovers to the side's. A static curve maps
the percentiles of a band's level, and with them its power and peak. So faults are put into stored features and taken
out again without any audio; `rendered.py` does the same with audio.

Everything is an array with the examples first: spectra (batch, frames, 55), levels (batch, frames, 3, 8), powers and
peaks (batch, frames, 3), loudness (batch, frames, 1), all of them in dB.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dawg_ai.dsp.blocks.spectra.octave_bands import BANDS, CENTERS_HZ
from dawg_ai.dsp.meters.loudness import k_weighting
from dawg_ai.plugins.mastering.features import CROSSOVERS_HZ, PERCENTILES, REGIONS

Array = NDArray[np.floating]
Song = dict[str, Array]

SLOPE, KNEE_DB = 0.5, 6.0  # of the compressor: a ratio of 2
# The share of time that each percentile stands for.
SHARES = np.array([0.15, 0.225, 0.25, 0.2, 0.1, 0.045, 0.025, 0.005])
LOUD_LU = 10.0  # what is less below the 90th percentile of all seconds is the loud part
FLOOR_DB = -120.0
SAMPLE_RATE_HZ = 44_100.0
THRESHOLD_STEPS = 22  # of a bisection over 130 dB


def _k_weighting_db() -> Array:
    """Gain of the K-weighting (BS.1770) at each sixth-octave band, in dB."""
    filters = np.zeros((2, 5))
    k_weighting(SAMPLE_RATE_HZ, filters)
    z = np.exp(-2j * np.pi * CENTERS_HZ / SAMPLE_RATE_HZ)
    gains = [np.polyval(f[2::-1], z) / np.polyval([f[4], f[3], 1.0], z) for f in filters]
    return np.asarray(20.0 * np.log10(np.abs(np.prod(gains, 0))))


def _linkwitz_riley() -> Array:
    """Amplitude response of each region's crossovers at each band, (3, 55); the three sum to 1."""
    low = [1.0 / (1.0 + (CENTERS_HZ / edge) ** 4) for edge in CROSSOVERS_HZ]
    return np.stack([low[0], (1.0 - low[0]) * low[1], (1.0 - low[0]) * (1.0 - low[1])])


def _first_order() -> NDArray[np.complex128]:
    """Complex response of each region's crossovers of the stereo effect at each band, (3, 55); they sum to 1."""
    low = [1.0 / (1.0 + 1j * CENTERS_HZ / edge) for edge in CROSSOVERS_HZ]
    return np.stack([low[0], (1.0 - low[0]) * low[1], (1.0 - low[0]) * (1.0 - low[1])])


K_DB = _k_weighting_db()
REGION_GAINS = _linkwitz_riley()
WIDTH_GAINS = _first_order()


def db(power: Array) -> Array:
    """Level of a power, at least FLOOR_DB."""
    return np.asarray(10.0 * np.log10(np.maximum(power, 10.0 ** (0.1 * FLOOR_DB))))


def power(level_db: Array) -> Array:
    """Power of a level; exactly nothing at FLOOR_DB."""
    return np.where(level_db > FLOOR_DB, np.exp(level_db * (np.log(10.0) / 10.0)), 0.0)


def total_power(song: Song) -> Array:
    """Power of mid and side together, (batch, frames, 55)."""
    return power(song["mid"]) + power(song["side"])


def loud(loudness: Array) -> Array:
    """Which seconds belong to the loud part, (batch, frames) of 0 and 1."""
    level = loudness[..., 0]
    return np.asarray(level > np.percentile(level, 90.0, 1, keepdims=True) - LOUD_LU, np.float64)


def mean(values: Array, counts: Array) -> Array:
    """Mean over the frames that count: (batch, frames, ...) -> (batch, ...)."""
    weights = counts / counts.sum(1, keepdims=True)
    return np.asarray(np.einsum("bf,bf...->b...", weights, values))


def equalised(song: Song, curve_db: Array) -> Song:
    """Add a response, (batch, 55) in dB, to a song's spectra."""
    spectra = {name: np.maximum(song[name] + curve_db[:, None], FLOOR_DB) for name in ("mid", "side")}
    return _with_spectra(song, spectra)


def widened(song: Song, width_db: Array) -> Song:
    """Change the side's level in each region by so many dB, (batch, 3)."""
    gains = np.einsum("br,rk->bk", 10.0 ** (width_db / 20.0), WIDTH_GAINS)
    side = np.maximum(song["side"] + 20.0 * np.log10(np.abs(gains))[:, None], FLOOR_DB)
    return _with_spectra(song, {"mid": song["mid"], "side": side})


def compressed(song: Song, threshold_db: Array) -> Song:
    """Compress each region above a threshold, (batch, 3) in dBFS, and make up for the power that it loses."""
    return _mapped(song, threshold_db, compressor)


def expanded(song: Song, threshold_db: Array) -> Song:
    """The inverse of `compressed` with these thresholds."""
    return _mapped(song, threshold_db, expander)


def compressor(over_db: Array) -> Array:
    """Gain in dB (never above 0) of a level so far over the threshold.

    >>> (0.0 - compressor(np.array([-10.0, 0.0, 10.0]))).tolist()
    [0.0, 0.375, 5.0]
    """
    inside = np.clip(over_db + 0.5 * KNEE_DB, 0.0, KNEE_DB)
    return np.asarray(-SLOPE * (0.5 / KNEE_DB * inside**2 + np.maximum(over_db - 0.5 * KNEE_DB, 0.0)))


def expander(over_db: Array) -> Array:
    """Gain in dB of the static curve that undoes `compressor`.

    >>> over = np.linspace(-20.0, 20.0, 9)
    >>> there = over + expander(over)
    >>> bool(np.allclose(there + compressor(there), over))
    True
    """
    # Within the knee, over = u - KNEE/2 - a u^2 with u from 0 to KNEE.
    a = 0.5 * SLOPE / KNEE_DB
    edge = KNEE_DB * (1.0 - 0.5 * SLOPE)
    u = np.clip(over_db + 0.5 * KNEE_DB, 0.0, edge)
    inside = (1.0 - np.sqrt(1.0 - 4.0 * a * u)) / (2.0 * a) - u
    above = np.maximum(over_db + 0.5 * KNEE_DB - edge, 0.0)
    return np.asarray(inside + above * SLOPE / (1.0 - SLOPE))


def mean_gain_db(song: Song, threshold_db: Array, curve: Callable[[Array], Array] = compressor) -> Array:
    """Mean gain of a static curve over the loud part, (batch, 3) in dB."""
    gain_db = curve(song["levels"] - threshold_db[:, None, :, None]) @ SHARES
    return mean(gain_db, loud(song["loudness"]))


def threshold_of(song: Song, reduction_db: Array, curve: Callable[[Array], Array] = compressor) -> Array:
    """The threshold at which a static curve has this mean gain, regardless of its sign, by bisection: (batch, 3)."""
    low, high = np.full(reduction_db.shape, FLOOR_DB - 20.0), np.full(reduction_db.shape, 30.0)
    for _ in range(THRESHOLD_STEPS):
        middle = 0.5 * (low + high)
        too_low = np.abs(mean_gain_db(song, middle, curve)) > reduction_db
        low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
    return 0.5 * (low + high)  # type: ignore[no-any-return]


def _with_spectra(song: Song, spectra: Song) -> Song:
    """Other spectra; levels follow the power of their region, loudness that of the K-weighted whole."""
    before, after = total_power(song), power(spectra["mid"]) + power(spectra["side"])
    regions = (REGION_GAINS**2).T
    moved = db(after @ regions + 1e-12) - db(before @ regions + 1e-12)
    return {**song, **spectra, **_moved(song, moved), "loudness": song["loudness"] + _louder(before, after)}


def _moved(song: Song, gain_db: Array) -> Song:
    """Levels, powers and peaks, moved by a gain for each frame and region."""
    return {
        "levels": song["levels"] + gain_db[..., None],
        "powers": song["powers"] + gain_db,
        "peaks": song["peaks"] + gain_db,
    }


def _louder(before: Array, after: Array) -> Array:
    """Change of each second's loudness in LU."""
    k = power(K_DB)
    return (db(after @ k + 1e-12) - db(before @ k + 1e-12))[..., None]


def _mapped(song: Song, threshold_db: Array, curve: Callable[[Array], Array]) -> Song:
    """Map levels by a static curve; each region keeps its mean power in the loud part."""
    levels = song["levels"]
    gain_db = curve(levels - threshold_db[:, None, :, None])
    weights = SHARES * power(levels) + 1e-30
    gain = (weights * power(gain_db)).sum(3) / weights.sum(3)  # of each second's power
    counts, powers = loud(song["loudness"]), power(song["powers"]) + 1e-30
    made_up_db = -db(mean(powers * gain, counts) / mean(powers, counts))[:, None]
    second_db = db(gain) + made_up_db
    # Regions overlap around the crossovers, where their amplitudes add up.
    spectrum_db = 20.0 * np.log10(10.0 ** (second_db / 20.0) @ REGION_GAINS)
    spectra = {name: np.maximum(song[name] + spectrum_db, FLOOR_DB) for name in ("mid", "side")}
    before, after = total_power(song), power(spectra["mid"]) + power(spectra["side"])
    return {
        **spectra,
        "levels": levels + gain_db + made_up_db[..., None],
        "powers": song["powers"] + second_db,
        "peaks": song["peaks"] + gain_db[..., -1] + made_up_db,
        "loudness": song["loudness"] + _louder(before, after),
    }


assert len(REGION_GAINS) == REGIONS and len(SHARES) == len(PERCENTILES) and len(K_DB) == BANDS
