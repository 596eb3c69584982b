"""Beats are reported when they sound: a bias of a frame is 12 ms, which is heard when something is set to them."""

import numpy as np
import pytest

from dawg_ai.dsp.meters.mel import HOP
from dawg_ai.dsp.meters.rhythm import measure


def beaten(kind, rate_hz, times_s, seconds):
    """Something that begins at each of the times, to the sample."""
    rng = np.random.default_rng(0)
    sound = np.zeros((1, int(seconds * rate_hz)))
    at_s = np.arange(int(0.12 * rate_hz)) / rate_hz
    for time_s in times_s:
        struck = {
            "click": np.where(at_s == 0, 1.0, 0.0),
            "noise": rng.normal(size=len(at_s)) * np.exp(-40 * at_s),
        }[kind]
        start = round(time_s * rate_hz)
        sound[0, start : start + len(struck)] += 0.3 * struck
    return sound.astype(np.float32)


@pytest.mark.parametrize("bpm", [97.3, 143.7])
@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000])
@pytest.mark.parametrize("kind", ["click", "noise"])
def test_beats_are_neither_early_nor_late(kind, rate_hz, bpm):
    """A frame says when to half of itself; over beats that fall anywhere in a frame that averages out."""
    times_s = np.arange(0.35, 19, 60 / bpm)
    found = measure(beaten(kind, rate_hz, times_s, 20), rate_hz)
    frame_s = HOP / rate_hz
    late_s = found.beats_s[:, None] - times_s
    late_s = late_s[np.arange(len(late_s)), np.abs(late_s).argmin(1)]
    assert len(late_s) == pytest.approx(len(times_s), abs=2)
    assert abs(late_s.mean()) < 0.35 * frame_s
    assert np.abs(late_s).max() < 1.5 * frame_s


def test_the_first_beat_moves_with_the_sound():
    times_s = np.arange(0.35, 12, 0.5)
    first_s = []
    for later_s in (0.0, 0.1, 0.2):
        found = measure(beaten("click", 44_100, times_s + later_s, 13), 44_100)
        first_s.append(found.beats_s[np.abs(found.beats_s - 5.85 - later_s).argmin()] - later_s)
    np.testing.assert_allclose(first_s, 5.85, atol=0.012)
