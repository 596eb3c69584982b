"""Parameter smoothing: linear over 128 samples, exact at its end, and the first values at once."""

import numpy as np
import pytest

from dawg_ai.dsp.blocks.smoothing import RAMP_SAMPLES, fill_ramp, fill_ramps, set_targets


def smoothed(values, sizes, moves):
    """One parameter through `fill_ramps`, in blocks; `moves` are (block, value)."""
    ramp, rows, out, value = np.zeros((3, 3)), np.zeros((1, 512)), [], values
    for block, size in enumerate(sizes):
        value = dict(moves).get(block, value)
        set_targets(np.full(3, value), ramp)
        fill_ramps(ramp, rows, size)
        out.append(rows[0, :size].copy())
    return np.concatenate(out)


def test_the_first_value_is_taken_at_once():
    assert (smoothed(0.7, [64, 512], ()) == 0.7).all()
    gain, values = np.zeros(4), np.zeros(64, np.float32)
    fill_ramp(0.5, gain, values)
    assert (values == 0.5).all()


def test_a_jump_becomes_a_line_of_128_samples():
    found = smoothed(1.0, [100, 300], [(1, 3.0)])[100:]
    np.testing.assert_allclose(found[:RAMP_SAMPLES], 1 + 2 * np.arange(RAMP_SAMPLES) / RAMP_SAMPLES, atol=1e-14)
    assert (found[RAMP_SAMPLES:] == 3.0).all()


def test_one_gain_takes_the_same_line():
    gain, values = np.zeros(4), np.zeros(300, np.float32)
    fill_ramp(1.0, gain, values[:1])
    fill_ramp(3.0, gain, values)
    np.testing.assert_allclose(values[:RAMP_SAMPLES], 1 + 2 * (np.arange(RAMP_SAMPLES) + 1) / RAMP_SAMPLES, rtol=1e-6)
    assert (values[RAMP_SAMPLES:] == 3.0).all()


@pytest.mark.parametrize("sizes", [[100, 1, 2, 97, 200], [100, 300], [100, 150, 150]])
def test_blocks_of_any_size_give_the_same(sizes):
    np.testing.assert_allclose(smoothed(1.0, sizes, [(1, 3.0)]), smoothed(1.0, [100, 300], [(1, 3.0)]), atol=1e-14)
