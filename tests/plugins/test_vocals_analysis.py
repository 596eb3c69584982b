"""Analysis of recordings, and distances between them, beside closed forms and SciPy."""

import numpy as np
import pytest
from scipy.fft import dct
from scipy.signal import lfilter

from dawg_ai.audio import held
from dawg_ai.dsp.instance import Native
from dawg_ai.plugins.vocals import PLUGIN, examples, measure, metrics

RATE = 24_000
ANCHORS_HZ = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 12_000 / 700), 60) / 2595) - 1)


def analysed(x, rate=RATE):
    extractor = PLUGIN.computed["recording"].features.extractor
    return extractor.extract(Native(PLUGIN.training_module), held(np.float32(x)[None], rate))


def harmonics(f0, slope_db=-12.0, seconds=0.5, rate=RATE):
    """Sines of amplitude 0.1 at f0, falling by so much for each kHz."""
    time = np.arange(int(seconds * rate)) / rate
    count = int(11_900 / f0)
    return sum(
        0.1 * 10 ** (slope_db * (k - 1) * f0 / 20_000) * np.cos(2 * np.pi * k * f0 * time + k * k)
        for k in range(1, count + 1)
    )


@pytest.mark.parametrize(("f0", "rate"), [(98.3, RATE), (220.0, 44_100), (660.5, RATE)])
def test_pitch_and_envelope_of_known_harmonics(f0, rate):
    found = analysed(harmonics(f0, rate=rate), rate)
    assert (found["pitch"][:, 1] == 1).all()
    np.testing.assert_allclose(found["pitch"][:, 0], 69 + 12 * np.log2(f0 / 440), atol=0.03)
    middle = found["harmonic"][len(found["harmonic"]) // 2]
    expected = 10 * np.log10(0.1**2 / 2 / f0) - 12.0 * (ANCHORS_HZ - f0) / 1000
    inside = (1.5 * f0 < ANCHORS_HZ) & (ANCHORS_HZ < 5000)
    np.testing.assert_allclose(middle[inside], expected[inside], atol=1.0)
    noise_hz = np.interp(np.linspace(0, 59, 24), np.arange(60), ANCHORS_HZ)
    low = (noise_hz > f0) & (noise_hz < 4000)
    assert (found["noise"].mean(0) < np.interp(noise_hz, ANCHORS_HZ, middle) - 20)[low].all(), "there is no noise"


def test_the_density_of_noise_is_what_it_is_alone_and_under_harmonics():
    noise = 0.01 * np.random.default_rng(0).standard_normal(RATE)
    density_db = 10 * np.log10(0.01**2 / (RATE / 2))
    alone = analysed(noise)
    assert not alone["pitch"][:, 1].any() and (alone["harmonic"] == -120).all()
    np.testing.assert_allclose(alone["noise"].mean(0)[3:], density_db, atol=2.5)
    under = analysed(noise + harmonics(130.0, -3.0, 1.0))
    assert (under["pitch"][:, 1] == 1).all()
    np.testing.assert_allclose(under["noise"].mean(0)[3:], density_db, atol=2.5)


def test_silence_has_neither():
    found = analysed(np.zeros(RATE // 5))
    assert not found["pitch"].any() and (found["noise"] == -120).all()


def test_what_was_analysed_is_sung_back():
    """A vowel of three resonances: pitch, formants and level survive analysis and synthesis."""
    pulses = np.zeros(RATE)
    pulses[::150] = 1.0  # 160 Hz
    for hz, width in ((700, 90), (1200, 110), (2600, 160)):
        radius = np.exp(-np.pi * width / RATE)
        pulses = lfilter([1.0], [1, -2 * radius * np.cos(2 * np.pi * hz / RATE), radius**2], pulses)
    vowel = 0.1 * pulses / pulses.std()
    found = analysed(vowel)
    outputs = {"harmonic_db": found["harmonic"], "noise_db": found["noise"], "voicing": found["pitch"][:, 1:]}
    made = measure.sung(measure.curves(examples.continuous(found["pitch"]), outputs))
    middle = slice(6000, 18_000)
    assert made[middle].std() == pytest.approx(vowel[middle].std(), rel=0.1)
    a, b = metrics.mel_db(made[middle]), metrics.mel_db(vowel[middle])
    assert np.abs(a - b)[10:-10, 5:60].mean() < 1.5


def test_distances_are_zero_for_the_same_at_any_level_and_known_for_a_gain():
    rng = np.random.default_rng(1)
    x = rng.normal(0, 0.1, RATE)
    assert all(abs(value) < 1e-6 for value in metrics.compare(0.3 * x, x).values())
    tilted = lfilter([1.0, -0.9], [1.0], x)
    found = metrics.compare(tilted, x)
    assert found["log_mel"] > 3 and found["mcd"] > 1 and found["mr_stft"] > 0.3
    longer = metrics.compare(np.concatenate([tilted, x]), x)
    assert longer == found


def test_mel_cepstra_are_a_cosine_transform():
    """Coefficients 1 to 13 as SciPy has them, of the natural logarithm of amplitude."""
    rng = np.random.default_rng(2)
    a, b = (rng.normal(0, 0.1, RATE // 2) for _ in range(2))
    b *= np.sqrt((a**2).mean() / (b**2).mean())
    logs = [metrics.mel_db(each) / 20 * np.log(10) for each in (a, b)]
    active = (mel := metrics.mel_db(b)).max(1) > mel.max() - metrics.ACTIVE_DB
    cepstra = [dct(each[active], type=2, axis=1)[:, 1:14] / metrics.BANDS for each in logs]
    expected = (10 / np.log(10) * np.sqrt(2 * ((cepstra[0] - cepstra[1]) ** 2).sum(1))).mean()
    assert metrics.compare(a, b)["mcd"] == pytest.approx(expected, rel=1e-6)
