import numpy as np
import pytest

from dawg_ai.dsp.blocks.dynamics.ballistics import BALLISTICS_STATE, apply_ballistics

COEFFICIENTS = [(0.1, 0.01), (0.01, 0.1), (0.05, 0.05), (1.0, 0.001), (0.0, 0.3)]
TARGETS = np.random.default_rng(4).standard_normal(1000) * np.repeat(np.arange(10), 100)


def smoothed(rise, fall, sizes=(1000,), run=apply_ballistics):
    targets, state, start = TARGETS.copy(), np.zeros(BALLISTICS_STATE), 0
    while start < len(targets):
        for size in sizes:
            run(targets[start : start + size], rise, fall, state)
            start += size
    return targets


@pytest.mark.parametrize(("rise", "fall"), COEFFICIENTS)
def test_it_is_the_branch_for_every_sample(rise, fall):
    now, true = 0.0, []
    for target in TARGETS:
        now += (rise if target > now else fall) * (target - now)
        true.append(now)
    np.testing.assert_allclose(smoothed(rise, fall), true, atol=1e-13)


@pytest.mark.parametrize("sizes", [(1,), (2,), (3, 1), (5,), (16,), (17,), (64, 0, 3)])
@pytest.mark.parametrize(("rise", "fall"), COEFFICIENTS[:2])
def test_blocks_of_any_size_give_the_same(rise, fall, sizes):
    np.testing.assert_array_equal(smoothed(rise, fall, sizes), smoothed(rise, fall))


@pytest.mark.parametrize(("rise", "fall"), COEFFICIENTS[:2])
def test_interpreted_equals_compiled(rise, fall):
    np.testing.assert_array_equal(
        smoothed(rise, fall, (50, 3), apply_ballistics.py_func), smoothed(rise, fall, (50, 3))
    )


@pytest.mark.parametrize("waiting", range(4))
@pytest.mark.parametrize(
    ("before", "after"),
    [(COEFFICIENTS[0], COEFFICIENTS[1]), (COEFFICIENTS[3], COEFFICIENTS[4]), (COEFFICIENTS[1], COEFFICIENTS[2])],
)
def test_a_change_of_coefficients_keeps_what_is_done(before, after, waiting):
    found, state, now, true = TARGETS[:200].copy(), np.zeros(BALLISTICS_STATE), 0.0, []
    apply_ballistics(found[: 100 + waiting], *before, state)
    apply_ballistics(found[100 + waiting :], *after, state)
    for i, target in enumerate(TARGETS[:200]):
        rise, fall = before if i < 100 + waiting else after
        now += (rise if target > now else fall) * (target - now)
        true.append(now)
    np.testing.assert_allclose(found, true, atol=1e-13)
