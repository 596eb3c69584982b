"""What finished music is like, for the rule: means and standard deviations over songs.

Over the training songs of debian_games, split 0, each song's loud part, packages weighing the same. Printed by

    python docs/plugins/mastering_typical.py debian_games
"""

from collections.abc import Sequence

import numpy as np

from dawg_ai.data.item import Item
from dawg_ai.dsp.kernel import F64
from dawg_ai.plugins.mastering import sections

TONE_DB = (
    -9.1,
    -7.4,
    -5.5,
    -3.3,
    -1.7,
    -0.5,
    1.0,
    1.9,
    2.3,
    3.1,
    4.1,
    3.3,
    3.7,
    3.4,
    2.7,
    2.1,
    3.0,
    2.4,
    2.4,
    2.4,
    2.4,
    2.1,
    2.9,
    2.2,
    2.1,
    1.2,
    0.0,
    -0.4,
    0.4,
    -0.6,
    -0.2,
    -0.7,
    -1.6,
    -2.3,
    -2.7,
    -3.5,
    -4.1,
    -5.4,
    -6.2,
    -7.2,
    -7.8,
    -8.4,
    -9.1,
    -10.1,
    -10.8,
    -11.5,
    -12.0,
    -12.0,
    -13.2,
    -13.8,
    -14.6,
    -14.5,
    -16.9,
    -19.5,
    -24.1,
)
SPREAD_OF_TONE_DB = (
    12.3,
    12.1,
    11.9,
    11.7,
    11.7,
    11.0,
    9.8,
    7.9,
    6.1,
    5.1,
    4.7,
    4.8,
    4.8,
    5.3,
    4.5,
    4.4,
    3.7,
    3.6,
    3.8,
    3.4,
    3.8,
    3.7,
    3.6,
    3.8,
    3.2,
    3.3,
    3.4,
    3.9,
    3.4,
    3.6,
    3.9,
    4.1,
    4.2,
    4.5,
    4.3,
    4.3,
    3.9,
    3.8,
    4.3,
    4.5,
    5.1,
    5.3,
    5.6,
    6.6,
    7.3,
    7.6,
    8.2,
    8.8,
    9.0,
    9.4,
    9.8,
    10.6,
    10.5,
    11.4,
    12.9,
)
SPREAD_DB = (2.3, 2.0, 4.3)
SPREAD_OF_SPREAD_DB = (0.9, 0.7, 1.8)
WIDTH_DB = (-8.9, -5.1, -6.0)
SPREAD_OF_WIDTH_DB = (6.0, 3.3, 4.8)


def loud_part(item: Item) -> F64:
    """The rows of `decode`'s `song_is`: mid, side and both in dB; widths and spreads in the fourth."""
    rows = {name: item.features[f"song_{name}"] for name in ("mid", "side", "levels", "loudness")}
    found = np.zeros((5, 55))
    floor = sections.loud_floor(rows["loudness"], np.zeros(sections.BINS))
    sections.mean_spectrum(rows["mid"], rows["loudness"], floor, found[0])
    sections.mean_spectrum(rows["side"], rows["loudness"], floor, found[1])
    sections.sum_db(found[0], found[1], found[2])
    sections.widths(found[0], found[1], found[3])
    sections.spreads(rows["levels"], rows["loudness"], floor, found[3, 3:])
    return found


def statistics(items: Sequence[Item]) -> dict[str, tuple[float, ...]]:
    """The constants above, of other songs.

    Args:
        items: songs with the features of this plugin.
    """
    parts = np.stack([loud_part(item) for item in items])
    groups = [item.group for item in items]
    weights = np.array([1.0 / groups.count(group) for group in groups])[:, None]
    tone = np.where(parts[:, 2] > sections.FLOOR_DB + 1.0, parts[:, 2], np.nan)
    tone -= np.nanmean(tone[:, 6:42], axis=1, keepdims=True)  # from 62.5 Hz to 4 kHz, which every song has
    width = np.where(parts[:, 3, :3] > -40.0, parts[:, 3, :3], np.nan)
    found = {}
    for name, rows in (("TONE_DB", tone), ("SPREAD_DB", parts[:, 3, 3:6]), ("WIDTH_DB", width)):
        there = np.where(np.isnan(rows), 0.0, weights)
        mean = np.nansum(there * rows, 0) / there.sum(0)
        deviation = np.sqrt(np.nansum(there * (rows - mean) ** 2, 0) / there.sum(0))
        spread = name.replace("TONE", "SPREAD_OF_TONE").replace("WIDTH", "SPREAD_OF_WIDTH")
        spread = "SPREAD_OF_SPREAD_DB" if name == "SPREAD_DB" else spread
        found |= {name: _rounded(mean), spread: _rounded(deviation)}
    return found


def _rounded(values: F64) -> tuple[float, ...]:
    return tuple(round(float(value), 1) for value in values)
