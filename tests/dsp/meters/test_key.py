import numpy as np
import pytest

from dawg_ai.dsp.meters.key import NAMES, measure

SEMITONES = {
    "major": [(0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)],
    "minor": [(0, 3, 7), (5, 8, 12), (7, 10, 14), (0, 3, 7)],
}


def cadence(tonic, mode, rate=44_100, cents=0.0):
    """I IV V I or its minor, a second each, in tones of four harmonics."""
    at_s = np.arange(rate) / rate
    chords = []
    for chord in SEMITONES[mode]:
        hz = [261.6256 * 2 ** ((tonic + each + cents / 100) / 12) for each in (*chord, chord[0] - 12)]
        chords.append(sum(np.sin(2 * np.pi * k * f * at_s) / k**1.5 for f in hz for k in range(1, 5)))
    return 0.05 * np.float32([np.concatenate(chords)])


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_all_24_keys(tonic, mode):
    found = measure(cadence(tonic, mode), 44_100)
    assert found.name == f"{NAMES[tonic]} {mode}"
    assert found.score > 0.7 and abs(found.tuning_cents) <= 3


@pytest.mark.parametrize("cents", [-40, -20, 30])
def test_an_instrument_that_is_out_of_tune(cents):
    found = measure(cadence(9, "minor", cents=cents), 44_100)
    assert found.name == "A minor" and found.tuning_cents == pytest.approx(cents, abs=4)


@pytest.mark.parametrize("rate", [16_000, 48_000, 96_000])
def test_any_rate(rate):
    assert measure(cadence(2, "major", rate), rate).name == "D major"


def test_loudness_and_noise_do_not_matter():
    audio = cadence(7, "minor")
    noise = 0.005 * np.random.default_rng(0).standard_normal(audio.shape).astype(np.float32)
    quiet = measure(0.001 * audio, 44_100)
    assert quiet.name == measure(audio + noise, 44_100).name == "G minor"
    np.testing.assert_allclose(quiet.chroma, measure(audio, 44_100).chroma, atol=1e-3)


@pytest.mark.parametrize("seconds", [1, 2, 4, 8, 30])
def test_noise_is_in_no_key(seconds):
    for seed in range(5):
        spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(44_100 * seconds))
        for exponent in (0.0, 0.5, 1.0):
            noise = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 1) ** exponent)
            assert measure(np.float32([0.1 * noise / noise.std()]), 44_100) is None


@pytest.mark.parametrize("hz", [30, 55, 110, 440, 452, 997, 3000, 10_000])
def test_a_single_tone_is_in_no_key(hz):
    assert measure(np.float32([0.3 * np.sin(2 * np.pi * hz / 44_100 * np.arange(441_000))]), 44_100) is None


def test_random_pitches_are_in_no_key():
    """Twelve-tone rows, each in another order."""
    rng, at_s, notes = np.random.default_rng(0), np.arange(11_025) / 44_100, []
    for pitch in np.concatenate([rng.permutation(12) for _ in range(10)]):
        hz = 220 * 2 ** (pitch / 12)
        notes.append(sum(np.sin(2 * np.pi * k * hz * at_s) / k for k in range(1, 7)) * np.exp(-4 * at_s))
    assert measure(0.1 * np.float32([np.concatenate(notes)]), 44_100) is None


def test_a_chord_of_two_seconds_has_a_key():
    found = measure(cadence(0, "major")[:, :88_200], 44_100)
    assert found is not None and found.lead > 0.02


def test_silence_has_no_key():
    assert measure(np.zeros((2, 44_100), np.float32), 44_100) is None
    assert measure(np.zeros((1, 0), np.float32), 44_100) is None
