import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.signal import resample

from dawg_ai.dsp.meters import true_peak
from dawg_ai.dsp.meters.true_peak import true_peak_db


def sine(cycles_per_sample, phase_degrees, amplitude, samples=96_000):
    """Faded in and out over 480 samples, as EBU Tech 3341 has it."""
    tone = amplitude * np.sin(2 * np.pi * cycles_per_sample * np.arange(samples) + np.radians(phase_degrees))
    ramp = np.minimum(np.arange(samples) / 480, 1)
    return (tone * ramp * ramp[::-1]).astype(np.float32)


def phases():
    """The whole detector: 8 phases of 32 taps, unfolded from its tables."""
    taps = np.zeros((7, 16), np.float32)
    true_peak.design(taps)
    unfolded = np.zeros((8, 32))
    unfolded[0, 15] = 1
    for phase, (even, odd) in enumerate(zip([0, 2, 4], [1, 3, 5], strict=True), start=1):
        before, after = taps[even] + taps[odd], taps[even] - taps[odd]
        unfolded[phase] = np.concatenate([before[::-1], after])
        unfolded[8 - phase] = np.concatenate([after[::-1], before])
    unfolded[4] = np.concatenate([taps[6][::-1], taps[6]])
    return unfolded


@pytest.mark.parametrize(
    "case, cycles_per_sample, phase, amplitude, expected",
    [
        (15, 1 / 4, 0, 0.5, -6),
        (16, 1 / 4, 45, 0.5, -6),
        (17, 1 / 6, 60, 0.5, -6),
        (18, 1 / 8, 67.5, 0.5, -6),
        (19, 1 / 4, 45, 1.41, 3),
    ],
)
def test_ebu_tech_3341_sines(case, cycles_per_sample, phase, amplitude, expected):
    found = true_peak_db(sine(cycles_per_sample, phase, amplitude)[None])
    assert expected - 0.4 <= found <= expected + 0.2
    assert found == pytest.approx(20 * np.log10(amplitude), abs=0.06)  # the best that eight phases can do at fs / 4


@pytest.mark.parametrize("case, offset", [(20, 0), (21, 1), (22, 2), (23, 3)])
def test_ebu_tech_3341_peak_between_samples(case, offset):
    """A sine of fs / 6 and 0.5 with one period of 1, made at four times the rate; only one sample in four is kept."""
    size, period = 40_000, 24
    tone = np.sin(2 * np.pi * np.arange(size) / period)
    tone *= np.where(np.arange(size) // period == size // period // 2, 1.0, 0.5) * np.hanning(size) ** 0.1
    spectrum = np.fft.rfft(tone)
    spectrum[size // 8 :] = 0
    tone = np.fft.irfft(spectrum)
    tone /= np.abs(resample(tone, 16 * size)).max()
    found = true_peak_db(tone[offset::4].astype(np.float32)[None])
    assert -0.4 <= found <= 0.2
    assert found == pytest.approx(0, abs=0.15)


def test_a_sine_of_any_phase_is_read_as_it_is_up_to_19_khz():
    """Two phases of eight are 1/16 of a sample away from any peak at most: that much less is read, and no more."""
    for hz in (997, 5_001, 10_007, 15_013, 17_997, 19_001):
        step = hz / 44_100
        tone = np.sin(2 * np.pi * step * np.arange(44_100)) * np.minimum(1, np.hanning(44_100) * 8)
        between = 20 * np.log10(np.cos(2 * np.pi * step / 16))
        found = true_peak_db(tone.astype(np.float32)[None])
        assert between - 0.02 <= found <= 0.02, hz


@pytest.mark.parametrize("kind", ["noise", "bursts", "quiet after loud"])
def test_equals_the_plain_convolution(kind):
    """Leaving out what cannot be the highest does not change the result."""
    rng = np.random.default_rng(5)
    x = 0.2 * rng.standard_normal(20_000)
    if kind == "bursts":
        x *= rng.random(20_000) < 0.01
    elif kind == "quiet after loud":
        x *= np.where(np.arange(20_000) < 500, 1, 0.6)
    x = x.astype(np.float32)
    expected = max(np.abs(np.convolve(x, taps[::-1])).max() for taps in phases())
    assert 10 ** (true_peak_db(x[None]) / 20) == pytest.approx(expected, rel=1e-6)


def test_the_peak_may_be_anywhere():
    """A click in each place of a frame, with a low tone behind it, and at both ends."""
    for at in (0, 1, 40, 1023, 1024, 1040, 2047, 2999):
        x = 0.3 * np.sin(np.arange(3000) / 50)
        x[at] = 1.0
        expected = max(np.abs(np.convolve(x, taps[::-1])).max() for taps in phases())
        assert 10 ** (true_peak_db(x.astype(np.float32)[None]) / 20) == pytest.approx(expected, rel=1e-5), at


@pytest.mark.parametrize("phase, beside, ratio", [(2, (), "QUARTER"), (1, (2, 6), "EIGHTH"), (3, (2, 6), "EIGHTH")])
def test_no_phase_exceeds_its_bound(phase, beside, ratio):
    """The smallest sum of sizes with which a phase can be written through middles, phases `beside` and samples."""
    unfolded = phases()
    columns = [np.eye(36)[k] for k in range(36)]
    columns += [np.concatenate([np.zeros(k), unfolded[4], np.zeros(4 - k)]) for k in range(5)]
    columns += [np.concatenate([np.zeros(2), unfolded[each], np.zeros(2)]) for each in beside]
    terms = np.array(columns).T
    wanted = np.concatenate([np.zeros(2), unfolded[phase], np.zeros(2)])
    size = linprog(np.ones(2 * terms.shape[1]), A_eq=np.hstack([terms, -terms]), b_eq=wanted).fun
    assert 1.0 < size < getattr(true_peak, f"{ratio}_RATIO") < size + 0.01


def interpolated_db(x):
    """The peak of a sound at 64 times the rate by FFT, with silence around it."""
    spectrum = np.fft.rfft(np.pad(x, 1024))
    finer = np.zeros(32 * (len(x) + 2048) + 1, complex)
    finer[: len(spectrum)] = 64 * spectrum
    return 20 * np.log10(np.abs(np.fft.irfft(finer)).max())


@pytest.mark.parametrize("end", ["start", "end"])
def test_the_first_and_the_last_samples_count_as_any_others(end):
    """16 clipped samples with 0 to 15 zeros before them at the start, or behind them at the end, of any length."""
    rng = np.random.default_rng(1)
    for i in range(200):
        burst = 0.9 * np.clip(2 * rng.standard_normal(16), -1, 1)
        burst = np.convolve(burst, [0.25, 0.5, 0.25])  # the FIR does not see what is right below half the rate
        parts = np.zeros(i % 16), burst, np.zeros(1000 + 11 * i)
        x = np.concatenate(parts if end == "start" else parts[::-1]).astype(np.float32)
        padded = np.pad(x, 64)
        found = true_peak_db(x[None])
        assert found == pytest.approx(interpolated_db(x), abs=0.1)
        assert found == pytest.approx(true_peak_db(padded[None]), abs=1e-4)


def test_a_sound_that_begins_at_its_peak():
    """Between its first two samples, which are 0.495, the peak is 0.63."""
    n = np.arange(4000)
    x = 0.7 * np.sin(np.pi / 4 * (2 * n + 1)) * np.exp(-n / 8)
    for zeros in (0, 8, 15, 100):
        y = np.pad(x, (zeros, 0))
        assert true_peak_db(y.astype(np.float32)[None]) == pytest.approx(interpolated_db(y), abs=0.05)


def test_silence_and_broken_samples():
    assert true_peak_db(np.zeros((2, 5000), np.float32)) == -np.inf
    assert true_peak_db(np.zeros((1, 0), np.float32)) == -np.inf
    broken = sine(1 / 50, 0, 0.5, 5000)[None]
    broken[0, 2000] = np.nan
    assert np.isfinite(true_peak_db(broken))


def test_the_highest_channel_counts():
    quiet, loud = sine(1 / 8, 67.5, 0.1), sine(1 / 8, 67.5, 0.7)
    assert true_peak_db(np.stack([quiet, loud])) == true_peak_db(loud[None]) > true_peak_db(quiet[None])
