import numpy as np
import pytest
from scipy.signal import butter, sosfreqz

from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects import stereo

RATE = 44_100
NOISE = (0.2 * np.random.default_rng(7).standard_normal((2, 20_000))).astype(np.float32)


def rendered(audio, **knobs):
    return Processor(stereo.EFFECT, RATE, knobs, channels=len(audio)).process(audio)


def side_response(frequencies, **knobs):
    """Complex gain of the side signal."""
    impulse = np.zeros((2, 1 << 16), np.float32)
    impulse[:, 0] = 0.5, -0.5
    out = rendered(impulse, **knobs).astype(float)
    assert np.abs(out[0] + out[1]).max() < 1e-7  # no mid comes of a side
    spectrum = np.fft.rfft(out[0] - out[1])
    return spectrum[np.round(np.asarray(frequencies) / RATE * (1 << 16)).astype(int)]


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_defaults_leave_every_sample_alone(channels):
    audio = np.vstack([NOISE, NOISE])[:channels]
    np.testing.assert_array_equal(rendered(audio), audio)


def test_no_width_is_mono_and_double_width_doubles_the_side():
    bands = ("low_percent", "middle_percent", "high_percent")
    mono = rendered(NOISE, **dict.fromkeys(bands, 0))
    np.testing.assert_allclose(mono, np.tile(NOISE.mean(axis=0, dtype=float), (2, 1)), atol=1e-7)
    wide = rendered(NOISE, **dict.fromkeys(bands, 200))
    np.testing.assert_allclose(wide[0] - wide[1], 2 * (NOISE[0] - NOISE[1]), atol=1e-6)
    np.testing.assert_allclose(wide[0] + wide[1], NOISE[0] + NOISE[1], atol=1e-6)


def test_bands_are_where_the_crossovers_say():
    for band, hz in (("low_percent", 20), ("middle_percent", 1000), ("high_percent", 20_000)):
        gains = np.abs(side_response([20, 1000, 20_000], **{band: 0}))
        for other, gain in zip((20, 1000, 20_000), gains, strict=True):
            assert gain < 0.3 if other == hz else gain > 0.7
    at_lower = side_response([250], low_percent=0, lower_hz=250)[0]
    assert abs(at_lower) == pytest.approx(np.sqrt(0.5), abs=0.01)


def test_mono_below_is_a_butterworth_high_pass_on_the_side_alone():
    frequencies = np.array([45, 89, 178, 300, 1500, 15_000]) * RATE / (1 << 16)  # bins of the transform
    _, true = sosfreqz(butter(4, 120, "highpass", fs=RATE, output="sos"), frequencies, fs=RATE)
    found = np.abs(side_response(frequencies, mono_hz=120))
    np.testing.assert_allclose(20 * np.log10(found), 20 * np.log10(np.abs(true)), atol=0.01)
    mid = np.vstack([NOISE[0], NOISE[0]])
    np.testing.assert_array_equal(rendered(mid, mono_hz=120), mid)


def test_balance_turns_the_other_side_down():
    np.testing.assert_array_equal(rendered(NOISE, balance_percent=100)[1], NOISE[1])
    assert not rendered(NOISE, balance_percent=100)[0].any()
    np.testing.assert_allclose(rendered(NOISE, balance_percent=-50), NOISE * [[1], [0.5]], atol=1e-7)


def test_polarity():
    for choice, signs in enumerate(([1, 1], [-1, 1], [1, -1], [-1, -1])):
        np.testing.assert_array_equal(rendered(NOISE, polarity=choice), NOISE * np.float32(signs)[:, None])


@pytest.mark.parametrize("change", [{"polarity": 1}, {"balance_percent": 100}, {"low_percent": 0}, {"mono_hz": 300}])
def test_turned_knobs_do_not_click(change):
    audio = np.float32([np.sin(np.arange(20_000) / 150), np.cos(np.arange(20_000) / 150)]) * 0.5
    processor = Processor(stereo.EFFECT, RATE, {}, 2)
    before = processor.process(audio[:, :7000])
    processor.turn(change)
    whole = np.hstack([before, processor.process(audio[:, 7000:])])
    assert np.abs(np.diff(whole)).max() < 0.02  # the tones move by 0.003; a jump would be of 0.3 and more
    assert np.abs(whole - audio)[:, -2000:].max() > 0.05
