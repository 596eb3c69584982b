"""Parameter smoothing: two one-poles in series, by their closed form; exact at the end, the first values at once."""

import numpy as np
import pytest

from dawg_ai.dsp.blocks.smoothing import RAMP_SAMPLES, SETTLING_SAMPLES, fill_ramp, fill_ramps, set_targets


def smoothed(values, sizes, moves):
    """One parameter through `fill_ramps`, in blocks; `moves` are (block, value)."""
    ramp, rows, out, value = np.zeros((4, 3)), np.zeros((1, 4096)), [], values
    for block, size in enumerate(sizes):
        value = dict(moves).get(block, value)
        set_targets(np.full(3, value), ramp)
        fill_ramps(ramp, rows, size)
        out.append(rows[0, :size].copy())
    return np.concatenate(out)


def curve(before, after, samples):
    """Step response of two one-poles with the pole p, from their impulse response (n + 1) (1 - p)^2 p^n."""
    n, pole = np.arange(samples), 1 - 1 / RAMP_SAMPLES
    return before + (after - before) * np.cumsum((n + 1) * (1 - pole) ** 2 * pole**n)


def test_the_first_value_is_taken_at_once():
    assert (smoothed(0.7, [64, 512], ()) == 0.7).all()
    gain, values = np.zeros(5), np.zeros(64, np.float32)
    fill_ramp(0.5, gain, values)
    assert (values == 0.5).all()


def test_a_jump_is_followed_without_a_kink_and_arrives():
    found = smoothed(1.0, [100, 4000], [(1, 3.0)])[100:]
    np.testing.assert_allclose(found[:SETTLING_SAMPLES], curve(1, 3, SETTLING_SAMPLES), atol=1e-12)
    assert (found[SETTLING_SAMPLES:] == 3.0).all()
    assert np.abs(np.diff(found, 2)).max() < 2.1 / RAMP_SAMPLES**2  # no step in value or slope


def test_one_gain_takes_the_same_curve():
    gain, values = np.zeros(5), np.zeros(4000, np.float32)
    fill_ramp(1.0, gain, values[:1])
    fill_ramp(3.0, gain, values)
    np.testing.assert_allclose(values[:SETTLING_SAMPLES], curve(1, 3, SETTLING_SAMPLES), rtol=1e-6)
    assert (values[SETTLING_SAMPLES:] == 3.0).all()


def test_it_never_leaves_the_range_of_what_was_asked_for():
    rng = np.random.default_rng(4)
    targets = rng.choice([-1.0, 2.0], 60)
    found = smoothed(targets[0], rng.integers(1, 400, 60), list(enumerate(targets)))
    assert found.min() >= -1.0 and found.max() <= 2.0


@pytest.mark.parametrize("sizes", [[100, 1, 2, 97, 200, 3800], [100, 300, 3800], [100, 150, 2500, 1450]])
def test_blocks_of_any_size_give_the_same(sizes):
    np.testing.assert_array_equal(smoothed(1.0, sizes, [(1, 3.0)]), smoothed(1.0, [100, 4090, 10], [(1, 3.0)]))
