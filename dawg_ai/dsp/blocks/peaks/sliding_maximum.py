"""The sliding maximum: the highest of the last N values, in constant time per value.

Source: M. van Herk, "A fast algorithm for local minimum and maximum filters on rectangular and octagonal kernels",
Pattern Recognition Letters 13, 1992.
"""

import numpy as np

from dawg_ai.dsp.kernel import F64, kernel

POSITION, RUNNING = range(2)  # of the state


@kernel
def sliding_maximum(levels: F64, window: F64, state: F64) -> None:
    """Each value becomes the highest of the last `len(window)` values, itself included, in place.

    It is the higher of the running maximum of this round through the window, and of the suffix maximum that the round
    before left ahead: when a round ends, every position gets the maximum from there on.

    Args:
        levels: values of 0 or more.
        window: as long as the window; zeros before the first call. Without any, values stay as they are.
        state: position and running maximum; zeros before the first call.
    """
    if window.shape[0] == 0:
        return
    one, last = np.uintp(1), np.uintp(window.shape[0] - 1)
    position, running = min(np.uintp(state[POSITION]), last), state[RUNNING]
    for i in range(levels.shape[0]):
        window[position] = levels[i]
        running = max(running, levels[i])
        if position < last:
            position += one
            levels[i] = max(running, window[position])
        else:
            levels[i] = running
            for k in range(last):
                window[last - k - one] = max(window[last - k - one], window[last - k])
            position, running = np.uintp(0), 0.0
    state[POSITION], state[RUNNING] = float(position), running
