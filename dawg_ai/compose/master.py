"""Mastering: mix bus -> matching equaliser -> bus compressor -> true-peak limiter -> fade out."""

from functools import cache

import numpy as np

from dawg_ai.audio import Audio
from dawg_ai.compose.rack import RATE, Insert, equaliser, high_pass, insert, process, response_db
from dawg_ai.compose.sound import BALANCE_HZ, Sound
from dawg_ai.dsp.kernel import F64
from dawg_ai.dsp.meters import spectrum
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.units import amplitude_from_db, db_from_power

EQ_HZ = (40.0, 63.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3150.0, 6300.0, 12500.0)  # centres of the matching bands
EQ_Q = (2.0, 2.0, 1.7, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 1.2)
EQ_AMOUNT = 0.62  # share of the difference from the style's tonal balance that is corrected
EQ_RANGE_DB = 10.0  # maximum boost or cut of a third-octave band
EQ_JITTER_DB = 0.6  # standard deviation per third-octave band, so that no two songs get the same curve
RUMBLE_HZ = 25.0  # corner of the high-pass

BUS_LUFS = -23.0  # working level of the bus compressor (EBU R 128)
BUS_THRESHOLD_DB = -30.0
CEILING_DB = -1.0  # true peak
FADE_S = 1.0


def master(mix: Audio, sound: Sound, rng: np.random.Generator) -> Audio:
    """Master a mix towards the loudness and the tonal balance of a style.

    Args:
        mix: (2, samples).
        sound: `tonal_balance_db`, `bus_ratio` and `loudness_lufs` are used.
        rng: Varies the equaliser a little.

    Returns:
        The master, (2, samples), true peaks below -1 dBTP.
    """
    mix = process(mix, matching_equaliser(mix, sound, rng))
    mix *= np.float32(amplitude_from_db(BUS_LUFS - integrated_lufs(mix, RATE)))
    mix = process(mix, bus_compressor(sound.bus_ratio))
    drive_db = sound.loudness_lufs - integrated_lufs(mix, RATE)
    mix = process(mix, insert("limiter", drive_db=drive_db, ceiling_db=CEILING_DB, release_ms=60))
    fade = int(FADE_S * RATE)
    mix[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32) ** 2
    return mix


def bus_compressor(ratio: float) -> Insert:
    """A bus compressor with soft knee, and an attack slow enough to pass the transients of the drums."""
    return insert(
        "compressor",
        threshold_db=BUS_THRESHOLD_DB,
        ratio=ratio,
        knee_db=12,
        attack_ms=30,
        release_ms=250,
        detector="RMS",
        sidechain_hz=90,
    )


def matching_equaliser(mix: Audio, sound: Sound, rng: np.random.Generator) -> Insert:
    """A parametric equaliser that moves the long-term spectrum of a mix towards the tonal balance of its style.

    The gains of its bells are the least-squares fit of their summed responses to the target curve, over third-octave
    bands.
    """
    centers_hz, powers = spectrum.measure(mix, RATE).bands(3)
    wanted_db = np.interp(np.log2(centers_hz), np.log2(BALANCE_HZ), sound.tonal_balance_db)
    missing_db = wanted_db + rng.normal(0, EQ_JITTER_DB, len(centers_hz)) - db_from_power(powers)
    missing_db -= missing_db[(centers_hz > 90) & (centers_hz < 5000)].mean()
    smooth_db = np.convolve(np.pad(missing_db, 1, "edge"), (0.25, 0.5, 0.25), "valid")
    curve_db = np.clip(EQ_AMOUNT * smooth_db, -EQ_RANGE_DB, EQ_RANGE_DB)
    gains_db = np.linalg.lstsq(_bell_responses(tuple(centers_hz)), curve_db, rcond=None)[0]
    bells = [("bell", hz, float(gain), q) for hz, gain, q in zip(EQ_HZ, gains_db, EQ_Q, strict=True)]
    return equaliser(*high_pass(RUMBLE_HZ, order=4), *bells)


@cache
def _bell_responses(frequencies_hz: tuple[float, ...]) -> F64:
    """Response in dB at each frequency (rows) of each bell (columns), per dB of its gain."""
    gain_db = 6.0  # similar to the gains in use, since the width of a bell depends a little on its gain
    columns = [
        response_db(equaliser(("bell", hz, gain_db, q)), np.array(frequencies_hz)) / gain_db
        for hz, q in zip(EQ_HZ, EQ_Q, strict=True)
    ]
    return np.stack(columns, axis=1)
