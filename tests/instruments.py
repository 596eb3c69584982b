"""Something to play for every instrument: three drums, or 0.3 s of a vowel."""

import numpy as np

from dawg_ai.dsp.kernel import signature

NOTES = np.float32([[0.0, 0.1, 36, 0.9, 0, 0], [0.05, 0.1, 42, 0.5, 0, 0], [0.1, 0.1, 38, 0.7, 0, 0]])


def rows(effect):
    """Rows of what an instrument plays, by the width that it declares."""
    if effect.plays == "notes":
        return NOTES
    width = signature(effect.play).arguments[0].shape[1]
    time, column = np.mgrid[:30, :width]
    levels = -45.0 - 0.5 * column + 5.0 * np.sin(0.3 * time + 0.2 * column)
    levels[:, 0] = 57.0 + np.sin(0.2 * time[:, 0])
    return levels.astype(np.float32)
