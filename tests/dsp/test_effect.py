"""Knobs take the nearest value that they have, in decimal arithmetic as a person would do it."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import pytest

from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Knob

KNOBS = {(k.minimum, k.maximum, k.step): k for name in effect.names() for k in effect.load(name).knobs}


def rounded(value, step):
    """The multiple of `step` nearest to `value`; of two, the upper one."""
    below = (value / step).to_integral_value(ROUND_FLOOR) * step
    return below if value - below < step / 2 else below + step


@pytest.mark.parametrize("knob", KNOBS.values(), ids=lambda knob: f"{knob.minimum}..{knob.maximum} by {knob.step}")
def test_halves_go_up_and_all_else_to_the_nearest(knob):
    """Those halves that a float holds exactly, from one end of the range to the other."""
    step, low, high = (Decimal(repr(float(each))) for each in (knob.step, knob.minimum, knob.maximum))
    count = int((high - low) / step)
    for index in {0, 1, 2, 3, 4, 5, 6, 7, count // 3, count // 2, count - 2, count - 1} & set(range(count)):
        at = (low / step).to_integral_value(ROUND_CEILING) * step + index * step
        for part in (Decimal(0), Decimal("0.25"), Decimal("0.5"), Decimal("0.75")):
            value = at + part * step
            if value <= high and (part != Decimal("0.5") or Decimal(float(value)) == value):
                expected = min(rounded(value, step), high)
                assert knob.nearest(float(value)) == float(expected), value


@pytest.mark.parametrize(
    "value, nearest", [(-2.5, -2), (-1.5, -1), (-0.5, 0), (0.5, 1), (1.5, 2), (2.5, 3), (2.4, 2)]
)
def test_halves_go_up_below_zero_too(value, nearest):
    assert Knob("gain_db", "Gain", "dB", -12, 12, 0, step=1).nearest(value) == nearest
    assert Knob("gain_db", "Gain", "dB", -12, 12, 0, step=2).nearest(2 * value) == 2 * nearest
    assert Knob("gain_db", "Gain", "dB", -12, 12, 0, step=0.5).nearest(value / 2) == nearest / 2


def test_what_is_beyond_the_range_goes_to_its_ends():
    knob = Knob("gain_db", "Gain", "dB", -12, 12, 0, step=0.1)
    assert [knob.nearest(value) for value in (-1e9, -12.04, 12.04, 1e9)] == [-12, -12, 12, 12]
