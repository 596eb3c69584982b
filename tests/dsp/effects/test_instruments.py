"""Instruments: pitch, time, length and loudness of what they play, by the spectrum and the envelope of the sound."""

import numpy as np
import pytest

from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Processor

RATE = 48_000


def sound(name, notes, seconds, knobs=None, channels=2, rate=RATE):
    processor = Processor(effect.load(name), rate, {"level_db": 0, **(knobs or {})}, channels)
    processor.play(np.float32(notes))
    return processor.process(np.zeros((channels, round(seconds * rate)), np.float32)).astype(np.float64)


def partials_hz(x, count, rate=RATE):
    """The strongest spectral peaks, lowest first."""
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)), 8 * len(x)))
    peaks = 1 + np.flatnonzero((spectrum[1:-1] > spectrum[:-2]) & (spectrum[1:-1] >= spectrum[2:]))
    strongest = peaks[np.argsort(spectrum[peaks])[-count:]]
    return np.sort(strongest) * rate / (8 * len(x))


@pytest.mark.parametrize(("name", "knob"), [("bass", 0), ("bass", 1), ("lead", 1)])
def test_a_note_has_its_pitch(name, knob):
    x = sound(name, [[0, 1, 57, 0.8, 0, 0]], 1.0, {"sound": knob}).sum(axis=0)[RATE // 10 :]
    assert partials_hz(x, 1)[0] == pytest.approx(220.0, rel=0.004)


def test_nothing_folds_back_from_above_half_the_rate():
    """All there is lies at multiples of the pitch: whatever a naive sawtooth folds would lie between them."""
    knobs = {"sound": 2, "tone": 100, "decay_percent": 400}
    for rate in (16_000, 44_100):
        x = sound("bass", [[0, 4, 79.5, 1, 0, 0]], 3.0, knobs, 1, rate)[0][rate:]
        hz = 440 * 2 ** ((79.5 - 69) / 12)
        spectrum = np.abs(np.fft.rfft(x * np.blackman(len(x)))) ** 2
        frequencies = np.fft.rfftfreq(len(x), 1 / rate)
        half = hz / 2  # of the partial below
        away = np.abs(frequencies / half - np.round(frequencies / half)) * half
        assert spectrum[away > 12].sum() < 1e-8 * spectrum.sum()


def test_it_begins_and_ends_with_the_note_to_the_sample():
    for name in ("bass", "lead", "kit"):
        x = sound(name, [[0.25, 0.2, 45 if name == "bass" else 69 if name == "lead" else 38, 0.9, 0, 0]], 3.0)
        sounding = np.flatnonzero(np.abs(x).max(axis=0) > 1e-5)
        assert RATE // 4 <= sounding[0] <= RATE // 4 + 3
        processor = Processor(effect.load(name), RATE, {"level_db": 0}, 2)
        processor.play(np.float32([[0.25, 0.2, 45, 0.9, 0, 0]]))
        last = RATE // 4 + processor.tail_samples
        assert np.abs(x[:, last:]).max() == 0


def test_louder_is_louder_and_brighter():
    def centre_hz(x):
        spectrum = np.abs(np.fft.rfft(x)) ** 2
        return float((np.fft.rfftfreq(len(x), 1 / RATE) * spectrum).sum() / spectrum.sum())

    soft, hard = (sound("bass", [[0, 0.5, 40, v, 0, 0]], 0.5)[0] for v in (0.3, 1.0))
    assert np.sqrt((hard**2).mean() / (soft**2).mean()) > 2.5 and centre_hz(hard) > 1.1 * centre_hz(soft)


@pytest.mark.parametrize("kit", [0, 1, 2])
def test_the_drums_of_a_kit_are_what_they_are_called(kit):
    """Most of the power of each drum lies where that drum's does."""

    def share(pitch, low_hz, high_hz):
        x = sound("kit", [[0, 0.1, pitch, 1, 0, 0]], 1.0, {"kit": kit})[0]
        spectrum, hz = np.abs(np.fft.rfft(x)) ** 2, np.fft.rfftfreq(len(x), 1 / RATE)
        return spectrum[(hz >= low_hz) & (hz < high_hz)].sum() / spectrum.sum()

    assert share(36, 30, 250) > 0.8
    assert share(38, 120, 24_000) > 0.95 and share(38, 1_000, 24_000) > 0.2
    assert share(42, 4_000, 24_000) > 0.6 and share(46, 4_000, 24_000) > 0.6
    assert share(49, 2_000, 24_000) > 0.6
    assert share(41, 50, 500) > 0.7 and share(50, 100, 900) > 0.7


def test_kits_differ_and_an_808_booms():
    def decay_s(kit):
        x = sound("kit", [[0, 0.1, 36, 1, 0, 0]], 3.0, {"kit": kit})[0]
        energy = np.cumsum(x[::-1] ** 2)[::-1]
        return np.searchsorted(-energy, -1e-4 * energy[0]) / RATE

    assert decay_s(1) > 1.8 * decay_s(0) and decay_s(1) > 1.8 * decay_s(2)


def test_a_clap_is_four_bursts():
    x = sound("kit", [[0, 0.1, 39, 1, 0, 0]], 0.1, {"kit": 1})[0]
    rms = np.sqrt(np.convolve(x**2, np.ones(96) / 96, "same"))
    for dip_ms, burst_ms in ((9, 11.5), (18, 20.5)):
        assert rms[round(burst_ms * RATE / 1000)] > 1.5 * rms[round(dip_ms * RATE / 1000)]


def test_closed_and_open_hats_differ_in_length():
    closed, opened = (sound("kit", [[0, 0.1, pitch, 1, 0, 0]], 1.0)[0] for pitch in (42, 46))
    assert (opened[RATE // 10 :] ** 2).sum() > 50 * (closed[RATE // 10 :] ** 2).sum()
