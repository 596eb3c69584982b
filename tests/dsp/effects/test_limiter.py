import numpy as np
import pytest
from scipy.signal import cheby2, firwin, resample, sosfilt, upfirdn

from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects.limiter import EFFECT

RATE = 44_100
TIME = np.arange(RATE) / RATE
LONG_FILTER = 16 * firwin(16 * 256 + 1, 1 / 16, window=("kaiser", 8))


def limited(audio, values, rate=RATE):
    return Processor(EFFECT, rate, values, len(audio)).process(audio)


def rendered(audio, values, rate=RATE):
    """With the second pass, and in time."""
    return Processor(EFFECT, rate, values, len(audio)).render(audio)


def checked_db(audio):
    """The highest of two 16-fold oversamplings that know nothing of ours: 257 taps a phase, and one Fourier transform
    of all of it.
    """
    quiet = np.pad(audio.astype(float), ((0, 0), (1000, 1000)))
    filtered = upfirdn(LONG_FILTER, quiet, up=16, axis=1)
    transformed = resample(quiet, 16 * quiet.shape[1], axis=1)
    return 20 * np.log10(max(np.abs(filtered).max(), np.abs(transformed).max()))


def music():
    """Chords with forty harmonics, a kick and hats, all peaking 5 dB above full scale; nothing above 20 kHz."""
    since = TIME % 0.5
    tones = [np.sin(2 * np.pi * f * k * TIME + k) / k for f in (110, 138.6, 164.8, 440) for k in range(1, 40)]
    hats = np.random.default_rng(5).standard_normal(len(TIME)) * np.exp(-30 * ((TIME + 0.25) % 0.5))
    hats = sosfilt(cheby2(12, 60, 20_500, fs=RATE, output="sos"), hats)
    mixed = 0.3 * sum(tones[:100]) * np.exp(-3 * since) + 0.8 * np.sin(2 * np.pi * 55 * since) * np.exp(-12 * since)
    return np.stack([mixed + 0.3 * hats, np.roll(mixed, 11) - 0.2 * hats]).astype(np.float32)


def noise(kind):
    rng = np.random.default_rng(6)
    shape = (2, RATE // 2)
    made = {"normal": rng.standard_normal(shape), "uniform": rng.uniform(-1, 1, shape)}
    return (made | {"square": np.sign(made["normal"])})[kind].astype(np.float32)


def ebu(case):
    """EBU Tech 3341, true-peak cases 15 to 19, and bursts between the samples as in 20 to 23."""
    sines = {15: (4, 0, 0.5), 16: (4, 45, 0.5), 17: (6, 60, 0.5), 18: (8, 67.5, 0.5), 19: (4, 45, 1.41)}
    length = 20_000
    fade = np.minimum(np.minimum(np.arange(length), np.arange(length)[::-1]) / 441, 1)
    if case in sines:
        part, degrees, peak = sines[case]
        return np.float32([fade * peak * np.sin(2 * np.pi * np.arange(length) / part + np.radians(degrees))] * 2)
    fine = 0.5 * np.sin(2 * np.pi * np.arange(4 * length + 4) / 24)
    fine[2 * length : 2 * length + 24] *= 2
    return np.float32([fade * resample(fine[case - 20 :][: 4 * length], length)] * 2)


HOT = {"music": music(), **{kind: noise(kind) for kind in ("normal", "uniform", "square")}}
HOT |= {f"EBU {case}": ebu(case) for case in range(15, 24)}


@pytest.mark.parametrize("name, ceiling_db", [*((name, -1) for name in HOT), ("music", 0), ("square", -12)])
def test_nothing_ever_gets_above_the_ceiling(name, ceiling_db):
    audio = HOT[name]
    out = rendered(audio, {"drive_db": 12, "ceiling_db": ceiling_db, "release_ms": 30})
    assert out.shape == audio.shape
    assert ceiling_db - 2.5 < checked_db(out) <= ceiling_db
    assert checked_db(audio * 4) > ceiling_db + 3, "there is nothing to limit"


@pytest.mark.parametrize("name, over_db", [("music", 0.05), ("normal", 1.2), ("EBU 19", 0.02), ("EBU 21", 0.02)])
def test_one_pass_alone_lets_this_much_through(name, over_db):
    assert checked_db(limited(HOT[name], {"drive_db": 12, "release_ms": 30})) < -1 + over_db


def test_samples_never_exceed_the_ceiling_in_one_pass():
    for release_ms, ceiling_db in ((5, -3), (100, -3), (30, -11.3)):
        for audio in HOT.values():
            out = limited(audio, {"drive_db": 24, "ceiling_db": ceiling_db, "release_ms": release_ms})
            assert np.abs(out).max() <= 10 ** (ceiling_db / 20) * (1 + 1e-7)


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_below_the_ceiling_it_is_a_delay_to_the_bit(rate):
    audio = (0.1 * noise("uniform"))[:, :20_000]
    processor = Processor(EFFECT, rate, {"ceiling_db": 0}, 2)
    late = processor.latency_samples
    assert 0.002 * rate < late < 0.0025 * rate + 30
    np.testing.assert_array_equal(processor.process(audio)[:, late:], audio[:, :-late])
    np.testing.assert_array_equal(rendered(audio, {"ceiling_db": 0}, rate), audio)


def test_a_limited_sound_is_the_driven_one_times_a_smooth_gain():
    """The same for both channels, within a dB of the ceiling where it acts, and without corners."""
    sine = np.sin(2 * np.pi * 100 * TIME)
    audio = np.float32([sine, 0.25 * sine]) * np.float32(np.where((TIME > 0.5) & (TIME < 0.8), 1.0, 0.1))
    processor = Processor(EFFECT, RATE, {"drive_db": 6, "ceiling_db": -6, "release_ms": 50}, 2)
    late = processor.latency_samples
    out = processor.process(audio)[:, late:]
    audible = np.abs(audio[0, :-late]) > 1e-3
    gain = out[:, audible] / audio[:, :-late][:, audible]
    np.testing.assert_allclose(gain[0], gain[1], rtol=1e-6)
    smooth = np.interp(np.arange(out.shape[1]), np.flatnonzero(audible), 20 * np.log10(gain[0]))
    assert np.abs(np.diff(smooth)).max() < 0.35  # dB per sample: 12 dB within 2 ms, nothing at once
    assert smooth[:20_000].max() == pytest.approx(6.0, abs=1e-3)
    assert np.abs(out[0, 28_000:35_000]).max() == pytest.approx(10 ** (-6 / 20), rel=0.01)


def test_release_is_the_time_to_63_percent():
    audio = np.full((1, RATE), 0.25, np.float32)
    audio[0, 5000] = 1.0
    processor = Processor(EFFECT, RATE, {"ceiling_db": -6, "release_ms": 100}, 1)
    late = processor.latency_samples
    taken = 1 - processor.process(audio)[0, late:] / 0.25
    after = taken[5100] * np.exp(-np.arange(10_000) / 4410)
    np.testing.assert_allclose(taken[5100:15_100], after, atol=2e-4)


def test_a_drive_that_jumps_does_not_click():
    tone = (0.2 * np.sin(2 * np.pi * 100 * TIME))[None].astype(np.float32)
    processor = Processor(EFFECT, RATE, {"ceiling_db": 0}, 1)
    before = processor.process(tone[:, :20_060])
    processor.turn({"ceiling_db": 0, "drive_db": 12})
    out = np.hstack([before, processor.process(tone[:, 20_060:])])
    high = sosfilt(cheby2(8, 80, 6000, "high", fs=RATE, output="sos"), out[0])
    assert np.abs(out).max() > 0.7 and np.abs(high).max() < 3e-3


def test_no_denormals_after_the_sound_ends():
    processor = Processor(EFFECT, RATE, {"drive_db": 12, "release_ms": 5}, 2)
    processor.process(HOT["music"])
    for _ in range(4):
        silence = processor.process(np.zeros((2, RATE), np.float32))
    assert not silence.any()
    for name in ("state", "hold", "first", "second"):
        size = np.abs(processor.memory[name])
        assert not (size[size > 0] < 1e-300).any(), name
