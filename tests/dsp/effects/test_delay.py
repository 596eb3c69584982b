"""Echoes: when they come, how clean the interpolation is, and what the loop does to them."""

import numpy as np
import pytest
from scipy.signal import lfilter

from dawg_ai.dsp.blocks.delays import delay_line
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects.delay import EFFECT

RATE = 44_100
WET = {"mix_percent": 100, "low_cut_hz": 20, "high_cut_hz": 20_000}


def rendered(audio, values, rate=RATE):
    return Processor(EFFECT, rate, values, len(audio)).process(np.asarray(audio, np.float32)).astype(np.float64)


def impulse(samples, channels=2):
    audio = np.zeros((channels, samples), np.float32)
    audio[:, 0] = 1
    return audio


def sine(hz, samples, amplitude=0.5, rate=RATE):
    return np.tile(amplitude * np.sin(2 * np.pi * hz / rate * np.arange(samples)), (2, 1))


def snr_db(read, hz):
    """The worst over ten fractions of a sample, against the delayed sine in closed form."""
    size, worst = 1024, np.inf
    t = np.arange(size)
    line = np.sin(2 * np.pi * hz / RATE * t)
    line = np.append(line, line[: delay_line.MIRROR])
    out = np.zeros(delay_line.BLOCK_ROOM)
    for fraction in np.linspace(0, 1, 10, endpoint=False):
        error, signal = 0.0, 0.0
        for at in range(256, 768, delay_line.BLOCK):
            read(line, np.uintp(size), np.uintp(at), 100 + fraction, out)
            wanted = np.sin(2 * np.pi * hz / RATE * (at + np.arange(delay_line.BLOCK) - 100 - fraction))
            error, signal = error + ((out[: delay_line.BLOCK] - wanted) ** 2).sum(), signal + (wanted**2).sum()
        worst = min(worst, 10 * np.log10(signal / max(error, 1e-30)))
    return worst


def constant(line, size, at, delay, out):
    weights = np.zeros(delay_line.SINC_TAPS)
    delay_line.design_sinc(delay, weights)
    delay_line.read_sinc(line, size, at, delay, weights, out, delay_line.BLOCK)


def moving(line, size, at, delay, out):
    delay_line.read_cubic(line, size, at, delay, 0.0, 0, out, delay_line.BLOCK)


@pytest.mark.parametrize("hz, least", [(1000, 105), (5000, 109), (10_000, 105)])
def test_a_constant_delay_is_clean(hz, least):
    assert snr_db(constant, hz) > least


@pytest.mark.parametrize("hz, least", [(1000, 86), (5000, 43), (10_000, 21)])
def test_a_moving_delay_is_as_clean_as_a_cubic_can_be(hz, least):
    assert least < snr_db(moving, hz) < least + 2


def test_a_moving_delay_follows_its_ramp():
    t = np.arange(1024)
    line = np.append(np.sin(0.05 * t), np.sin(0.05 * t[: delay_line.MIRROR]))
    for step in (-1.7, -0.3, 0.0, 1e-3, 0.49, 0.9):
        out = np.zeros(delay_line.BLOCK_ROOM)
        delay_line.read_cubic(line, np.uintp(1024), np.uintp(512), 150.5, step, 0, out, delay_line.BLOCK)
        i = np.arange(delay_line.BLOCK)
        np.testing.assert_allclose(out[: delay_line.BLOCK], np.sin(0.05 * (512 + i - 150.5 - step * i)), atol=3e-6)


def test_echoes_come_in_time_and_fall_by_the_feedback():
    out = rendered(impulse(2000), {**WET, "time_ms": 10, "feedback_percent": 50, "low_cut_hz": 20})
    echoes = [out[0, 441 * n] for n in range(5)]
    np.testing.assert_allclose(echoes, [0, 1, 0.5, 0.25, 0.125], atol=0.02)
    assert np.abs(np.delete(out[0], [441 * n for n in range(5)])).max() < 0.02


@pytest.mark.parametrize(
    "note, bpm, seconds",
    [("1/4", 120, 0.5), ("1/8 dotted", 120, 0.375), ("1/4 triplet", 90, 4 / 9), ("1/64", 120, 1 / 32), ("1/1", 60, 4),
     ("1/1 dotted", 60, 3)],
)  # fmt: skip
def test_notes_last_as_long_as_they_should(note, bpm, seconds):
    """A whole dotted note at 60 bpm, six seconds, does not fit: half of it does."""
    sync = next(knob for knob in EFFECT.knobs if knob.name == "sync").choices.index(note)
    rate = 8000
    out = rendered(impulse(rate * 5), {**WET, "sync": sync, "tempo_bpm": bpm, "feedback_percent": 0}, rate)[0]
    late = np.abs(out).argmax()
    energy = out[late - 8 : late + 9] ** 2
    assert (energy * np.arange(late - 8, late + 9)).sum() / energy.sum() == pytest.approx(seconds * rate, abs=0.3)


def test_ping_pong_goes_from_side_to_side():
    audio = impulse(2000)
    audio[1] = 0
    out = rendered(audio, {**WET, "time_ms": 10, "feedback_percent": 50, "mode": 1})
    np.testing.assert_allclose(out[:, [441, 882, 1323]], [[0.5, 0, 0.125], [0, 0.25, 0]], atol=0.01)


def test_the_loop_filters_are_first_order():
    out = rendered(
        impulse(4000), {**WET, "time_ms": 10, "feedback_percent": 0, "low_cut_hz": 300, "high_cut_hz": 3000}
    )
    opened, cut = (1 - np.exp(-2 * np.pi * hz / RATE) for hz in (3000, 300))
    wanted = lfilter([opened], [1, opened - 1], np.eye(1, 4000 - 441)[0])
    wanted = wanted - lfilter([cut], [1, cut - 1], wanted)
    np.testing.assert_allclose(out[0, 441:], wanted, atol=1e-7)


@pytest.mark.parametrize("change", [{"time_ms": 330}, {"time_ms": 80}, {"depth_ms": 5}, {"mix_percent": 30},
                                    {"feedback_percent": 90}, {"width_percent": 0}, {"mode": 1}])  # fmt: skip
def test_turned_knobs_do_not_click(change):
    """What a click is: a step, so a second difference far above the sine's own, even at one and a half its pitch."""
    start = {**WET, "time_ms": 200, "feedback_percent": 30, "mix_percent": 60, "rate_hz": 1}
    processor, audio = Processor(EFFECT, RATE, start, 2), sine(300, 3 * RATE).astype(np.float32)
    audio[1] *= 0.7
    first = processor.process(audio[:, :RATE])
    processor.turn({**start, **change})
    out = np.hstack([first, processor.process(audio[:, RATE:])])[:, RATE // 2 :].astype(np.float64)
    own = (2 * np.pi * 300 / RATE) ** 2
    assert np.abs(np.diff(out, 2)).max() < 1.5**2 * own * np.abs(out).max() * 1.6


def test_echoes_stand_back_while_the_input_is_loud():
    values = {**WET, "time_ms": 100, "feedback_percent": 0, "duck_db": 12}
    audio = sine(1000, RATE)
    audio[:, RATE // 2 :] = 0
    out = np.abs(rendered(audio, values)[0])
    during = out[RATE // 4 : RATE // 2].max()
    assert 20 * np.log10(during / 0.5) == pytest.approx(-12, abs=0.1)
    pause = np.hstack([audio, np.zeros_like(audio)])
    late = np.abs(rendered(pause, {**values, "time_ms": 1400})[0])  # the input has been silent for a second by then
    assert 0.47 < late[int(1.7 * RATE) :].max() < 0.501


def test_chorus_spreads_a_tone_and_stays_as_loud():
    out = rendered(sine(1000, 2 * RATE), {**WET, "time_ms": 15, "depth_ms": 1, "rate_hz": 2, "feedback_percent": 0})
    steady = out[:, RATE:]
    spectrum = np.abs(np.fft.rfft(steady[0] * np.hanning(RATE)))
    peak = 2 * np.pi * 2 * 0.001 * 1000  # Hz: the most that the pitch moves, depth times its angular rate
    inside = spectrum[int(1000 - 2 * peak) : int(1000 + 2 * peak)]
    assert (inside**2).sum() > 0.999 * (spectrum**2).sum() and spectrum.argmax() != 1000
    assert np.sqrt((steady**2).mean()) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)
    assert np.abs(steady[0] - steady[1]).max() > 0.1  # the sides move apart


def test_saturation_holds_the_loop():
    hot = rendered(sine(200, RATE, 4.0), {**WET, "time_ms": 25, "feedback_percent": 98, "saturation_percent": 100})
    assert np.abs(hot).max() <= 1.0 and np.sqrt((hot**2).mean()) > 0.5


def test_no_mix_is_the_input():
    audio = np.random.default_rng(1).standard_normal((2, 5000)).astype(np.float32)
    np.testing.assert_array_equal(rendered(audio, {"mix_percent": 0, "depth_ms": 3}), audio)


def test_the_tail_ends_when_it_says():
    values = {**WET, "time_ms": 50, "feedback_percent": 60}
    processor = Processor(EFFECT, RATE, values, 1)
    tail = processor.tail_samples
    out = np.abs(processor.process(impulse(2 * tail, 1))[0])
    assert out[tail:].max() <= 1.01e-3 < out[tail // 2 : tail].max()


@pytest.mark.parametrize(
    "values", [{}, {"mode": 1, "feedback_percent": -80}, {"depth_ms": 2, "saturation_percent": 100}]
)
def test_silence_comes_back_to_exactly_nothing(values):
    out = rendered(impulse(20 * RATE), {**WET, "time_ms": 10, "feedback_percent": 80, **values})
    assert out[:, : RATE // 10].any()
    assert not out[:, -RATE:].any()
