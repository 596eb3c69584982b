"""Sample rates and knobs: what is held within range, and that effects are right at both ends of it."""

import numpy as np
import pytest
from scipy.signal import resample

from dawg_ai.dsp.effect import Processor, load
from dawg_ai.dsp.limits import MAX_RATE_HZ, MIN_RATE_HZ, hold_knobs, hold_rate

ENDS = [MIN_RATE_HZ, MAX_RATE_HZ]


@pytest.mark.parametrize(
    ("given", "held"),
    [
        (0.0, 4_000),
        (-1e9, 4_000),
        (44_100.0, 44_100),
        (1e9, 384_000),
        (float("inf"), 384_000),
        (float("nan"), 44_100),
    ],
)
def test_a_rate_is_held_within_range(given, held):
    assert hold_rate(given) == held


def test_knobs_are_held_within_their_ranges():
    knobs, ranges = np.array([-9.0, 0.25, 9.0, np.nan, np.inf]), np.array([[0.0] * 5, [0.5] * 5, [1.0] * 5])
    hold_knobs(knobs, ranges)
    assert knobs.tolist() == [0.0, 0.25, 1.0, 0.5, 1.0]


@pytest.mark.parametrize("rate", ENDS)
def test_a_room_decays_in_the_time_asked_for(rate):
    knobs = {"early_percent": 0, "depth_percent": 0, "mix_percent": 100, "low_s": 1, "mid_s": 1, "high_s": 1}
    impulse = np.zeros((2, 2 * rate), np.float32)
    impulse[:, 0] = 1.0
    energy = np.square(Processor(load("reverb"), rate, knobs, 2).process(impulse), dtype=np.float64).sum(0)
    remaining_db = 10 * np.log10(np.cumsum(energy[::-1])[::-1] / energy.sum() + 1e-30)
    t60_s = 2 * ((remaining_db < -35).argmax() - (remaining_db < -5).argmax()) / rate
    assert t60_s == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("rate", ENDS)
def test_the_ceiling_holds(rate):
    tone = np.float32([3 * np.sin(2 * np.pi * 0.2 * np.arange(rate) + phase) for phase in (0, 1)])
    out = Processor(load("limiter"), rate, {"ceiling_db": -1}, 2).render(tone)
    assert -1.3 < 20 * np.log10(np.abs(resample(out[0], 16 * rate)).max()) < -0.9


@pytest.mark.parametrize("rate", ENDS)
@pytest.mark.parametrize("name", ["compressor", "gate"])
def test_the_longest_look_ahead_is_as_long(name, rate):
    processor = Processor(load(name), rate, {"lookahead_ms": 10}, 1)
    impulse = np.zeros((1, rate // 10), np.float32)
    impulse[:, 0] = 0.1
    assert processor.process(impulse)[0].argmax() == processor.latency_samples == round(0.01 * rate)
