import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects.compressor import EFFECT as COMPRESSOR
from dawg_ai.dsp.effects.deesser import EFFECT

RATE = 44_100
NOISE = (0.1 * np.random.default_rng(1).standard_normal((2, 20_000))).astype(np.float32)
TIME = np.arange(RATE) / RATE


def rendered(audio, values):
    return Processor(EFFECT, RATE, values, len(audio)).process(audio)


def bands(audio, hz):
    return [sosfilt(np.vstack([butter(2, hz, kind, fs=RATE, output="sos")] * 2), audio) for kind in ("low", "high")]


def test_the_upper_band_goes_through_a_compressor():
    """Both bands by scipy."""
    values = {"threshold_db": -40, "ratio": 4, "attack_ms": 1, "release_ms": 60}
    low, high = bands(NOISE, 4000)
    turned_down = Processor(COMPRESSOR, RATE, values | {"knee_db": 6}, 2).process(high.astype(np.float32))
    out = rendered(NOISE, values | {"crossover_hz": 4000, "range_db": 24})
    np.testing.assert_allclose(out, low + turned_down, atol=1e-6)
    assert np.abs(out - low - high).max() > 0.05


@pytest.mark.parametrize("range_db", [0, 3, 12])
def test_an_s_is_turned_down_by_the_range_at_most_and_the_voice_is_not(range_db):
    voice, s = 0.3 * np.sin(2 * np.pi * 200 * TIME), 0.3 * np.sin(2 * np.pi * 9000 * TIME)
    values = {"threshold_db": -50, "ratio": 20, "range_db": range_db}
    out = rendered((voice + s)[None].astype(np.float32), values)[0, RATE // 2 :]
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out)))) / (0.25 * len(out))
    level_db = 20 * np.log10(spectrum[[100, 4500]] / 0.3)
    assert level_db[0] == pytest.approx(0, abs=0.02)
    assert -range_db - 0.02 < level_db[1] < -0.8 * range_db + 0.02  # between its peaks a sine is not that loud


def test_what_is_below_the_threshold_passes_flat():
    impulse = np.zeros((1, 1 << 14), np.float32)
    impulse[0, 0] = 1e-3
    level_db = 20 * np.log10(np.abs(np.fft.rfft(rendered(impulse, {})[0].astype(float))) / 1e-3)
    assert np.abs(level_db).max() < 1e-4
