"""Gliding: a knob that jumps is followed over 128 samples in a straight line, so that nothing clicks.

128 samples are the block in which browsers render, and so how often a host that glides a knob can move it: its steps
join to a line without corners between them. The first settings of all are taken at once.
"""

from typing import Annotated

from dawg_ai.dsp.kernel import F64, kernel

SAMPLES = 128
TARGET, GRADE, CLOCK = range(3)  # the rows of a ramp; the clock's columns:
LEFT, STARTED = range(2)


@kernel
def aim(settings: Annotated[F64, "values"], ramp: Annotated[F64, 3, "values"]) -> None:
    """Set out for `settings` where they have changed. Of more settings than the ramp has columns, the first count."""
    changed = False
    for i in range(ramp.shape[1]):
        changed = changed or settings[i] != ramp[TARGET, i]
    if ramp[CLOCK, STARTED] == 0.0:
        for i in range(ramp.shape[1]):
            ramp[TARGET, i] = settings[i]
        ramp[CLOCK, STARTED] = 1.0
    elif changed:
        for i in range(ramp.shape[1]):
            now = value(ramp, i, 0)
            ramp[TARGET, i] = settings[i]
            ramp[GRADE, i] = (settings[i] - now) / float(SAMPLES)
        ramp[CLOCK, LEFT] = float(SAMPLES)


@kernel
def value(ramp: F64, i: int, after: int) -> float:
    """Setting `i`, `after` samples from now."""
    return at(ramp[TARGET, i], ramp[GRADE, i], ramp[CLOCK, LEFT] - float(after))


@kernel
def at(target: float, grade: float, left: float) -> float:
    """What is `left` samples before its target, on a line of that grade; written so that the target is exact."""
    return target - grade * max(left, 0.0)


@kernel
def advance(ramp: F64, samples: int) -> None:
    """Time goes on."""
    ramp[CLOCK, LEFT] = max(ramp[CLOCK, LEFT] - float(samples), 0.0)
