"""Room acoustics beside closed forms of exponential decays, and beside rooms of known times."""

import json

import numpy as np
import pytest

from dawg_ai import audio
from dawg_ai.analysis import room
from dawg_ai.cli import main

RATE_HZ = 44_100


def decaying(t60_s, seconds=3.0, floor_db=-120.0, seed=0, channels=1):
    """Noise that decays by 60 dB in `t60_s`, over a steady noise floor."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    floor = 10 ** (floor_db / 20)
    level = 10 ** (-3 * time / t60_s)
    return (rng.normal(0, 0.1, (channels, len(time))) * level + 0.1 * floor * rng.normal(0, 1, len(time))).astype(
        np.float32
    )


@pytest.mark.parametrize("t60_s", [0.3, 1.0, 2.5])
def test_an_exponential_decay_has_its_time_and_its_ratios(t60_s):
    whole = room.measure(decaying(t60_s), RATE_HZ)[0].figures
    for name in ("edt_s", "t20_s", "t30_s"):
        assert whole[name] == pytest.approx(t60_s, rel=0.06), name
    early = {limit: 1 - 10 ** (-6 * limit / t60_s) for limit in (0.05, 0.08)}
    assert whole["c50_db"] == pytest.approx(10 * np.log10(early[0.05] / (1 - early[0.05])), abs=0.4)
    assert whole["c80_db"] == pytest.approx(10 * np.log10(early[0.08] / (1 - early[0.08])), abs=0.4)
    assert whole["d50_percent"] == pytest.approx(100 * early[0.05], abs=2)


@pytest.mark.parametrize(("floor_db", "stated"), [(-60.0, True), (-50.0, True), (-40.0, False)])
def test_a_noise_floor_does_not_make_a_decay_longer(floor_db, stated):
    figures = room.measure(decaying(1.2, floor_db=floor_db), RATE_HZ)[0].figures
    assert figures["t20_s"] == pytest.approx(1.2, rel=0.06)
    assert (figures["t30_s"] is not None) == stated
    if stated:
        assert figures["t30_s"] == pytest.approx(1.2, rel=0.06)


def test_each_band_has_its_own_time():
    """High frequencies that decay faster, put together from octaves of noise by the Fourier transform."""
    rng = np.random.default_rng(1)
    samples = 3 * RATE_HZ
    hz = np.fft.rfftfreq(samples, 1 / RATE_HZ)
    time = np.arange(samples) / RATE_HZ
    right = {250.0: 2.0, 1000.0: 1.2, 4000.0: 0.6}
    response = np.zeros(samples)
    for center_hz, t60_s in right.items():
        spectrum = np.fft.rfft(rng.normal(0, 0.1, samples))
        spectrum[(hz < center_hz / 2) | (hz > center_hz * 2)] = 0
        response += np.fft.irfft(spectrum, samples) * 10 ** (-3 * time / t60_s)
    found = {band.center_hz: band.figures for band in room.measure(np.float32([response]), RATE_HZ)}
    for center_hz, t60_s in right.items():
        assert found[center_hz]["t20_s"] == pytest.approx(t60_s, rel=0.12), center_hz


def test_the_time_before_the_direct_sound_does_not_count():
    plain = decaying(0.8)
    late = np.concatenate([1e-6 * decaying(5.0)[:, :20_000], plain], axis=1)
    one, other = (room.measure(each, RATE_HZ)[0].figures for each in (plain, late))
    assert one == pytest.approx(other, rel=1e-3, nan_ok=True)


def test_a_click_has_no_reverberation_and_channels_add_up():
    click = np.zeros((2, RATE_HZ), np.float32)
    click[:, 100] = 1.0
    figures = room.measure(click, RATE_HZ)[0].figures
    assert figures["t20_s"] is None and figures["d50_percent"] == pytest.approx(100)
    stereo = room.measure(decaying(1.0, channels=2), RATE_HZ)[0].figures
    assert stereo["t30_s"] == pytest.approx(1.0, rel=0.06)


def test_the_command_prints_a_table_and_json(tmp_path, capsys):
    path = tmp_path / "hall.wav"
    audio.write(path, decaying(1.0), RATE_HZ)
    assert main(["analyse", str(path), "--impulse-response"]) == 0
    printed = capsys.readouterr().out
    assert "T30" in printed and "1000 Hz" in printed and "EDT" in printed
    assert main(["analyse", str(path), "--impulse-response", "--json"]) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert file["bands"][0]["center_hz"] is None
    assert file["bands"][0]["figures"]["t30_s"] == pytest.approx(1.0, rel=0.06)
    assert main(["analyse", str(tmp_path / "none.wav"), "--impulse-response"]) == 1
