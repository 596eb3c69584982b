"""What must hold for every effect there is; a new one is tested the moment its file exists."""

import instruments
import numpy as np
import pytest

from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Processor
from dawg_ai.errors import UsageError

pytestmark = pytest.mark.parametrize("name", effect.names())

NOISE = (0.3 * np.random.default_rng(8).standard_normal((2, 12_000))).astype(np.float32)
RATES = [8_000, 44_100, 384_000]


def made(name, rate, values, channels=2, playing=True):
    """An effect at work; an instrument with something to play."""
    processor = Processor(effect.load(name), rate, values, channels)
    if processor.effect.play and playing:
        processor.play(instruments.rows(processor.effect))
    return processor


def rendered(name, audio, values=None, sizes=(100_000,), rate=44_100, playing=True):
    processor = made(name, rate, values or {}, len(audio), playing)
    parts, start = [], 0
    while start < audio.shape[1]:
        size = sizes[len(parts) % len(sizes)]
        parts.append(processor.process(audio[:, start : start + size]))
        start += size
    return np.hstack(parts)


def busy(name):
    """Knob values away from the defaults, so that the effect does something."""
    rng = np.random.default_rng(9)
    knobs = effect.load(name).knobs
    return {knob.name: knob.nearest(rng.uniform(knob.minimum, knob.maximum)) for knob in knobs}


def test_blocks_of_any_size_equal_the_whole(name):
    whole = rendered(name, NOISE, busy(name))
    assert np.abs(whole - NOISE).max() > 1e-3, "the effect does nothing, so this would show nothing"
    some = [1, 2, 3, 4, 5, 6, 7], [8], [15, 17], [31], [32], [64], [100], [127], [128], [256], [441], [511, 1], [512]
    for sizes in (*some, [1024], [4096, 1, 511], [11_999]):
        np.testing.assert_array_equal(rendered(name, NOISE, busy(name), sizes), whole)


def test_a_changed_sample_is_noticed(name):
    changed = NOISE.copy()
    changed[0, 5000] += 1e-3
    before, after = (rendered(name, audio, busy(name)) for audio in (NOISE, changed))
    np.testing.assert_array_equal(before[:, :4000], after[:, :4000])
    assert (before != after).any()


def test_a_whole_sound_is_the_stream_in_time(name):
    """What a host plays, and what is rendered: the same but for latency and the second pass."""
    processor = made(name, 44_100, busy(name))
    late = processor.latency_samples
    whole = made(name, 44_100, busy(name)).render(NOISE, exact=True)
    played = rendered(name, np.pad(NOISE, ((0, 0), (0, late))), busy(name))[:, late:]
    assert whole.shape == NOISE.shape
    if processor.effect.apply:
        change = whole[played != 0] / played[played != 0]
        np.testing.assert_allclose(change, change[0], rtol=1e-6)
    else:
        np.testing.assert_array_equal(whole, played)


def test_the_faster_way_for_whole_sounds_is_the_same(name):
    exact, fast = (made(name, 44_100, busy(name)).render(NOISE, exact) for exact in (True, False))
    error = np.square(fast - exact, dtype=np.float64).mean()
    assert error <= 1e-14 * np.square(exact, dtype=np.float64).mean()  # -140 dB
    if not effect.load(name).offline:
        np.testing.assert_array_equal(fast, exact)


def test_nothing_is_allocated_however_long_the_sound(name):
    """Without its runtime Numba compiles no kernel that allocates (tests/dsp/test_kernel.py), and wraps no array that
    Python passes. The library of kernels has nothing to allocate with (tests/native)."""
    kernels = effect.load(name).module.kernels
    assert all(each.dispatcher.targetoptions["_nrt"] is False for each in kernels)


def test_every_knob_may_move_at_every_sample(name):
    rng = np.random.default_rng(10)
    processor = made(name, 44_100, {})
    for i in range(300):
        values = {k.name: k.nearest(rng.choice([k.minimum, k.maximum, k.default])) for k in processor.effect.knobs}
        processor.turn(values)
        assert np.isfinite(processor.process(NOISE[:, i : i + 1])).all()
    assert np.isfinite(processor.process(NOISE)).all()


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("kind", ["direct current", "full-scale square", "rising and falling"])
def test_extreme_signals_leave_output_and_state_finite(name, kind, rate):
    time = np.arange(20_000)
    signal = {
        "direct current": np.ones(20_000),
        "full-scale square": np.where(time // 50 % 2, 1.0, -1.0),
        "rising and falling": np.linspace(-1e4, 1e4, 20_000),
    }[kind]
    audio = np.float32([signal, -signal])
    for values in ({}, busy(name)):
        processor = made(name, rate, values)
        assert np.isfinite(processor.process(audio)).all()
        assert np.isfinite(processor.process(np.zeros_like(audio))).all()


def test_silence_stays_silent(name):
    for values in ({}, busy(name)):
        assert not rendered(name, np.zeros((2, 5000), np.float32), values, playing=False).any()


@pytest.mark.parametrize("rate", RATES)
def test_output_is_finite_at_the_ends_of_every_knob(name, rate):
    knobs = effect.load(name).knobs
    for knob in knobs:
        for value in (knob.minimum, knob.maximum):
            assert np.isfinite(rendered(name, NOISE[:, :2000], {knob.name: value}, rate=rate)).all(), knob.name
    for values in ({k.name: k.minimum for k in knobs}, {k.name: k.maximum for k in knobs}):
        out = rendered(name, NOISE[:, :2000], values, rate=rate)
        assert np.isfinite(out).all()


@pytest.mark.parametrize("sample", [np.nan, np.inf, -np.inf, 1e38])
def test_a_broken_sample_is_survived(name, sample):
    audio = NOISE.copy()
    audio[1, 3] = sample
    out = rendered(name, audio, busy(name))
    assert np.isfinite(out).all() and (out[1, -100:] != 0).any()


def test_knobs_say_what_they_are(name):
    loaded = effect.load(name)
    assert loaded.name == name and loaded.summary
    for knob in loaded.knobs:
        assert knob.minimum <= knob.default <= knob.maximum and knob.step > 0
        assert knob.nearest(knob.default) == pytest.approx(knob.default) and knob.label
        assert (knob.scale == "choice") == bool(knob.choices)
        assert not knob.choices or (knob.minimum, knob.maximum) == (0, len(knob.choices) - 1)
        assert knob.scale != "log" or knob.minimum > 0


def test_wrong_knobs_are_refused_with_what_is_right(name):
    loaded = effect.load(name)
    knob = loaded.knobs[0]
    with pytest.raises(UsageError, match=f"no knob 'nonsense'.*{knob.name}"):
        loaded.vector({"nonsense": 1})
    with pytest.raises(UsageError, match=f"{knob.name} is .*expected {knob.minimum:g} to {knob.maximum:g}"):
        loaded.vector({knob.name: knob.maximum + 1})
    with pytest.raises(UsageError):
        loaded.vector({knob.name: float("nan")})
