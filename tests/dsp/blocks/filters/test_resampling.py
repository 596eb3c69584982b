import numpy as np
import pytest

from dawg_ai.dsp.blocks.filters import resampling
from dawg_ai.dsp.blocks.filters.resampling import resample
from dawg_ai.dsp.kernel import call
from dawg_ai.errors import UsageError


def tone(hz, rate, seconds=0.5):
    n = np.arange(int(rate * seconds))
    return (0.9 * np.sin(2 * np.pi * hz / rate * n))[None].astype(np.float32)


def gain_and_snr_db(hz, source, target):
    """Level of a tone after resampling, and power of all else under it, against the same tone at the new rate."""
    found = resample(tone(hz, source), source, target)[0].astype(float)
    n = np.arange(len(found))
    middle = slice(len(n) // 4, 3 * len(n) // 4)
    basis = np.stack([np.sin(2 * np.pi * hz / target * n), np.cos(2 * np.pi * hz / target * n)])[:, middle]
    weights, *_ = np.linalg.lstsq(basis.T, found[middle], rcond=None)
    rest = found[middle] - weights @ basis
    power = (weights**2).sum() / 2
    assert abs(weights[1]) < 1e-3 * abs(weights[0]) or hz > 0.45 * source  # nothing is shifted in time
    return 10 * np.log10(power / (0.81 / 2)), 10 * np.log10(power / (rest**2).mean())


@pytest.mark.parametrize(
    ("source", "target"), [(44_100, 48_000), (48_000, 44_100), (44_100, 88_200), (44_100, 96_000)]
)
@pytest.mark.parametrize("hz", [100, 1000, 10_000, 18_000, 20_000])
def test_tones_come_through_alone(source, target, hz):
    gain, snr = gain_and_snr_db(hz, source, target)
    assert abs(gain) < (0.001 if hz <= 18_000 else 0.1)
    assert snr > 100


def test_what_the_lower_rate_cannot_hold_is_gone():
    for hz in (11_500, 13_000, 20_000):
        out = resample(tone(hz, 44_100), 44_100, 22_050)[0]
        assert 20 * np.log10(np.abs(out[1000:-1000]).max() / 0.9) < -98


def test_there_and_back_again():
    rng = np.random.default_rng(2)
    spectrum = np.fft.rfft(rng.standard_normal((2, 30_000)))
    spectrum[:, int(18_000 / 44_100 * 30_000) :] = 0
    audio = (0.2 * np.fft.irfft(spectrum)).astype(np.float32)
    back = resample(resample(audio, 44_100, 48_000), 48_000, 44_100)[:, :30_000]  # each length is rounded up
    error = (back - audio)[:, 500:-500]
    assert 10 * np.log10((error.astype(float) ** 2).mean() / (audio.astype(float) ** 2).mean()) < -95


def test_soxr_agrees():
    soxr = pytest.importorskip("soxr")
    audio = np.concatenate([tone(hz, 44_100) for hz in (440, 5000, 15_000)]).sum(0, keepdims=True) / 3
    ours = resample(audio, 44_100, 48_000)[0]
    theirs = soxr.resample(audio[0], 44_100, 48_000, "VHQ")
    assert len(ours) == len(theirs)
    assert np.abs(ours - theirs)[500:-500].max() < 2e-5


def test_blocks_of_any_size_equal_the_whole():
    audio = np.random.default_rng(3).standard_normal((2, 9000)).astype(np.float32)
    whole = resample(audio, 44_100, 48_000)
    memory = resampling.MODULE.allocate(channels=2)
    memory["rates"][:] = 44_100, 48_000
    call(resampling.prepare, memory)
    parts, start, turn = [], 0, 0
    while start < 9000:
        size = (1, 128, 777, 2000)[turn % 4]
        memory["x"] = np.ascontiguousarray(audio[:, start : start + size])
        memory["out"] = np.zeros((2, 2300), np.float32)
        count = call(resampling.block, memory)
        parts.append(memory["out"][:, :count])
        start, turn = start + size, turn + 1
    joined = np.hstack(parts)
    assert joined.shape[1] > 9500
    np.testing.assert_array_equal(joined, whole[:, : joined.shape[1]])


def test_odd_rates_are_refused():
    with pytest.raises(UsageError, match="44100 and 47999 Hz have only 7 Hz in common"):
        resample(np.zeros((1, 100), np.float32), 44_100, 47_999)


def test_the_largest_ratio_has_room_in_a_block():
    """From 4 to 192 kHz, in blocks as large as the browser's."""
    tone = np.sin(2 * np.pi * 500 * np.arange(4096) / 4000)
    memory = resampling.MODULE.allocate(channels=1, outputs=resampling.MODULE.capacity["outputs"])
    memory["rates"][:] = 4_000, 192_000
    call(resampling.prepare, memory)
    parts = []
    for start in range(0, 4096, 1024):
        memory["x"] = np.float32(tone[None, start : start + 1024])
        count = call(resampling.block, memory)
        assert count <= 48 * 1024 + 1
        parts.append(memory["out"][0, :count].copy())
    found = np.concatenate(parts)
    expected = np.sin(2 * np.pi * 500 * np.arange(len(found)) / 192_000)
    assert np.abs(found - expected)[10_000:-10_000].max() < 1e-4


@pytest.mark.parametrize(
    "rates", [(0, 0), (0, 48_000), (48_000, 0), (-1, 48_000), (np.nan, 48_000), (48_000, np.nan), (1e300, 1e300),
              (3_999, 192_000), (1, 192_000), (np.inf, 48_000), (48_000, np.inf)],
)  # fmt: skip
def test_rates_without_a_plan_give_nothing(rates):
    memory = resampling.MODULE.allocate(channels=2, samples=1024, outputs=64)
    assert call(resampling.block, memory) == 0  # never prepared
    memory["rates"][:] = rates
    call(resampling.prepare, memory)
    assert memory["plan"][0] == 0 and call(resampling.block, memory) == 0
