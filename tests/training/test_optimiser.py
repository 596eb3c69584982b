"""The schedule of the learning rate, and which weights decay, in closed form."""

import math
from itertools import pairwise

import pytest
from torch import nn

from dawg_ai.training.optimiser import learning_rate, parameter_groups

SETTINGS = {"steps": 1000, "warmup": 0.1, "learning_rate": 0.02}


@pytest.mark.parametrize("step", [0, 1, 49, 98, 99])
def test_it_warms_up_in_a_straight_line(step):
    assert learning_rate(step, SETTINGS) == pytest.approx(0.02 * (step + 1) / 100)


@pytest.mark.parametrize(
    ("step", "share"), [(100, 1.0), (325, 0.5 + math.sqrt(0.125)), (550, 0.5), (775, 0.5 - math.sqrt(0.125))]
)
def test_it_falls_as_half_a_cosine(step, share):
    assert learning_rate(step, SETTINGS) == pytest.approx(0.02 * share)


def test_it_never_jumps_and_ends_next_to_nothing():
    rates = [learning_rate(step, SETTINGS) for step in range(1000)]
    assert max(abs(a - b) for a, b in pairwise(rates)) <= 0.02 / 100 + 1e-12
    assert rates[-1] < 0.02 * 1e-5 and max(rates) == pytest.approx(0.02)


@pytest.mark.parametrize("warmup", [0.0, 0.0001, 0.0015])
def test_a_short_warm_up_does_not_overshoot(warmup):
    assert max(learning_rate(step, {**SETTINGS, "warmup": warmup}) for step in range(10)) <= 0.02


def test_weights_decay_and_what_has_one_axis_does_not():
    model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Conv1d(4, 2, 3))
    decaying, kept = parameter_groups(model, 0.05)
    assert (decaying["weight_decay"], kept["weight_decay"]) == (0.05, 0.0)
    assert [tuple(p.shape) for p in decaying["params"]] == [(4, 3), (2, 4, 3)]
    assert [tuple(p.shape) for p in kept["params"]] == [(4,), (4,), (4,), (2,)]
