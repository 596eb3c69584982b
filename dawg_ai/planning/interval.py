"""How often to save, and what interruptions cost (Young 1974, "A first order approximation to the optimum checkpoint
interval"; Daly 2006)."""

import math


def young_s(save_s: float, mean_s_between: float) -> float:
    """The interval between checkpoints that loses the least time, sqrt(2 C M).

    Args:
        save_s: C, how long a checkpoint takes.
        mean_s_between: M, mean time between interruptions.

    Returns:
        Seconds of work between two checkpoints; at least `save_s`.

    >>> round(young_s(20.0, 6 * 3600.0) / 60, 1)
    15.5
    """
    return max(save_s, math.sqrt(2.0 * save_s * mean_s_between))


def waste(save_s: float, mean_s_between: float, boot_s: float, interval_s: float | None = None) -> float:
    """Share of the time that is lost to saving, to work done again, and to starting again.

    Args:
        save_s: how long a checkpoint takes.
        mean_s_between: mean time between interruptions; infinite where there are none.
        boot_s: from an interruption to the next step.
        interval_s: seconds between two checkpoints; by default Young's.

    Returns:
        C / T + (T / 2 + boot) / M, to first order; at most 0.95.

    >>> round(waste(20.0, 6 * 3600.0, 600.0), 3)
    0.071
    """
    if math.isinf(mean_s_between):
        return min(0.95, save_s / interval_s) if interval_s else 0.0
    chosen_s = interval_s or young_s(save_s, mean_s_between)
    return min(0.95, save_s / chosen_s + (chosen_s / 2.0 + boot_s) / mean_s_between)
