import numpy as np
import pytest

from dawg_ai.dsp.kernel import call
from dawg_ai.dsp.meters import goniometer

RATE = 48_000.0
LEFT, OTHER = (0.1 * np.random.default_rng(3).standard_normal((2, 200_000))).astype(np.float32)


def measured(left, right, sizes=(100_000,)):
    memory = goniometer.MODULE.allocate(channels=2) | {"sample_rate_hz": RATE}
    call(goniometer.prepare, memory)
    start, turn = 0, 0
    while start < len(left):
        stop = start + sizes[turn % len(sizes)]
        memory["x"] = np.stack([left[start:stop], right[start:stop]])
        call(goniometer.block, memory)
        start, turn = stop, turn + 1
    return call(goniometer.correlation, memory), call(goniometer.balance_db, memory), memory


@pytest.mark.parametrize(
    ("right", "expected"), [(LEFT, 1), (-LEFT, -1), (0.3 * LEFT, 1), (OTHER, 0), (0.6 * LEFT + 0.8 * OTHER, 0.6)]
)
def test_correlation(right, expected):
    assert measured(LEFT, right)[0] == pytest.approx(expected, abs=0.02)


def test_balance():
    assert measured(LEFT, LEFT * np.float32(0.1))[1] == pytest.approx(-20, abs=0.001)
    assert measured(LEFT, np.zeros_like(LEFT))[:2] == (0.0, -np.inf)
    assert measured(np.zeros_like(LEFT), np.zeros_like(LEFT))[:2] == (0.0, 0.0)


def test_it_forgets():
    quiet = np.zeros(100_000, np.float32)
    correlation = measured(np.r_[LEFT, LEFT], np.r_[LEFT, -LEFT])[0]
    assert correlation == pytest.approx(-1, abs=1e-3)
    assert np.isfinite(measured(np.r_[LEFT, quiet], np.r_[LEFT, quiet])[0])


def test_points_are_the_newest_samples_turned_by_an_eighth():
    memory = measured(LEFT[:5000], OTHER[:5000])[2]
    at = int(memory["state"][3])
    newest = np.roll(memory["points"], -at, axis=0)
    left, right = LEFT[5000 - 1024 : 5000], OTHER[5000 - 1024 : 5000]
    np.testing.assert_allclose(newest, np.stack([left - right, left + right], 1) / np.sqrt(2), atol=1e-7)


def test_blocks_of_any_size_equal_the_whole():
    whole, pieces = (measured(LEFT[:9000], OTHER[:9000], sizes)[2] for sizes in ((9000,), (1, 7, 128, 1000)))
    for name in ("state", "points"):
        np.testing.assert_array_equal(whole[name], pieces[name])


def test_interpreted_equals_native(monkeypatch):
    monkeypatch.setattr(goniometer, "finite", goniometer.finite.py_func)
    native = measured(LEFT[:2000], OTHER[:2000])[2]
    state, points = np.zeros(4), np.zeros((1024, 2), np.float32)
    goniometer.block.py_func(np.stack([LEFT, OTHER])[:, :2000], native["decay"], state, points)
    np.testing.assert_array_equal(state, native["state"])
    np.testing.assert_array_equal(points, native["points"])
