import numpy as np
import pytest

from dawg_ai.dsp.meters.mel import spectrogram
from dawg_ai.dsp.meters.rhythm import measure


def drums(bpm, seconds=20, rate=44_100, first_s=0.3):
    """A kick on every beat, a softer hat between; and when the beats are."""
    rng = np.random.default_rng(3)
    audio = 0.001 * rng.standard_normal(seconds * rate)
    at_s = np.arange(int(0.15 * rate)) / rate
    kick = np.sin(2 * np.pi * 60 * at_s) * np.exp(-25 * at_s) + np.exp(-400 * at_s)
    hat = 0.1 * rng.standard_normal(len(at_s)) * np.exp(-80 * at_s)
    beats_s = np.arange(first_s, seconds - 0.5, 60 / bpm)
    for beat in beats_s:
        for sound, when in ((kick, beat), (hat, beat + 30 / bpm)):
            start = round(when * rate)
            audio[start : start + len(sound)] += sound[: len(audio) - start]
    return np.float32([0.5 * audio, 0.5 * audio]), beats_s


@pytest.mark.parametrize("rate, samples", [(22_050, 40_000), (44_100, 100_001), (48_000, 20_480), (96_000, 50_000)])
def test_mel_bands_are_librosas(rate, samples):
    librosa = pytest.importorskip("librosa")
    audio = np.random.default_rng(4).standard_normal((1, samples)).astype(np.float32)
    expected = librosa.feature.melspectrogram(y=audio[0], sr=rate).T
    np.testing.assert_allclose(spectrogram(audio, rate), expected, rtol=1e-4, atol=1e-6 * expected.max())


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_mel_bands_equal_the_definition(rate):
    """By scipy and closed forms, in double precision."""
    from scipy.signal import get_window

    hop, size = 512, 2048
    audio = np.random.default_rng(5).standard_normal(9000)
    padded = np.pad(audio, size // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * get_window("hann", size)
    powers = np.abs(np.fft.rfft(frames)) ** 2
    highest = 15 + np.log(rate / 2000) / (np.log(6.4) / 27)
    mels = np.linspace(0, highest, 130)
    edges = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * np.log(6.4) / 27))
    hz = np.arange(size // 2 + 1) * rate / size
    up = (hz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - hz) / (edges[2:] - edges[1:-1])[:, None]
    weights = np.maximum(np.minimum(up, down), 0) * (2 / (edges[2:] - edges[:-2]))[:, None]
    expected = powers @ weights.T
    np.testing.assert_allclose(spectrogram(audio[None].astype(np.float32), rate), expected, rtol=1e-4, atol=1e-5)


def test_onset_strength_is_librosas():
    librosa = pytest.importorskip("librosa")
    audio, _ = drums(100, seconds=5)
    mel = librosa.feature.melspectrogram(y=audio[0], sr=44_100)
    expected = librosa.onset.onset_strength(S=librosa.power_to_db(mel), sr=44_100)
    np.testing.assert_allclose(measure(audio, 44_100).strength, expected, atol=1e-3)


@pytest.mark.parametrize("bpm", [80.0, 92.5, 120.0, 127.3, 140.0])
def test_tempo_and_beats_of_drums(bpm):
    audio, beats_s = drums(bpm)
    found = measure(audio, 44_100)
    assert found.tempo_bpm == pytest.approx(bpm, rel=0.002)
    assert found.regularity > 0.5
    away = np.abs(found.beats_s[:, None] - beats_s).min(axis=1)
    assert np.mean(away < 0.035) > 0.9 and len(found.beats_s) == pytest.approx(len(beats_s), abs=2)


def test_another_rate_tells_the_same():
    audio, _ = drums(110, rate=48_000)
    assert measure(audio, 48_000).tempo_bpm == pytest.approx(110, rel=0.002)


def test_noise_has_no_beat():
    noise = np.random.default_rng(6).standard_normal((1, 44_100 * 20)).astype(np.float32)
    assert measure(noise, 44_100).regularity < 0.05


def test_onsets_are_where_something_begins():
    audio = np.zeros((1, 44_100 * 2), np.float32)
    audio[0, 30_000:] = 0.1 * np.random.default_rng(7).standard_normal(44_100 * 2 - 30_000)
    assert abs(measure(audio, 44_100).strength.argmax() * 512 - 30_000) <= 1024


def test_snippets_and_silence():
    for samples in (0, 1, 600, 44_100):
        found = measure(np.zeros((2, samples), np.float32), 44_100)
        assert (found.strength == 0).all() and len(found.beats_s) == 0 and found.regularity == 0
