from itertools import pairwise

import numpy as np
import pytest

from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects import saturation
from dawg_ai.dsp.effects.saturation import HARD_CLIP, SOFT_CLIP, TAPE, TRANSFORMER, TUBE

RATE = 44_100
SIZE = 1 << 14
ONE, TWO, FOUR, EIGHT, SMOOTH = range(5)


def rendered(audio, **knobs):
    processor = Processor(saturation.EFFECT, RATE, knobs, channels=len(audio))
    return processor.process(audio), processor.latency_samples


def tone(hz, peak=1.0):
    """Two periods of `SIZE` samples, of a tone at an odd bin near `hz`, and that bin."""
    k = round(hz / RATE * SIZE) | 1
    return np.float32([peak * np.sin(2 * np.pi * k * np.arange(2 * SIZE) / SIZE)]), k


def powers(audio):
    return np.abs(np.fft.rfft(audio[0, SIZE:].astype(float))) ** 2


def alias_db(hz, **knobs):
    """Power below 20 kHz that is no overtone, over that of the fundamental."""
    audio, k = tone(hz)
    power = powers(rendered(audio, **knobs)[0])
    folded = power[: int(20_000 / RATE * SIZE) + 1].copy()
    folded[::k] = 0
    return 10 * np.log10(folded.sum() / power[k])


@pytest.mark.parametrize(
    ("rate", "drive_db", "hz", "measured"),
    [
        (ONE, 14, 5000, -15.8),
        (TWO, 14, 5000, -43.0),
        (FOUR, 14, 1000, -143),
        (FOUR, 14, 5000, -91.2),  # the bar: -90
        (EIGHT, 14, 10_000, -97.0),
        (FOUR, 26, 10_000, -24.5),
        (SMOOTH, 26, 1000, -123),
        (SMOOTH, 26, 5000, -81.0),
        (SMOOTH, 26, 10_000, -72.4),  # the bar: -70
    ],
)
def test_aliasing_of_tanh(rate, drive_db, hz, measured):
    found = alias_db(hz, kind=SOFT_CLIP, oversampling=rate, drive_db=drive_db)
    assert found == pytest.approx(measured, abs=0.3) if measured > -100 else found < measured


def test_aliasing_of_hard_clipping():
    found = [alias_db(5000, kind=HARD_CLIP, oversampling=rate, drive_db=14) for rate in (FOUR, SMOOTH)]
    assert found == pytest.approx([-44.6, -88.9], abs=0.3)


@pytest.mark.parametrize("rate", [TWO, FOUR, EIGHT, SMOOTH])
def test_quiet_sound_comes_through_late_and_unchanged(rate):
    """What is too quiet to be distorted shows the filters alone: no droop of 0.05 dB below 18 kHz."""
    impulse = np.zeros((1, 8192), np.float32)
    impulse[0, 0] = 1e-4
    out, late = rendered(impulse, kind=SOFT_CLIP, drive_db=0, oversampling=rate)
    response = np.fft.rfft(out[0].astype(float)) / 1e-4
    f = np.arange(len(response)) * RATE / 8192
    undelayed = (response * np.exp(2j * np.pi * f / RATE * late))[f <= 18_000]
    level = 20 * np.log10(np.abs(undelayed))
    assert np.ptp(level) < 0.01
    assert np.abs(np.angle(undelayed)).max() < 1e-3


@pytest.mark.parametrize("kind", [TRANSFORMER, TAPE])
def test_the_shelf_before_is_undone_after(kind):
    impulse = np.zeros((1, 65_536), np.float32)
    impulse[0, 0] = 1e-4
    out, _ = rendered(impulse, kind=kind, drive_db=0, oversampling=ONE)
    level = 20 * np.log10(np.abs(np.fft.rfft(out[0].astype(float))) / 1e-4)
    assert np.ptp(level[100:]) < 0.01  # above 67 Hz, where the high-pass at 3 Hz no longer counts


def overtones_db(kind, hz=220, **knobs):
    audio, k = tone(hz, 0.5)
    power = powers(rendered(audio, kind=kind, drive_db=12, **knobs)[0])
    return 10 * np.log10(power[[2 * k, 3 * k, 4 * k, 5 * k]] / power[k])


def test_the_tube_is_even_and_the_others_odd():
    second, third, fourth, _ = overtones_db(TUBE)
    assert second > -20 and fourth > -45 and second > third - 12
    for kind in (TRANSFORMER, TAPE, SOFT_CLIP, HARD_CLIP):
        second, third, fourth, _ = overtones_db(kind)
        assert third > -30 and max(second, fourth) < -100


def lost_db(kind, hz):
    """How much less of a loud tone comes through than of a quiet one."""
    through = []
    for peak in (0.01, 0.5):
        audio, k = tone(hz, peak)
        through.append(powers(rendered(audio, kind=kind, drive_db=12)[0])[k] / powers(audio)[k])
    return 10 * np.log10(through[0] / through[1])


def test_transformer_bends_lows_and_tape_highs():
    assert lost_db(SOFT_CLIP, 60) == pytest.approx(lost_db(SOFT_CLIP, 8000), abs=0.01)
    assert lost_db(TRANSFORMER, 60) > lost_db(TRANSFORMER, 8000) + 4
    assert lost_db(TAPE, 8000) > lost_db(TAPE, 60) + 4


def test_bias_brings_even_overtones():
    assert overtones_db(SOFT_CLIP, bias=0.5)[0] > -25 > -100 > overtones_db(SOFT_CLIP)[0]


@pytest.mark.parametrize("kind", range(5))
@pytest.mark.parametrize("drive_db", [0, 12, 24])
def test_drive_does_not_make_louder(kind, drive_db):
    """Within 1 dB: what is nearly a square wave overshoots by some percent where its overtones end."""
    audio, _ = tone(1000, 0.25)
    out, _ = rendered(audio, kind=kind, drive_db=drive_db)
    assert np.ptp(out[0, SIZE:]) / 2 == pytest.approx(0.25, rel=0.12)


def test_soft_clipping_is_tanh_and_hard_clipping_a_limit():
    audio = np.linspace(-1, 1, 40_001, dtype=np.float32)[None]
    for kind, curve in ((SOFT_CLIP, np.tanh), (HARD_CLIP, lambda v: np.clip(v, -1, 1))):
        out, _ = rendered(audio, kind=kind, drive_db=20, oversampling=ONE)
        true = curve(10 * audio.astype(float)) * 0.25 / curve(2.5)
        assert np.abs(out - true).max() < 5e-7 * 0.25


@pytest.mark.parametrize("rate", range(5))
def test_without_the_wet_sound_it_is_a_delay_of_the_stated_latency(rate):
    noise = (0.3 * np.random.default_rng(4).standard_normal((2, 3000))).astype(np.float32)
    out, late = rendered(noise, mix_percent=0, oversampling=rate)
    np.testing.assert_array_equal(out[:, late:], noise[:, : 3000 - late])
    assert not out[:, :late].any()


def test_dry_and_wet_do_not_cancel():
    """At low drive both are the same sound; were they apart by half a sample, 18 kHz would lose 5 dB."""
    audio, k = tone(18_000, 0.01)
    for rate in range(5):
        both, _ = rendered(audio, kind=SOFT_CLIP, drive_db=0, mix_percent=50, oversampling=rate)
        apart = 0.5 + 0.5 * 0.25 / np.tanh(0.25)
        assert np.sqrt(powers(both)[k] / powers(audio)[k]) == pytest.approx(apart, rel=1e-3)


def test_a_biased_waveshaper_leaves_no_dc():
    audio, _ = tone(100, 0.5)
    out, _ = rendered(np.tile(audio, 6), kind=TUBE, drive_db=20)
    assert abs(out[0, -SIZE:].mean()) < 1e-3 * np.abs(out[0, -SIZE:]).max()


def test_tone_tilts_around_a_kilohertz():
    for hz, gain_db in ((40, -6), (1000, 0), (18_000, 6)):
        audio, k = tone(hz, 0.001)
        out, _ = rendered(audio, kind=SOFT_CLIP, drive_db=0, tone_db=6)
        assert 10 * np.log10(powers(out)[k] / powers(audio)[k]) == pytest.approx(gain_db, abs=0.3)


@pytest.mark.parametrize("change", [{"drive_db": 24}, {"bias": 1}, {"mix_percent": 20}, {"output_db": -12}])
def test_turned_knobs_do_not_click(change):
    """A jump would be of a tenth and more."""
    audio, _ = tone(100, 0.3)
    start = {"kind": SOFT_CLIP, "drive_db": 6, "mix_percent": 100, "oversampling": FOUR}
    processor = Processor(saturation.EFFECT, RATE, start, 1)
    before = processor.process(audio[:, :8000])
    processor.turn(start | change)
    after = processor.process(audio[:, 8000:])
    at_rest = Processor(saturation.EFFECT, RATE, start | change, 1).process(audio)
    steepest = max(np.abs(np.diff(each)).max() for each in (before, at_rest[:, 1000:]))
    assert np.abs(np.diff(np.hstack([before, after]))).max() < steepest + 0.006
    assert np.abs(after - at_rest[:, 8000:])[0, -4000:].max() < 1e-3  # and it has got there


@pytest.mark.parametrize("rate", range(5))
@pytest.mark.parametrize("kind", [TUBE, HARD_CLIP])
def test_long_blocks_equal_short_ones(kind, rate):
    """Long blocks go in sixteen parts side by side, which must leave no trace."""
    noise = (0.3 * np.random.default_rng(5).standard_normal((2, 40_000))).astype(np.float32)
    knobs = {"kind": kind, "oversampling": rate, "bias": 0.2}
    whole, _ = rendered(noise, **knobs)
    processor = Processor(saturation.EFFECT, RATE, knobs, 2)
    sizes, start, parts = (128, 5000, 1, 4096, 9000, 77), 0, []
    while start < noise.shape[1]:
        parts.append(processor.process(noise[:, start : start + sizes[len(parts) % 6]]))
        start += parts[-1].shape[1]
    np.testing.assert_array_equal(np.hstack(parts), whole)


def test_a_knob_turned_before_a_long_block_glides():
    audio, _ = tone(100, 0.3)
    turned = []
    for sizes in ((20_000,), (128,) * 160):
        processor = Processor(saturation.EFFECT, RATE, {"kind": SOFT_CLIP}, 1)
        processor.process(audio[:, :1000])
        processor.turn({"kind": SOFT_CLIP, "drive_db": 30})
        bounds = 1000 + np.cumsum([0, *sizes])
        parts = [processor.process(audio[:, a:b]) for a, b in pairwise(bounds)]
        turned.append(np.hstack(parts)[:, :20_000])
    np.testing.assert_array_equal(*turned)
