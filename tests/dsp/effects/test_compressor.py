import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects.compressor import EFFECT
from dawg_ai.dsp.meters.loudness import integrated_lufs

RATE = 48_000
NOISE = (0.3 * np.random.default_rng(1).standard_normal((2, 24_000))).astype(np.float32)
LOUD = {"threshold_db": -30, "ratio": 6, "attack_ms": 5, "release_ms": 50}


def compressed(audio, values, key=None, rate=RATE):
    return Processor(EFFECT, rate, values, len(audio)).process(audio, key)


def gains_db(audio, values, key):
    return 20 * np.log10(compressed(audio, values, key) / audio)


def steady(*levels_db, seconds=0.5):
    """Levels one after another, each held: nothing to detect but themselves."""
    return np.repeat(10.0 ** (np.array(levels_db) / 20), int(seconds * RATE))[None].astype(np.float32)


@pytest.mark.parametrize("knee_db", [0, 6, 24])
@pytest.mark.parametrize("detector", [0, 1])
def test_static_curve_is_that_of_the_literature(knee_db, detector):
    """Giannoulis, Massberg and Reiss 2012, equation 4."""
    threshold, ratio = -24.0, 5.0
    values = {"threshold_db": threshold, "ratio": ratio, "knee_db": knee_db, "attack_ms": 0.1, "release_ms": 5}
    levels = np.arange(-60, 6, 1.5)
    key = steady(*levels, seconds=0.3)
    measured = gains_db(np.full_like(key, 0.1), values | {"detector": detector}, key)[0, 14_399::14_400]
    over = levels - threshold
    knee = (1 / ratio - 1) * (over + knee_db / 2) ** 2 / (2 * knee_db) if knee_db else np.zeros_like(over)
    true = np.where(over > knee_db / 2, (1 / ratio - 1) * over, np.where(over < -knee_db / 2, 0, knee))
    np.testing.assert_allclose(measured, true, atol=2e-5)


@pytest.mark.parametrize("attack_ms, release_ms", [(0.5, 80), (20, 200), (150, 10)])
def test_attack_and_release_are_the_times_to_63_percent(attack_ms, release_ms):
    values = {"threshold_db": -40, "ratio": 2, "knee_db": 0, "attack_ms": attack_ms, "release_ms": release_ms}
    key = steady(-60, 0, -60, seconds=2)
    gain = gains_db(np.full_like(key, 0.1), values, key)[0]
    total = -20.0
    for step, milliseconds, start in ((2 * RATE, attack_ms, 0.0), (4 * RATE, release_ms, total)):
        after = step + round(milliseconds * RATE / 1000) - 1
        covered = (gain[after] - start) / (total - 2 * start)
        assert abs(covered) == pytest.approx(1 - np.exp(-1), abs=1e-4)


def test_rms_of_a_sine_is_three_decibels_below_its_peak():
    sine = np.sin(2 * np.pi * 1000 / RATE * np.arange(3 * RATE))[None].astype(np.float32)
    values = {"threshold_db": -40, "ratio": 2, "knee_db": 0, "attack_ms": 200, "release_ms": 200, "detector": 1}
    gain = gains_db(np.full_like(sine, 0.1), values, sine)
    assert gain[0, -1] == pytest.approx(-(40 - 3.0103) / 2, abs=0.02)


def test_linked_channels_move_together_and_unlinked_ones_do_not():
    audio = NOISE * np.float32([[1], [0.1]])
    together = compressed(audio, LOUD | {"link_percent": 100})
    np.testing.assert_allclose(together[0] / audio[0], together[1] / audio[1], rtol=1e-6)
    apart = compressed(audio, LOUD | {"link_percent": 0})
    for c in range(2):
        np.testing.assert_array_equal(apart[c : c + 1], compressed(audio[c : c + 1], LOUD))
    key = steady(0, seconds=1) * np.float32([[1], [0.1]])
    half = gains_db(np.full_like(key, 0.1), LOUD | {"link_percent": 50, "ratio": 2, "knee_db": 0}, key)[:, -1]
    np.testing.assert_allclose(half, [-15, -10], atol=1e-4)


def test_leaving_and_entering_the_full_link_does_not_click():
    audio = np.full((2, 8000), 0.5, np.float32) * np.float32([[1], [0.8]])
    processor = Processor(EFFECT, RATE, LOUD | {"link_percent": 99}, 2)
    parts = []
    for start, link in ((0, 99), (4000, 100), (6000, 99)):
        processor.turn(LOUD | {"link_percent": link})
        parts.append(processor.process(audio[:, start : start + 2000]))
    gain = np.hstack(parts)[:, 1000:] / audio[:, 1000:6000]
    assert np.abs(np.diff(20 * np.log10(gain))).max() < 0.02


@pytest.mark.parametrize("loud", [0, 1])
@pytest.mark.parametrize("before, after", [(0, 100), (50, 100), (100, 50), (100, 0)])
def test_a_link_that_changes_goes_on_from_the_gain_that_protects(loud, before, after):
    """The loud channel keeps its gain through the change; the other joins it, or lets go of it by the release."""
    levels = np.float32([[0.05], [0.05]])
    levels[loud] = 0.9
    audio = np.repeat(levels, RATE, axis=1)
    values = LOUD | {"attack_ms": 50, "release_ms": 80}
    processor = Processor(EFFECT, RATE, values | {"link_percent": before}, 2)
    parts = [processor.process(audio[:, : RATE // 2])]
    processor.turn(values | {"link_percent": after})
    parts.append(processor.process(audio[:, RATE // 2 :]))
    gain_db = 20 * np.log10(np.hstack(parts) / audio)
    held = gain_db[loud, RATE // 2 - 1]
    assert held < -15
    assert np.abs(gain_db[loud, RATE // 2 :] - held).max() < 0.1
    quiet = gain_db[1 - loud]
    settled = {share: compressed(audio, values | {"link_percent": share})[1 - loud, -1] for share in (before, after)}
    for share, at in ((before, RATE // 2 - 1), (after, RATE - 1)):
        assert quiet[at] == pytest.approx(20 * np.log10(settled[share] / audio[1 - loud, 0]), abs=1.0)
    if after < before:
        assert quiet[RATE // 2 + 480] < quiet[-1] - 1, "it is let go by the release, not at once"


def test_sidechain_filter_is_a_butterworth_high_pass():
    filtered = sosfilt(butter(2, 150, "high", fs=RATE, output="sos"), NOISE).astype(np.float32)
    inside = compressed(NOISE, LOUD | {"sidechain_hz": 150})
    np.testing.assert_allclose(inside, compressed(NOISE, LOUD, filtered), atol=2e-7)
    assert np.abs(inside - compressed(NOISE, LOUD)).max() > 1e-3


def test_a_key_ducks_the_sound_and_the_sound_is_its_own_key():
    quiet = NOISE * np.float32(0.001)
    np.testing.assert_array_equal(compressed(quiet, LOUD), quiet)
    assert np.abs(compressed(quiet, LOUD, NOISE)[:, 2000:]).max() < 0.3 * np.abs(quiet).max()
    np.testing.assert_array_equal(compressed(NOISE, LOUD), compressed(NOISE, LOUD, NOISE.copy()))


@pytest.mark.parametrize("rate", [8_000, 48_000, 192_000])
@pytest.mark.parametrize("milliseconds", [0.1, 3.3, 10])
def test_look_ahead_is_the_reported_delay_of_the_sound_alone(milliseconds, rate):
    values = LOUD | {"lookahead_ms": milliseconds}
    delay = Processor(EFFECT, rate, values, 2).latency_samples
    assert delay == round(milliseconds * rate / 1000)
    late = np.pad(NOISE, ((0, 0), (delay, 0)))[:, : NOISE.shape[1]]
    np.testing.assert_array_equal(compressed(NOISE, values, rate=rate), compressed(late, LOUD, NOISE, rate=rate))


@pytest.mark.parametrize("milliseconds", [0, 4])
def test_dry_path_is_aligned_with_the_wet(milliseconds):
    values = LOUD | {"lookahead_ms": milliseconds, "makeup_db": 6}
    dry, wet, mixed = (compressed(NOISE, values | {"mix_percent": mix}) for mix in (0, 100, 30))
    delay = round(milliseconds * RATE / 1000)
    np.testing.assert_array_equal(dry, np.pad(NOISE, ((0, 0), (delay, 0)))[:, : NOISE.shape[1]])
    np.testing.assert_allclose(mixed, 0.7 * dry + 0.3 * wet, atol=1e-7)


@pytest.mark.parametrize("values", [{"ratio": 1}, {"mix_percent": 0}, {"threshold_db": 0}])
def test_without_anything_to_do_every_sample_is_left_alone(values):
    np.testing.assert_array_equal(compressed(NOISE / 4, values), NOISE / 4)


def test_make_up_is_a_gain():
    gain = gains_db(NOISE / 4, {"threshold_db": 0, "makeup_db": 4.5}, None)
    np.testing.assert_allclose(gain, 4.5, atol=1e-5)


@pytest.mark.parametrize("makeup_db", [0, 9])
def test_kept_loudness_is_that_of_the_input(makeup_db):
    beat = np.exp(-8 * (np.arange(10 * RATE) / RATE % 0.5))
    audio = (0.3 * np.random.default_rng(2).standard_normal((2, 10 * RATE)) * beat).astype(np.float32)
    values = LOUD | {"makeup_db": makeup_db}
    plain, kept = (integrated_lufs(compressed(audio, values | {"auto_makeup": auto}), RATE) for auto in (0, 1))
    before = integrated_lufs(audio, RATE)
    assert abs(plain - before) > 2
    assert kept == pytest.approx(before, abs=0.3)


JUMPS = [
    {"makeup_db": 12},
    {"mix_percent": 0},
    {"threshold_db": -10},
    {"ratio": 1.5},
    {"auto_makeup": 1},
    {"lookahead_ms": 5},
    {"knee_db": 24},
    {"attack_ms": 200},
    {"release_ms": 500},
]


@pytest.mark.parametrize("jump", JUMPS, ids=lambda jump: next(iter(jump)))
def test_a_knob_that_jumps_does_not_click(jump):
    tone = (0.5 * np.sin(2 * np.pi * 100 / RATE * np.arange(RATE)))[None].astype(np.float32)
    processor = Processor(EFFECT, RATE, LOUD, 1)
    before = processor.process(tone[:, : RATE // 2 + 60])
    processor.turn(LOUD | jump)
    out = np.hstack([before, processor.process(tone[:, RATE // 2 + 60 :])])
    assert np.abs(out - compressed(tone, LOUD)).max() > 1e-4, "the knob does nothing"
    click = sosfilt(butter(4, 6000, "high", fs=RATE, output="sos"), out[0])[RATE // 2 :]
    assert np.abs(click).max() < 1e-3  # -60 dBFS; the gain of `makeup_db` would, all at once, make one of 0.04


def test_knobs_turned_amid_blocks_of_any_size():
    """The output does not depend on how the time between two knob moves is split into blocks."""
    auto = {"auto_makeup": 1}
    turns = {
        0: {},
        1000: {"makeup_db": 6, "lookahead_ms": 2},
        1100: {"threshold_db": -50, "lookahead_ms": 3},
        1300: auto,
        2000: {},
        2250: auto,
        2300: auto | {"link_percent": 50},
        3000: {},
    }
    rendered = []
    for size in (10_000, 37, 1):
        processor = Processor(EFFECT, RATE, LOUD, 2)
        parts = []
        for (start, turn), stop in zip(turns.items(), [*list(turns)[1:], 4000], strict=True):
            processor.turn(LOUD | turn)
            parts += [processor.process(NOISE[:, i : min(i + size, stop)]) for i in range(start, stop, size)]
        rendered.append(np.hstack(parts))
    np.testing.assert_array_equal(rendered[0], rendered[1])
    np.testing.assert_array_equal(rendered[0], rendered[2])


def test_no_denormals_after_the_sound_ends():
    processor = Processor(EFFECT, RATE, LOUD | {"detector": 1, "sidechain_hz": 300, "auto_makeup": 1}, 2)
    processor.process(NOISE)
    for _ in range(40):
        silence = processor.process(np.zeros((2, RATE), np.float32))
    assert not silence.any()
    for name in ("state", "energies"):
        size = np.abs(processor.memory[name])
        assert size[size > 0].min() > 1e-300, name
