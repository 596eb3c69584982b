import numpy as np
import pytest
import soxr

from dawg_ai.analysis import SURE_OF_TEMPO
from dawg_ai.dsp.kernel import call
from dawg_ai.dsp.meters.mel import spectrogram
from dawg_ai.dsp.meters.rhythm import MODULE, Meter, measure
from dawg_ai.dsp.meters.tempo import autocorrelation, regularity

RATE = 44_100
AT_S = np.arange(10 * RATE) / RATE


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


def test_onset_strength_equals_the_definition():
    """Over more frames than are read at a time."""
    audio, _ = drums(100, seconds=60)
    level_db = 10 * np.log10(np.maximum(spectrogram(audio, RATE).astype(float), 1e-10))
    level_db = np.maximum(level_db, level_db.max() - 80)
    expected = np.zeros(len(level_db))
    expected[3:] = np.maximum(np.diff(level_db, axis=0), 0).mean(axis=1)[:-2]
    np.testing.assert_allclose(measure(audio, RATE).strength, expected, atol=1e-9)


@pytest.mark.parametrize("bpm", [80.0, 92.5, 120.0, 127.3, 140.0])
def test_tempo_and_beats_of_drums(bpm):
    audio, beats_s = drums(bpm)
    found = measure(audio, 44_100)
    assert found.tempo_bpm == pytest.approx(bpm, rel=0.002)
    assert found.regularity > 3 * SURE_OF_TEMPO
    away = np.abs(found.beats_s[:, None] - beats_s).min(axis=1)
    assert np.mean(away < 0.035) > 0.9 and len(found.beats_s) == pytest.approx(len(beats_s), abs=2)


def test_another_rate_tells_the_same():
    audio, _ = drums(110, rate=48_000)
    assert measure(audio, 48_000).tempo_bpm == pytest.approx(110, rel=0.002)


@pytest.mark.parametrize("bpm", [75, 140, 150, 160, 174, 190])
def test_four_on_the_floor_at_every_rate(bpm):
    """Hats between the kicks are as loud in dB as these, and not a beat of their own."""
    audio, _ = drums(bpm, seconds=20, rate=96_000)
    found = [measure(soxr.resample(audio.T, 96_000, rate).T, rate).tempo_bpm for rate in (22_050, 44_100, 48_000)]
    found.append(measure(audio, 96_000).tempo_bpm)
    assert max(found) / min(found) < 1.002
    assert min(abs(found[0] / bpm / octave - 1) for octave in (0.5, 1, 2)) < 0.002


@pytest.mark.parametrize("bpm", [60, 97, 128, 200])
def test_two_bars_have_a_tempo(bpm):
    audio, _ = drums(bpm, seconds=20, first_s=0.0)
    found = measure(audio[:, : round(480 / bpm * RATE)], RATE)
    assert found.regularity >= SURE_OF_TEMPO
    assert min(abs(found.tempo_bpm / bpm / octave - 1) for octave in (0.5, 1, 2)) < 0.01


def tones(*hz):
    return sum(0.1 * np.sin(2 * np.pi * each * AT_S) for each in hz)


def noise(seconds, seed, exponent=0.0):
    """Noise whose power falls as the frequency to an exponent."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(int(seconds * RATE)))
    sound = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 1) ** (exponent / 2))
    return 0.1 * sound / sound.std()


def bursts(seconds, seed):
    """Noises as long and as frequent as syllables, at random."""
    rng, sound, at = np.random.default_rng(seed), np.zeros(seconds * RATE), 0
    while at < len(sound):
        syllable = noise(rng.uniform(0.05, 0.25), rng, rng.uniform(0, 2))
        sound[at : at + len(syllable)] += (np.hanning(len(syllable)) * syllable)[: len(sound) - at]
        at += int((0.03 + rng.gamma(2, 0.14)) * RATE)
    return sound


def clicks(*times_s):
    sound = np.zeros_like(AT_S)
    sound[np.int64(np.array(times_s) * RATE)] = 0.9
    return sound


STEADY = {
    **{f"sine of {hz} Hz": tones(hz) for hz in (20, 27.5, 50, 100, 440, 997, 3000, 10_000)},
    "quiet sine": 1e-3 * tones(440),
    "fading sine": np.interp(AT_S, (0, 3, 7, 10), (0, 1, 1, 0)) * tones(440),
    "major chord": tones(220, 277.18, 329.63),
    "dissonance": tones(220, 233.08, 246.94),
    "tremolo": (1 + 0.5 * np.sin(2 * np.pi * 5 * AT_S)) * tones(440),
    "vibrato": 0.1 * np.sin(2 * np.pi * 440 * AT_S + np.sin(2 * np.pi * 6 * AT_S)),
    "one click": clicks(5),
    "three clicks": clicks(2, 4, 6),
}


@pytest.mark.parametrize("name", STEADY)
def test_what_is_steady_or_happens_once_has_no_tempo(name):
    assert measure(np.float32([STEADY[name]]), RATE).regularity < SURE_OF_TEMPO


@pytest.mark.parametrize("seconds", [1, 2, 4, 8, 30])
def test_chance_has_no_tempo(seconds):
    for seed in range(4):
        sounds = [noise(seconds, seed, exponent) for exponent in (0, 1, 2)] + [bursts(seconds, seed)]
        assert max(measure(np.float32([sound]), RATE).regularity for sound in sounds) < SURE_OF_TEMPO


@pytest.mark.parametrize("frames", [400, 3000])
def test_regularity_of_random_onsets_is_standard_normal(frames):
    found, rng = [], np.random.default_rng(8)
    for _ in range(300):
        memory = MODULE.allocate(frames=frames, lags=1024) | {"bpm": 120.0, "frames_per_s": 86.0}
        memory["strength"][:] = memory["rises"][:] = 3 * rng.exponential(size=frames)
        call(autocorrelation, memory)
        found.append(call(regularity, memory))
    assert abs(np.mean(found)) < 0.25 and 0.8 < np.std(found) < 1.2


def test_autocorrelation_equals_the_definition():
    rises = np.random.default_rng(9).exponential(size=(3, 500)) * np.array([[1.0], [5.0], [0.3]])
    memory = MODULE.allocate(frames=500, lags=64) | {"rises": rises.copy()}
    call(autocorrelation, memory)
    smooth = np.array([np.convolve(row, (0.25, 0.5, 0.25), "same") for row in rises])
    smooth = (smooth - smooth.mean(axis=1, keepdims=True)) / smooth.std(axis=1, keepdims=True)
    expected = [(smooth[:, lag:] * smooth[:, : 500 - lag]).sum() / (3 * (500 - lag)) for lag in range(64)]
    np.testing.assert_allclose(memory["correlation"], expected, atol=1e-12)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_blocks_of_any_size_tell_the_same(rate):
    audio, _ = drums(100, seconds=10, rate=rate)
    whole, meter, start = measure(audio, rate), Meter(rate), 0
    for size in (1, 70_000, 333, 200_000, len(audio[0])):
        meter.update(audio[:, start : start + size])
        start += size
    found = meter.result()
    np.testing.assert_array_equal(found.strength, whole.strength)
    assert (found.tempo_bpm, found.regularity) == (whole.tempo_bpm, whole.regularity)


def test_onsets_are_where_something_begins():
    audio = np.zeros((1, 44_100 * 2), np.float32)
    audio[0, 30_000:] = 0.1 * np.random.default_rng(7).standard_normal(44_100 * 2 - 30_000)
    assert abs(measure(audio, 44_100).strength.argmax() * 512 - 30_000) <= 1024


def test_snippets_and_silence():
    for samples in (0, 1, 600, 44_100):
        found = measure(np.zeros((2, samples), np.float32), 44_100)
        assert (found.strength == 0).all() and len(found.beats_s) == 0 and found.regularity == 0
