import numpy as np
import pytest

from dawg_ai.dsp.blocks.peaks.sliding_maximum import sliding_maximum

LEVELS = np.random.default_rng(7).exponential(size=1000)


def slid(length, sizes=(1000,)):
    levels, window, state, start, turn = LEVELS.copy(), np.zeros(length), np.zeros(2), 0, 0
    while start < len(levels):
        size = sizes[turn % len(sizes)]
        sliding_maximum(levels[start : start + size], window, state)
        start, turn = start + size, turn + 1
    return levels


@pytest.mark.parametrize("length", [1, 2, 3, 17, 256, 999])
def test_it_is_the_maximum_of_the_last_values(length):
    padded = np.concatenate([np.zeros(length - 1), LEVELS])
    true = np.lib.stride_tricks.sliding_window_view(padded, length).max(axis=1)
    np.testing.assert_array_equal(slid(length), true)


@pytest.mark.parametrize("sizes", [(1,), (7, 3), (64,)])
def test_blocks_of_any_size_give_the_same(sizes):
    np.testing.assert_array_equal(slid(17, sizes), slid(17))
