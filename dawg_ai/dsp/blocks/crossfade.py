"""Crossfades from one way of processing into another, where a choice changes: both run until only the other is heard.

The two have a state of their own each. The clock says which of them is heard last, and how many samples of the
crossfade remain; a choice that changes meanwhile waits for its end. The weights are a smooth step.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel

CROSSFADE_SAMPLES = 1024
WARM_UP_SAMPLES = 256  # before: filters that begin from silence are not heard until their onset has passed
WAY, REMAINING, STARTED = range(3)  # the clock


@kernel
def begin(clock: Annotated[F64, 3]) -> int:
    """Begin a crossfade into the other way; the very first way is heard at once.

    Args:
        clock: state, zeros before the first call.

    Returns:
        The way that begins, 0 or 1.
    """
    if clock[STARTED] == 1.0:
        clock[WAY] = 1.0 - clock[WAY]
        clock[REMAINING] = float(WARM_UP_SAMPLES + CROSSFADE_SAMPLES)
    clock[STARTED] = 1.0
    return int(clock[WAY])


@kernel
def mix(clock: Annotated[F64, 3], before: F32, after: F32) -> None:
    """Crossfade the next samples, and count them.

    Args:
        clock: state.
        before: (channels, samples or more), of the way that is left.
        after: (channels, samples), of the other; overwritten with the mix. No more samples than remain.
    """
    for channel in range(after.shape[0]):
        old, new = before[channel], after[channel]
        for i in range(after.shape[1]):
            gone = max(1.0 - (clock[REMAINING] - float(i)) / float(CROSSFADE_SAMPLES), 0.0)
            weight = gone * gone * (3.0 - 2.0 * gone)
            new[i] = np.float64(old[i]) + weight * (np.float64(new[i]) - np.float64(old[i]))
    clock[REMAINING] -= float(after.shape[1])
