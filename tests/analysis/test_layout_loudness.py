"""Loudness of channel layouts: each channel by its weight, the low-frequency one by none, true peak of all."""

import numpy as np
import pytest

from dawg_ai.analysis.loudness import measure
from dawg_ai.audio import held, layout
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.dsp.meters.true_peak import true_peak_db

RATE_HZ = 48_000
# ITU-R BS.1770-5, table 3; back channels weigh as surrounds do, as in FFmpeg.
WEIGHTS = {"FL": 1, "FR": 1, "FC": 1, "LFE": 0, "BL": 1.41, "BR": 1.41, "BC": 1.41, "SL": 1.41, "SR": 1.41}
LAYOUTS = {
    "mono": "FC",
    "stereo": "FL FR",
    "2.1": "FL FR LFE",
    "3.0": "FL FR FC",
    "3.1": "FL FR FC LFE",
    "4.0": "FL FR FC BC",
    "quad": "FL FR BL BR",
    "5.0": "FL FR FC BL BR",
    "5.1": "FL FR FC LFE BL BR",
    "5.1(side)": "FL FR FC LFE SL SR",
    "6.1": "FL FR FC LFE BC SL SR",
    "7.1": "FL FR FC LFE BL BR SL SR",
}


def tone(level_db: float, hz: float = 1000.0, seconds: float = 4.0) -> np.ndarray:
    return 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_channel_counts_by_its_weight(name: str):
    speakers = LAYOUTS[name].split()
    rng = np.random.default_rng(1)
    sound = (0.05 * rng.standard_normal((len(speakers), 4 * RATE_HZ))).astype(np.float32)
    sound *= np.float32(1.3) ** np.arange(len(speakers), dtype=np.float32)[:, None]
    alone = [10 ** (integrated_lufs(channel[None], RATE_HZ) / 10) for channel in sound]
    right = 10 * np.log10(sum(WEIGHTS[speaker] * power for speaker, power in zip(speakers, alone, strict=True)))
    found = measure(held(sound, RATE_HZ, layout.MASKS[name]))
    assert found.integrated_lufs == pytest.approx(right, abs=0.02)
    assert found.true_peak_db == pytest.approx(true_peak_db(sound), abs=1e-6)


def test_case_6_of_ebu_tech_3341():
    levels = (-28, -28, -24, -30, -30)
    five = np.array([tone(level, seconds=20) for level in levels], np.float32)
    assert measure(held(five, RATE_HZ)).integrated_lufs == pytest.approx(-23.0, abs=0.1)
    six = np.insert(five, 3, tone(-3, 60, 20), axis=0)
    found = measure(held(six, RATE_HZ))
    assert found.integrated_lufs == pytest.approx(-23.0, abs=0.1)
    assert found.true_peak_db == pytest.approx(-3.0, abs=0.1)  # of the low-frequency channel


def test_channels_of_an_unknown_layout_weigh_the_same():
    nine = np.tile(tone(-30), (9, 1)).astype(np.float32)
    found = measure(held(nine, RATE_HZ))
    assert found.integrated_lufs == pytest.approx(-30 - 3.01 + 10 * np.log10(9), abs=0.05)
    assert found.true_peak_db == pytest.approx(-30, abs=0.1)


def test_a_silent_sound_has_no_loudness():
    assert measure(held(np.zeros((6, RATE_HZ), np.float32), RATE_HZ)).integrated_lufs == -np.inf
