import numpy as np
import pytest
from scipy.signal import butter, sosfilt, sosfreqz

from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects.compressor import EFFECT as COMPRESSOR
from dawg_ai.dsp.effects.multiband import BAND_COUNTS, EFFECT

RATE = 44_100
IDLE = {f"band{number}_ratio": 1 for number in range(1, 6)}
EDGES = (120.0, 900.0, 3500.0, 11_000.0)
TONES = np.geomspace(20, 20_000, 200)


def values(bands, **more):
    edges = {f"crossover{i + 1}_hz": hz for i, hz in enumerate(EDGES)}
    return IDLE | edges | {"bands": BAND_COUNTS.index(str(bands))} | more


def rendered(audio, knobs, rate=RATE):
    return Processor(EFFECT, rate, knobs, len(audio)).process(audio)


def response(knobs):
    impulse = np.zeros((1, 1 << 16), np.float32)
    impulse[0, 0] = 1
    out = rendered(impulse, knobs)[0].astype(float)
    return np.exp(-2j * np.pi * np.outer(TONES / RATE, np.arange(1 << 14))) @ out[: 1 << 14]


@pytest.mark.parametrize("bands", [2, 3, 4, 5])
@pytest.mark.parametrize("mix_percent", [100, 40])
def test_bands_add_up_flat(bands, mix_percent):
    level_db = 20 * np.log10(np.abs(response(values(bands, mix_percent=mix_percent))))
    assert np.abs(level_db).max() < 1e-4


def test_bands_whose_crossovers_cross_add_up_flat():
    swapped = values(4, crossover1_hz=5000, crossover2_hz=300, crossover3_hz=300)
    assert np.abs(20 * np.log10(np.abs(response(swapped)))).max() < 1e-4


def linkwitz_riley(kind, hz):
    _, h = sosfreqz(butter(2, hz, kind, fs=RATE, output="sos"), TONES, fs=RATE)
    return h**2


@pytest.mark.parametrize("bands", [2, 3, 5])
def test_each_band_is_cut_out_by_filters_of_fourth_order(bands):
    """A band turned up by 12 dB adds to the sum what Linkwitz and Riley's filters, by scipy, let through."""
    flat = response(values(bands))
    for band in range(bands):
        added = np.abs(response(values(bands, **{f"band{band + 1}_gain_db": 12})) - flat) / (10 ** (12 / 20) - 1)
        true = np.ones(len(TONES))
        for hz in EDGES[:band][: bands - 1]:
            true = true * np.abs(linkwitz_riley("high", hz))
        if band < bands - 1:
            true = true * np.abs(linkwitz_riley("low", EDGES[band]))
        np.testing.assert_allclose(added, true, atol=2e-6)


def test_a_band_is_compressed_as_the_compressor_does():
    """The upper of two bands alone, cut out by scipy, through the compressor."""
    noise = (0.3 * np.random.default_rng(1).standard_normal((2, 20_000))).astype(np.float32)
    bands = [sosfilt(np.vstack([butter(2, 120, kind, fs=RATE, output="sos")] * 2), noise) for kind in ("low", "high")]
    own = {"threshold_db": -30, "ratio": 5, "attack_ms": 3, "release_ms": 80}
    upper = Processor(COMPRESSOR, RATE, own | {"knee_db": 6, "makeup_db": 3}, 2).process(bands[1].astype(np.float32))
    knobs = values(2, band2_gain_db=3, knee_db=6, **{f"band2_{name}": value for name, value in own.items()})
    out = rendered(noise, knobs)
    np.testing.assert_allclose(out, bands[0] + upper, atol=2e-6)
    assert np.abs(out - noise).max() > 0.1


def test_gains_glide():
    tone = (0.3 * np.sin(2 * np.pi * 100 / RATE * np.arange(20_000)))[None].astype(np.float32)
    processor = Processor(EFFECT, RATE, values(3), 1)
    before = processor.process(tone[:, :10_060])
    processor.turn(values(3, band1_gain_db=12))
    out = np.hstack([before, processor.process(tone[:, 10_060:])])
    high = sosfilt(butter(4, 6000, "high", fs=RATE, output="sos"), out[0])
    assert np.abs(out).max() > 0.5 and np.abs(high[9000:]).max() < 3e-3


def test_no_denormals_after_the_sound_ends():
    processor = Processor(EFFECT, RATE, values(5, **{f"band{n}_threshold_db": -40 for n in range(1, 6)}), 2)
    processor.process((0.3 * np.random.default_rng(1).standard_normal((2, 10_000))).astype(np.float32))
    for _ in range(15):
        silence = processor.process(np.zeros((2, RATE), np.float32))
    assert not silence.any()
    for name in ("state", "reductions"):
        size = np.abs(processor.memory[name])
        assert size[size > 0].min() > 1e-300, name


def test_a_crossover_that_jumps_does_not_click():
    """It shifts the phase of a tone on its way, slowly: no energy far from the tone, and the level stays."""
    tone = (0.5 * np.sin(2 * np.pi * 500 * np.arange(2 * RATE) / RATE))[None].astype(np.float32)
    processor = Processor(EFFECT, RATE, values(2, crossover1_hz=100), 1)
    before = processor.process(tone[:, :40_003])
    processor.turn(values(2, crossover1_hz=8000))
    out = np.hstack([before, processor.process(tone[:, 40_003:])])[0]
    far = sosfilt(butter(8, 3000, "high", fs=RATE, output="sos"), out)[2000:]
    assert np.abs(far).max() < 1e-3  # 54 dB below the tone
    assert np.abs(out).max() < 0.56
    assert np.abs(out[-4410:]).max() == pytest.approx(0.5, rel=1e-3)
