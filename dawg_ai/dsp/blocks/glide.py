"""Gliding: a knob that jumps is followed over 128 samples in a straight line, so that nothing clicks.

128 samples are the block in which browsers render, and so how often a host that glides a knob can move it: its steps
join to a line without corners between them. The first settings of all are taken at once.
"""

from typing import Annotated

from dawg_ai.dsp.kernel import F64, kernel

SAMPLES = 128
TARGET, GRADE, CLOCK = range(3)  # the rows of a ramp; the clock's columns:
LEFT, STARTED, STILL = range(3)


@kernel
def aim(settings: F64, ramp: Annotated[F64, 3, "values"]) -> None:
    """Set out for `settings` where they have changed. Of more settings than the ramp has columns, the first count."""
    left, changed = ramp[CLOCK, LEFT], False
    for i in range(ramp.shape[1]):
        changed = changed or settings[i] != ramp[TARGET, i]
    if changed or ramp[CLOCK, STARTED] == 0.0:
        for i in range(ramp.shape[1]):
            now = ramp[TARGET, i] - ramp[GRADE, i] * left
            ramp[TARGET, i] = settings[i]
            ramp[GRADE, i] = (settings[i] - now) / float(SAMPLES)
        ramp[CLOCK, LEFT] = float(SAMPLES) * ramp[CLOCK, STARTED]
        ramp[CLOCK, STARTED], ramp[CLOCK, STILL] = 1.0, 0.0


@kernel
def lay_out(ramp: Annotated[F64, 3, "values"], rows: Annotated[F64, "rows", "samples"], count: int) -> None:
    """The settings for each of the next `count` samples, a row each for as many as there are rows.

    Rows of settings that stand still are written but once, and whole. Further on, a line would not be exact at its
    target if it were followed from its beginning; so it is followed back from its end.
    """
    left = ramp[CLOCK, LEFT]
    if ramp[CLOCK, STILL] == 0.0:
        for i in range(rows.shape[0]):
            for j in range(rows.shape[1]):
                rows[i, j] = ramp[TARGET, i] - ramp[GRADE, i] * max(left - float(j), 0.0)
        ramp[CLOCK, STILL] = 1.0 if left == 0.0 else 0.0
    ramp[CLOCK, LEFT] = max(left - float(count), 0.0)
