"""Mixing: panning, faders, sends, the tempo-synced delay and side-chain ducking."""

from dataclasses import replace

import numpy as np
import pytest

from dawg_ai import compose
from dawg_ai.compose import mix, rack
from dawg_ai.compose.rack import RATE
from dawg_ai.compose.styles import SOUNDS

PUMPING = [style for style, sound in SOUNDS.items() if sound.ducking_db]


@pytest.mark.parametrize("pan", [-1.0, -0.3, 0.0, 0.8])
def test_panning_keeps_the_power(pan):
    left, right = mix.pan_gains(pan)
    assert left**2 + right**2 == pytest.approx(2, abs=1e-5)
    assert (right > left) == (pan > 0)


def test_a_fader_measures_the_passages_that_sound():
    stem = np.zeros((2, 10 * RATE), np.float32)
    stem[:, : 2 * RATE] = 0.1 * np.random.default_rng(0).standard_normal((2, 2 * RATE))
    stem *= mix.fader(stem, -20)
    assert 20 * np.log10(stem[:, : 2 * RATE].std()) == pytest.approx(-20, abs=0.3)


def test_a_send_adds_to_its_bus():
    stem, bus = np.ones((2, 100_000), np.float32), np.ones((2, 100_000), np.float32)
    mix.send(stem, bus, -20)
    np.testing.assert_allclose(bus, 1.1, rtol=1e-6)


def test_echoes_are_dotted_eighths_from_side_to_side():
    click = np.zeros((2, 3 * RATE), np.float32)
    click[:, 0] = 0.5
    echoes = rack.process(click, mix.delay(SOUNDS["house"], 100.0))
    late = round(0.75 * 60 / 100 * RATE)
    first, second = (np.abs(echoes[:, at - 20 : at + 40]).max(axis=1) for at in (late, 2 * late))
    assert first[0] > 0.1 and second[1] > 0.03
    assert max(first[1], second[0]) < 1e-4


def test_the_reverb_lasts_as_long_as_asked_and_has_no_low_end():
    click = np.zeros((2, 3 * RATE), np.float32)
    click[:, 0] = 0.5
    sound = replace(SOUNDS["rock"], reverb_s=1.0, reverb_high_hz=12_000)
    tail = rack.process(click, *mix.reverb(sound))
    early, late = ((tail[:, at : at + RATE // 5] ** 2).sum() for at in (RATE // 5, RATE * 7 // 10))
    assert 10 * np.log10(early / late) == pytest.approx(60 * 0.5 / 0.9, abs=4)
    spectrum = np.abs(np.fft.rfft(tail)).mean(axis=0) ** 2
    assert spectrum[60:150].mean() < 0.1 * spectrum[1500:3000].mean()  # 20 to 50 Hz, 500 to 1000 Hz


@pytest.mark.parametrize("style", PUMPING)
def test_the_kick_ducks_the_music(style):
    score, sound = compose.write(style, 1), SOUNDS[style]
    samples = 12 * RATE
    _, kick = mix.play_drums(score.drums, score.beat_s, sound, samples, np.random.default_rng(0))
    steady = np.full((2, samples), 0.1, np.float32)
    gain_db = 20 * np.log10(rack.side_chain(steady, mix.ducking(sound), kick)[0] / 0.1)
    assert gain_db.min() == pytest.approx(-sound.ducking_db, abs=0.35 * sound.ducking_db)
    assert gain_db.max() == pytest.approx(0, abs=0.01)
