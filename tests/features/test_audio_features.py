"""Features of sound: what auto_eq computes, and frames that overlap, with an end and a whole."""

from typing import Annotated

import numpy as np
import pytest

from dawg_ai.audio import held
from dawg_ai.dsp import effect
from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.instance import Native
from dawg_ai.dsp.kernel import F32, F64, Module, kernel
from dawg_ai.features.audio import AudioFeatures
from dawg_ai.plugins.auto_eq import PLUGIN
from dawg_ai.plugins.auto_eq.features import FEATURES, window_size

EDGES_HZ = 31.25 * 2.0 ** ((np.arange(56) - 0.5) / 6)


def noise(rate, seconds=4, channels=2, seed=7):
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, rate * seconds))).astype(np.float32)


def extract(audio, rate):
    return FEATURES.extractor.extract(Native(PLUGIN.module), held(audio, rate))


def reference(x, rate):
    """Bands of one frame, with NumPy's transform of each channel and window."""
    size = window_size(float(rate))
    windows = 1 + -(-(x.shape[1] - size) * 2 // size)
    starts = [i * (x.shape[1] - size) // (windows - 1) for i in range(windows)]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    power = np.mean(
        [np.abs(np.fft.rfft(hann * c[s : s + size])) ** 2 for s in starts for c in x.astype(float)], axis=0
    )
    power *= 2 / (size * (hann**2).sum())
    edges = np.arange(len(power) + 1) - 0.5
    running = np.interp(EDGES_HZ * size / rate, edges, np.concatenate([[0], np.cumsum(power)]))
    bands = np.where(EDGES_HZ[1:] <= rate / 2, np.diff(running), 0.0)
    return 10 * np.log10(np.maximum(bands, 1e-12))


@pytest.mark.parametrize(
    "rate, channels", [(8_000, 2), (22_050, 1), (44_100, 1), (44_100, 2), (96_000, 2), (192_000, 1)]
)
def test_bands_equal_the_reference(rate, channels):
    audio = noise(rate, 2, channels)
    found = extract(audio, rate)
    assert found["bands"].shape == (2, 55) and found["bands"].dtype == np.float32
    expected = [reference(audio[:, i * rate : (i + 1) * rate], rate) for i in range(2)]
    np.testing.assert_allclose(found["bands"], expected, atol=1e-4)


def test_a_full_scale_sine_reads_minus_3_db():
    sine = np.sin(2 * np.pi * 1000 / 48_000 * np.arange(48_000)).astype(np.float32)
    found = extract(sine[None], 48_000)
    assert found["bands"][0].argmax() == 30 and found["bands"][0, 30] == pytest.approx(-3.01, abs=0.01)
    assert found["loudness"][0, 0] == pytest.approx(-3.01, abs=0.05)


def test_twice_the_amplitude_is_6_db_more():
    audio = noise(44_100)
    once, twice = extract(audio, 44_100), extract(2 * audio, 44_100)
    for name in FEATURES.outputs:
        np.testing.assert_allclose(twice[name] - once[name], 20 * np.log10(2), atol=1e-4)


def test_equalised_noise_shows_the_curve():
    audio = noise(44_100, seconds=20)
    values = {"band1_db": 6, "band3_db": -8, "band5_db": 5, "band6_db": -4}
    equaliser = effect.load("parametric")
    processor = Processor(equaliser, 44_100, {**values, "design": 1}, channels=2)
    difference = extract(processor.process(audio), 44_100)["bands"] - extract(audio, 44_100)["bands"]
    expected = np.zeros(55)
    equaliser.curve(processor.memory["settings"], CENTERS_HZ, 44_100.0, expected)
    np.testing.assert_allclose(difference.mean(0), expected, atol=0.15)


def test_both_channels_alike_equal_one():
    audio = noise(44_100, channels=1)
    one, two = (extract(np.tile(audio, (channels, 1)), 44_100) for channels in (1, 2))
    np.testing.assert_allclose(one["bands"], two["bands"], atol=1e-4)
    np.testing.assert_allclose(two["loudness"] - one["loudness"], 10 * np.log10(2), atol=1e-4)


def test_surround_is_folded_to_stereo():
    audio = noise(44_100, channels=4)
    left = audio[0] + np.float32(0.70710677) * audio[2]
    right = audio[1] + np.float32(0.70710677) * audio[3]
    for name, values in extract(np.float32([left, right]), 44_100).items():
        np.testing.assert_allclose(values, extract(audio, 44_100)[name], atol=1e-4)


def test_the_same_sound_at_another_sample_rate():
    """A bin is as wide at 88.2 kHz as at 44.1 kHz: noise below 10 kHz reads the same."""
    spectrum = np.fft.rfft(noise(44_100, 4, 1)[0])
    spectrum[40_000:] = 0
    low, high = (np.fft.irfft(spectrum, n).astype(np.float32) * (n / 176_400) for n in (176_400, 352_800))
    low, high = extract(low[None], 44_100), extract(high[None], 88_200)
    np.testing.assert_allclose(low["bands"][1:3, :48], high["bands"][1:3, :48], atol=0.3)
    np.testing.assert_allclose(low["loudness"], high["loudness"], atol=0.05)


def test_silence_and_broken_samples_stay_finite():
    audio = np.zeros((2, 44_100), np.float32)
    found = extract(audio, 44_100)
    assert (found["bands"] == -120).all() and (found["loudness"] == -100).all()
    audio[0, 5] = np.nan
    assert np.isfinite(extract(audio, 44_100)["bands"]).all()


def test_short_songs_are_padded_and_rests_are_dropped():
    audio = noise(44_100, 3)
    assert len(extract(audio[:, :1000], 44_100)["bands"]) == 1
    assert len(extract(audio[:, :100_000], 44_100)["bands"]) == 2
    padded = np.pad(audio[:, :1000], ((0, 0), (0, 43_100)))
    np.testing.assert_array_equal(*(extract(x, 44_100)["bands"] for x in (audio[:, :1000], padded)))


@kernel
def begin(sample_rate_hz: float, total: Annotated[F64, 1]) -> None:
    """Start with one."""
    total[0] = 1.0


@kernel
def each(x: Annotated[F32, "channels", "samples"], total: Annotated[F64, 1], first: Annotated[F32, 2]) -> None:
    """The first and the last sample; their sum is kept."""
    first[0], first[1] = x[0, 0], x[0, x.shape[1] - 1]
    total[0] += np.float64(x[0, 0])


@kernel
def end(frames: int, sample_rate_hz: float, total: Annotated[F64, 1], mean: Annotated[F32, 1]) -> None:
    """The mean over frames."""
    mean[0] = np.float32(total[0] / float(frames))


OVERLAPPING = AudioFeatures(
    frame_s=0.001, hop_s=0.00025, outputs=("first",), prepare=begin, frame=each, finish=end, whole=("mean",)
)


def overlapping(samples):
    module = Module("m", OVERLAPPING.kernels, {"channels": 2, "samples": 4})
    return OVERLAPPING.extractor.extract(Native(module), held(np.float32([samples]), 4000))


def test_frames_overlap_and_what_belongs_to_the_whole_comes_at_the_end():
    found = overlapping(range(8))
    np.testing.assert_array_equal(found["first"], [[0, 3], [1, 4], [2, 5], [3, 6], [4, 7]])
    np.testing.assert_array_equal(found["mean"], np.float32([(1 + 0 + 1 + 2 + 3 + 4) / 5]))
    np.testing.assert_array_equal(overlapping([5, 6])["first"], [[5, 0]])
    np.testing.assert_array_equal(overlapping([5, 6, 7, 8])["first"], [[5, 8]])
    np.testing.assert_array_equal(overlapping([5, 6, 7, 8, 9])["first"], [[5, 8], [6, 9]])
    assert OVERLAPPING.names == ("first", "mean") and OVERLAPPING.capacity == {"channels": 2, "samples": 192}


def test_files_are_joined_along_frames_and_averaged_as_wholes():
    extractor = OVERLAPPING.extractor
    one, two = overlapping(range(4)), overlapping(range(8))
    both = extractor.join([one, two])
    assert both["first"].shape == (1 + 5, 2) and both["mean"].shape == (1,)
    np.testing.assert_allclose(both["mean"], (one["mean"] + two["mean"]) / 2)
    alone = extractor.join([two])
    assert all(np.array_equal(alone[name], two[name]) for name in ("first", "mean"))
    absent = extractor.absent(Native(Module("m", OVERLAPPING.kernels, {})))
    assert absent["first"].shape == (1, 2) and absent["mean"].shape == (1,) and not absent["first"].any()
