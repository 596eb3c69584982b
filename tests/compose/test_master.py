"""Mastering: does it reach the loudness, keep below the ceiling and move the tone towards the style's?"""

from dataclasses import replace

import numpy as np
import pytest

from dawg_ai.compose import rack
from dawg_ai.compose.master import master, matching_equaliser
from dawg_ai.compose.rack import RATE
from dawg_ai.compose.sound import BALANCE_HZ
from dawg_ai.compose.styles import SOUNDS
from dawg_ai.dsp.meters import meter, spectrum
from dawg_ai.dsp.meters.loudness import integrated_lufs

SOUND = SOUNDS["house"]


@pytest.fixture
def pink():
    """Five seconds of pink noise, (2, samples)."""
    rng = np.random.default_rng(0)
    spectra = np.fft.rfft(rng.standard_normal((2, 5 * RATE)))
    spectra[:, 1:] /= np.sqrt(np.arange(1, spectra.shape[1]))
    sound = np.fft.irfft(spectra)
    return (0.1 * sound / sound.std()).astype(np.float32)


def test_loudness_is_that_of_the_standard():
    # ITU-R BS.1770: a 997 Hz sine at full scale in one channel reads -3.01 LUFS.
    sine = np.sin(2 * np.pi * 997 * np.arange(5 * RATE) / RATE)
    assert integrated_lufs(np.stack([sine, 0 * sine]).astype(np.float32), RATE) == pytest.approx(-3.01, abs=0.1)


@pytest.mark.parametrize("lufs", [-20.0, -14.0])
def test_it_reaches_the_loudness_below_the_ceiling(pink, lufs):
    record = master(pink, replace(SOUND, loudness_lufs=lufs), np.random.default_rng(0))
    measured = meter.measure(record[:, : 4 * RATE], RATE)
    assert measured.integrated_lufs == pytest.approx(lufs, abs=0.6)
    assert measured.true_peak_db < -0.9
    assert np.abs(record[:, -10:]).max() < 1e-4, "does not fade out"


def test_it_moves_the_tone_towards_the_balance_of_the_style(pink):
    sound = replace(SOUND, tonal_balance_db=(0,) * 4 + (-6,) * 4 + (0,) * 4)
    equaliser = matching_equaliser(pink, sound, np.random.default_rng(0))
    matched = spectrum.measure(rack.process(pink, equaliser), RATE).bands(3)
    before = spectrum.measure(pink, RATE).bands(3)
    np.testing.assert_array_equal(before[0], matched[0])
    changed_db = 10 * np.log10(matched[1] / before[1])
    middle = (before[0] > 400) & (before[0] < 1500)
    treble = (before[0] > 5000) & (before[0] < 12_000)
    assert changed_db[treble].mean() - changed_db[middle].mean() == pytest.approx(0.62 * 6, abs=1.0)


def test_the_balance_of_every_style_has_a_level_for_every_frequency():
    assert {len(sound.tonal_balance_db) for sound in SOUNDS.values()} == {len(BALANCE_HZ)}
