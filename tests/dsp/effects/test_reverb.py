"""The reverb measured as a room would be: Schroeder's backward integration in octave bands, by SciPy's filters."""

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects.reverb import EFFECT

RATE = 44_100
WET = {"mix_percent": 100, "predelay_ms": 0}


def response(values, seconds, rate=RATE, channels=2):
    audio = np.zeros((channels, int(seconds * rate)), np.float32)
    audio[:, 0] = 1
    return Processor(EFFECT, rate, {**WET, **values}, channels).process(audio).astype(np.float64)


def decay_s(audio, low_hz, high_hz, rate=RATE):
    """T60 of a band, from the slope of its integrated energy between -5 and -35 dB (ISO 3382)."""
    band = butter(4, [low_hz, high_hz], "bandpass", fs=rate, output="sos")
    energy = (sosfiltfilt(band, audio) ** 2).sum(0)
    level = 10 * np.log10(np.cumsum(energy[::-1])[::-1] / energy.sum() + 1e-30)
    inside = np.flatnonzero((level <= -5) & (level >= -35))
    return -60 / np.polyfit(inside / rate, level[inside], 1)[0]


SETTINGS = [
    {"low_s": 2.2, "mid_s": 1.8, "high_s": 0.9},
    {"low_s": 3.0, "mid_s": 1.0, "high_s": 0.5},
    {"low_s": 0.7, "mid_s": 1.0, "high_s": 2.0},
    {"low_s": 6.0, "mid_s": 5.0, "high_s": 2.0, "depth_percent": 100, "rate_hz": 2},
]


@pytest.mark.parametrize("lines", [0, 1])
@pytest.mark.parametrize("values", SETTINGS, ids=lambda v: "-".join(str(v[k]) for k in ("low_s", "mid_s", "high_s")))
def test_sound_decays_as_the_knobs_say(values, lines):
    """Well within each band, both sides together; nearer to the crossovers the decay lies between."""
    values = {**values, "lines": lines, "low_hz": 300, "high_hz": 3500}
    out = response(values, values["low_s"] + values["high_s"])
    found = [decay_s(out, *band) for band in ((30, 130), (700, 1500), (9000, 18_000))]
    np.testing.assert_allclose(found, [values["low_s"], values["mid_s"], values["high_s"]], rtol=0.05)


@pytest.mark.parametrize("rate", [8000, 96_000])
def test_sound_decays_alike_at_any_rate(rate):
    out = response({"low_s": 1.5, "mid_s": 1.5, "high_s": 1.5}, 2, rate)
    assert decay_s(out, 300, 3000, rate) == pytest.approx(1.5, rel=0.05)


def test_nothing_comes_before_the_predelay():
    out = response({"predelay_ms": 100}, 0.5)
    first = np.flatnonzero(np.abs(out).max(0) > 1e-6)[0]
    assert 0.1 * RATE <= first < 0.11 * RATE


def echo_density(audio, start_s, rate=RATE):
    """Share of samples beyond one standard deviation, over a Gaussian's (Abel and Huang, AES 121, 2006)."""
    part = audio[int(start_s * rate) : int((start_s + 0.03) * rate)]
    return (np.abs(part) > part.std()).mean() / 0.3173


@pytest.mark.parametrize("lines, least", [(0, 0.8), (1, 0.9)])
def test_echoes_soon_stand_as_dense_as_noise(lines, least):
    out = response({"lines": lines, "low_s": 2, "mid_s": 2, "high_s": 2}, 1)
    assert np.mean([echo_density(side, at) for side in out for at in np.arange(0.2, 0.6, 0.03)]) > least


@pytest.mark.parametrize("lines, least", [(0, 0.5), (1, 0.53)])
def test_the_late_tail_is_not_coloured(lines, least):
    """Spectral flatness of the tail in windows of 93 ms; white noise has exp(-0.5772) = 0.561."""
    out = response({"lines": lines, "low_s": 2, "mid_s": 2, "high_s": 2}, 1.5)
    windows = out[:, RATE // 3 : RATE // 3 + 8 * 4096].reshape(-1, 4096) * np.hanning(4096)
    power = np.abs(np.fft.rfft(windows))[:, 10:1900] ** 2
    flatness = np.exp(np.log(power).mean(1)) / power.mean(1)
    assert flatness.mean() > least


def test_frozen_sound_stays_and_lets_nothing_in():
    noise = (0.1 * np.random.default_rng(5).standard_normal((2, RATE))).astype(np.float32)
    processor = Processor(EFFECT, RATE, {**WET, "early_percent": 0}, 2)
    processor.process(noise)
    processor.turn({**WET, "early_percent": 0, "freeze": 1})
    out = [processor.process(part) for part in (noise, np.zeros_like(noise), np.zeros_like(noise))]
    levels = [np.sqrt((part[:, RATE // 2 :] ** 2).mean()) for part in out]
    np.testing.assert_allclose(levels, levels[0], rtol=0.03)
    assert levels[0] > 0.01


def test_silence_comes_back_to_exactly_nothing():
    values = {**WET, "low_s": 0.3, "mid_s": 0.3, "high_s": 0.3}
    out = response(values, 6)
    assert not out[:, -RATE // 2 :].any()


@pytest.mark.parametrize("change", [{"lines": 1}, {"freeze": 1}, {"predelay_ms": 120}, {"mix_percent": 20},
                                    {"width_percent": 0}, {"mid_s": 0.4}])  # fmt: skip
def test_turned_knobs_do_not_click(change):
    """A click is wide-band: with a low tone going in, nothing may appear high up that is not there at rest."""
    t = np.arange(2 * RATE) / RATE
    audio = np.tile(0.3 * np.sin(2 * np.pi * 200 * t), (2, 1)).astype(np.float32)
    start = {**WET, "early_percent": 30}
    processor = Processor(EFFECT, RATE, start, 2)
    parts = [processor.process(audio[:, :RATE])]
    knobs = {knob.name: knob for knob in EFFECT.knobs}
    for step in range(1, 13):  # as a host glides: 12 blocks of 128 samples, choices at once
        share = {name: 1 if knobs[name].choices else step / 12 for name in change}
        before = {name: start.get(name, knobs[name].default) for name in change}
        now = {name: before[name] + (change[name] - before[name]) * share[name] for name in change}
        processor.turn({**start, **now})
        parts.append(processor.process(audio[:, RATE + 128 * (step - 1) : RATE + 128 * step]))
    parts.append(processor.process(audio[:, RATE + 12 * 128 :]))
    out = np.hstack(parts).astype(np.float64)[:, RATE // 2 :]
    high = sosfiltfilt(butter(6, 4000, "highpass", fs=RATE, output="sos"), out)[:, 2000:-2000]
    assert np.abs(high).max() < 2e-3 * np.abs(out).max()


def test_width_goes_down_to_mono():
    out = response({"width_percent": 0}, 0.5)
    np.testing.assert_array_equal(out[0], out[1])
    wide = response({"width_percent": 100}, 0.5)
    assert abs(np.corrcoef(wide[:, RATE // 10 :])[0, 1]) < 0.1


def test_no_mix_is_the_input():
    audio = np.random.default_rng(1).standard_normal((2, 5000)).astype(np.float32)
    out = Processor(EFFECT, RATE, {"mix_percent": 0}, 2).process(audio)
    np.testing.assert_array_equal(out, audio)
