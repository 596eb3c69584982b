"""Boosted trees: what they must find, beside a straight line."""

import numpy as np

from dawg_ai.nn import trees


def data(count, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 6))
    steps = np.where(x[:, 0] > 0.5, 3.0, -1.0) * np.where(x[:, 1] > 0, 1.0, -1.0)
    return x, np.stack([steps, 2.0 * x[:, 2]], 1) + rng.normal(0, 0.1, (count, 2))


def test_they_find_steps_and_products_that_no_line_can():
    (x, y), (test, right) = data(3000, 0), data(1000, 1)
    found = trees.fit(x, y, trees=300, depth=3, rate=0.3)(test)
    missed = np.abs(found - right).mean(0)
    line, *_ = np.linalg.lstsq(np.c_[x, np.ones(len(x))], y, rcond=None)
    by_line = np.abs(np.c_[test, np.ones(len(test))] @ line - right).mean(0)
    assert missed[0] < 0.35 * by_line[0]
    assert missed[1] < 0.35


def test_one_full_tree_of_one_split_is_the_two_means():
    x = np.repeat([[0.0], [1.0]], 50, axis=0)
    y = np.where(x > 0.5, 5.0, 1.0) + np.tile([[-0.5], [0.5]], (50, 1))
    found = trees.fit(x, y, trees=60, depth=1, rate=1.0, smallest=5)(np.array([[0.0], [1.0]]))
    np.testing.assert_allclose(found, [[1.0], [5.0]], atol=0.25)


def test_nothing_to_split_gives_the_mean_and_a_seed_gives_the_same_trees():
    x, y = np.zeros((100, 2)), np.arange(100.0)[:, None]
    np.testing.assert_allclose(trees.fit(x, y, trees=3)(x[:2]), 49.5, atol=10)
    x, y = data(300, 2)
    one, same, other = (trees.fit(x, y, trees=5, seed=seed)(x) for seed in (0, 0, 1))
    assert np.array_equal(one, same) and not np.array_equal(one, other)
