"""Composed songs as sound: do they repeat, are they finished records, do styles differ?"""

import numpy as np
import pytest

from dawg_ai import compose
from dawg_ai.dsp.meters import meter

RENDERED = ("house", "ambient", "rock")  # styles rendered here; the others differ in data alone


@pytest.fixture(scope="module")
def songs():
    return {style: compose.song(style, 1)[0] for style in RENDERED}


def octaves_db(sound):
    """Power per octave from 32 Hz to 16 kHz, relative to the mean of them."""
    size = 1 << 15
    blocks = sound[:, : sound.shape[1] // size * size].reshape(-1, size) * np.hanning(size)
    power = (np.abs(np.fft.rfft(blocks)) ** 2).mean(axis=0)
    hz = np.fft.rfftfreq(size, 1 / compose.RATE)
    bands = [power[(hz >= f / 2**0.5) & (hz < f * 2**0.5)].sum() for f in 1000 * 2.0 ** np.arange(-5, 5)]
    level = 10 * np.log10(bands)
    return level - level.mean()


def test_a_song_repeats_to_the_bit(songs):
    again, _ = compose.song("ambient", 1)
    np.testing.assert_array_equal(again, songs["ambient"])


@pytest.mark.parametrize("style", RENDERED)
def test_a_song_is_a_finished_record(songs, style):
    sound = songs[style]
    assert sound.shape[0] == 2 and sound.dtype == np.float32
    assert 42 < sound.shape[1] / compose.RATE < 62
    assert np.abs(sound).max() < 0.9, "clips"
    assert np.abs(sound.mean(axis=1)).max() < 1e-3, "has an offset"
    loudness = meter.measure(sound, compose.RATE)
    assert -15.5 < loudness.integrated_lufs < -12
    assert loudness.true_peak_db < -0.7, "clips between its samples"
    assert loudness.momentary_lufs[10:-30].min() > -50, "falls silent"
    correlation = np.corrcoef(sound)[0, 1]
    assert 0.1 < correlation < 0.97, "mono, or its sides cancel"
    assert abs(10 * np.log10((sound[0] ** 2).mean() / (sound[1] ** 2).mean())) < 1.5, "leans to one side"


@pytest.mark.parametrize("style", RENDERED)
def test_a_song_fills_the_spectrum(songs, style):
    level = octaves_db(songs[style])
    assert level[1:4].max() > level.mean(), "no bass"
    assert level[-1] > level.max() - 45, "no air"
    assert np.abs(np.diff(level[1:])).max() < 16, "a hole"


def test_styles_differ_in_tone(songs):
    for one, other in (("house", "ambient"), ("house", "rock"), ("rock", "ambient")):
        assert np.abs(octaves_db(songs[one]) - octaves_db(songs[other])).mean() > 2.0
