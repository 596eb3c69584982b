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
    -9.8,
    -8.0,
    -6.1,
    -4.0,
    -2.3,
    -0.8,
    1.1,
    2.3,
    2.5,
    3.1,
    3.2,
    2.7,
    2.7,
    2.8,
    2.5,
    2.0,
    3.3,
    2.9,
    3.0,
    2.8,
    3.1,
    2.7,
    3.0,
    2.1,
    2.7,
    1.8,
    1.1,
    0.2,
    0.7,
    -0.4,
    -0.3,
    -1.1,
    -1.8,
    -2.9,
    -3.4,
    -4.0,
    -4.5,
    -5.5,
    -6.3,
    -7.5,
    -8.1,
    -8.6,
    -9.5,
    -10.4,
    -11.4,
    -12.2,
    -13.0,
    -14.0,
    -15.0,
    -15.8,
    -16.8,
    -17.4,
    -19.3,
    -21.9,
    -26.7,
)
SPREAD_OF_TONE_DB = (
    11.7,
    11.7,
    11.6,
    11.6,
    11.5,
    10.7,
    9.7,
    8.5,
    7.9,
    7.2,
    6.5,
    5.9,
    5.5,
    5.2,
    5.0,
    4.6,
    4.6,
    4.1,
    4.6,
    4.1,
    4.3,
    4.0,
    4.5,
    4.2,
    4.4,
    4.0,
    4.1,
    4.1,
    4.5,
    4.4,
    4.7,
    4.5,
    4.1,
    4.3,
    4.1,
    4.2,
    4.0,
    3.9,
    4.3,
    4.6,
    5.1,
    5.4,
    5.8,
    6.8,
    7.6,
    8.7,
    9.2,
    10.3,
    11.0,
    11.3,
    11.9,
    12.8,
    13.0,
    13.2,
    14.5,
)
SPREAD_DB = (2.2, 2.2, 4.1)
SPREAD_OF_SPREAD_DB = (0.9, 0.9, 1.6)
WIDTH_DB = (-10.0, -5.4, -7.2)
SPREAD_OF_WIDTH_DB = (7.2, 4.4, 5.6)


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
    found: dict[str, tuple[float, ...]] = {}
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
