"""The gain reduction that an effect says is what it does to the level of a steady sine."""

import numpy as np
import pytest

from dawg_ai.dsp import effect

RATE = 48_000
NAMES = [name for name in effect.names() if effect.load(name).reduction_db]

# Frequency and level of a sine, and knobs that turn it down; it lies inside one band where there are several.
CASES = {
    "compressor": (1000.0, -6.0, {"threshold_db": -37.0, "ratio": 8.0}),
    "deesser": (14_000.0, -12.0, {"threshold_db": -40.0}),
    "gate": (1000.0, -60.0, {"threshold_db": -50.0}),
    "limiter": (1000.0, -6.0, {"drive_db": 10.0}),
    "multiband": (8000.0, -6.0, {"bands": 0.0}),
}


def level_db(x):
    return 10 * np.log10(2 * np.mean(np.square(x, dtype=np.float64)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [1, 2])
def test_what_it_says_is_what_the_level_shows(name, channels):
    hz, in_db, knobs = CASES[name]
    x = np.tile(10 ** (in_db / 20) * np.sin(2 * np.pi * hz * np.arange(3 * RATE) / RATE), (channels, 1))
    processor = effect.Processor(effect.load(name), RATE, knobs, channels)
    assert processor.reduction_db == pytest.approx(0.0, abs=1e-6)
    y = processor.process(x.astype(np.float32))
    found_db = in_db + knobs.get("drive_db", 0.0) - level_db(y[0, -RATE // 2 :])
    assert found_db > 4
    assert processor.reduction_db == pytest.approx(found_db, abs=0.3)


def test_the_compressor_reduces_by_its_static_curve():
    """A constant level 12 dB above the threshold, no knee: 12 (1 - 1/4) = 9 dB; and none is left after a pause."""
    knobs = {"threshold_db": -18.0, "ratio": 4.0, "knee_db": 0.0, "release_ms": 50.0}
    processor = effect.Processor(effect.load("compressor"), RATE, knobs, 1)
    processor.process(np.full((1, RATE + 1), 10 ** (-6 / 20), np.float32))
    assert processor.reduction_db == pytest.approx(9.0, abs=1e-3)
    assert processor.reduction_db == processor.reduction_db
    processor.process(np.zeros((1, 2 * RATE), np.float32))
    assert processor.reduction_db == pytest.approx(0.0, abs=1e-6)


def test_one_that_turns_nothing_down_says_0():
    assert effect.Processor(effect.load("delay"), RATE, {}, 2).reduction_db == 0.0
