"""Training batches: excerpts of songs, degraded by a fault whose correction is known.

An equaliser adds its response, in dB, to the band levels of every frame. So faults are added to stored features, and
no audio is rendered. In reference mode the reference is another part of the same song, the very same music, another
song of the same group, or any song; in the other modes there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.item import Item
from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ
from dawg_ai.plugins.auto_eq import PLUGIN, STYLES, response

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Batch = dict[str, NDArray[np.float32]]

MODES = tuple(mode.name for mode in PLUGIN.modes)
FIX, REFERENCE, STYLE = range(3)
MODE_SHARES = (0.35, 0.55, 0.1)  # where the songs have styles; else the last goes to the first two
FAULT_DB = 9.0
FLOOR_DB = -120.0


@dataclass(frozen=True)
class Circumstances:
    """Distribution of the examples besides their faults; shares are probabilities, 0 to 1."""

    frames: tuple[int, int]  # shortest and longest excerpt, in seconds
    clean: float  # without a fault
    same: float  # the reference has the same music, without the fault; half of these begin at another time
    other_song: float  # the reference is another song of the group
    stranger: float  # the reference is a song of any group
    mixed: float  # two songs mixed, as augmentation
    codec: float  # low-passed as by a lossy codec; the target does not restore it


TRAINING = Circumstances(frames=(8, 32), clean=0.2, same=0.15, other_song=0.2, stranger=0.1, mixed=0.3, codec=0.1)
TESTING = Circumstances(frames=(15, 15), clean=0.0, same=0.0, other_song=0.0, stranger=0.0, mixed=0.0, codec=0.1)

_PHI = response.phi(CENTERS_HZ)
_OCTAVES = np.log2(CENTERS_HZ / 1000.0)


def batch(items: Sequence[Item], rng: np.random.Generator, size: int) -> Batch:
    """Draw `size` examples for training; see `draw`."""
    styled = np.flatnonzero([item.style in STYLES for item in items])
    shares = np.array(MODE_SHARES) * (1, 1, len(styled) > 0)
    modes = rng.choice(len(MODES), size, p=shares / shares.sum())
    picks = rng.integers(len(items), size=size)
    if len(styled):
        picks = np.where(modes == STYLE, rng.choice(styled, size), picks)
    return draw(items, picks, modes, rng, TRAINING)


def draw(
    items: Sequence[Item], picks: Indices, modes: Indices, rng: np.random.Generator, how: Circumstances
) -> Batch:
    """One example for each of `picks` (indices into `items`) and `modes` (indices into MODES).

    Returns the plugin's inputs by name and `fault_db` (size, 55), the fault that was added.
    """
    size = len(picks)
    fault_db = faults(rng, size, how.clean)
    song, reference = _excerpts(items, picks, rng, how)
    song["bands"] = np.maximum(song["bands"] + fault_db[:, None, :].astype(np.float32), FLOOR_DB)
    for excerpt in (song, reference):
        _codec(excerpt["bands"], rng, how.codec)
    for values in reference.values():
        values[modes != REFERENCE] = 0.0
    style = np.zeros(size, np.int64)  # none
    for row in np.flatnonzero(modes == STYLE):
        style[row] = 1 + STYLES.index(items[picks[row]].style or "")
    return {
        **{f"song_{name}": values for name, values in song.items()},
        **{f"reference_{name}": values for name, values in reference.items()},
        "mode": np.eye(len(MODES), dtype=np.float32)[modes],
        "style": np.eye(1 + len(STYLES), dtype=np.float32)[style],
        "strength": np.ones((size, 1), np.float32),
        "fault_db": fault_db.astype(np.float32),
    }


def faults(rng: np.random.Generator, size: int, clean: float = 0.0) -> Array:
    """Fault curves in dB at the band centres, (size, 55): any setting of an equaliser, or one of the usual faults."""
    total = np.zeros((size, len(CENTERS_HZ)))
    drawn = rng.choice(3, size, p=(clean, 0.6 * (1 - clean), 0.4 * (1 - clean)))
    _add_any_equaliser(total, drawn == 1, rng)
    _add_named_fault(total, drawn == 2, rng)
    return total


def _uniform(rng: np.random.Generator, low: float, high: float, size: int) -> Array:
    return rng.uniform(low, high, (size, 1))


def _log_uniform(rng: np.random.Generator, low: float, high: float, size: int) -> Array:
    return np.exp(rng.uniform(np.log(low), np.log(high), (size, 1)))


def _decibels(shape: str, center_hz: Array, gain_db: Array, q: Array) -> Array:
    power: Array = getattr(response, shape)(_PHI, response.phi(center_hz), 10.0 ** (gain_db / 40.0), q)
    return 10.0 * np.log10(power)


def _add_any_equaliser(total: Array, rows: NDArray[np.bool_], rng: np.random.Generator) -> None:
    n = int(rows.sum())
    draws = (
        [("low_shelf", (50, 400), 0.7)] + [("bell", (60, 14_000), 0.6)] * 4 + [("high_shelf", (2_500, 12_000), 0.7)]
    )
    for shape, (low_hz, high_hz), chance in draws:
        gain_db = _uniform(rng, -FAULT_DB, FAULT_DB, n) * (rng.random((n, 1)) < chance)
        q = _log_uniform(rng, 0.5, 4.0, n) if shape == "bell" else np.full((n, 1), np.sqrt(0.5))
        total[rows] += _decibels(shape, _log_uniform(rng, low_hz, high_hz, n), gain_db, q)


# name: shape, centre in Hz, gain in dB, Q
NAMED = {
    "mud": ("bell", (180, 500), (3, 9), (0.5, 1.5)),
    "boomy": ("bell", (60, 150), (3, 9), (0.7, 2.0)),
    "boxy": ("bell", (350, 900), (3, 9), (0.7, 2.0)),
    "harsh": ("bell", (2_000, 5_000), (3, 9), (0.7, 2.0)),
    "resonance": ("bell", (100, 8_000), (4, 9), (2.5, 4.0)),
    "hollow": ("bell", (300, 3_000), (-9, -3), (0.5, 1.5)),
    "thin": ("low_shelf", (100, 400), (-9, -3), (0.6, 0.8)),
    "dull": ("high_shelf", (2_500, 8_000), (-9, -3), (0.6, 0.8)),
    "bright": ("high_shelf", (3_000, 9_000), (3, 9), (0.6, 0.8)),
}


def _add_named_fault(total: Array, rows: NDArray[np.bool_], rng: np.random.Generator) -> None:
    """One to three of the usual faults, and sometimes a tilt of up to a dB and a half per octave."""
    n = int(rows.sum())
    each = np.zeros((n, total.shape[1]))
    count = rng.integers(1, 4, (n, 1))
    for turn in range(3):
        kind = rng.integers(len(NAMED), size=n)
        for index, (shape, center_hz, gain_db, q) in enumerate(NAMED.values()):
            mine = (kind == index) & (count[:, 0] > turn)
            k = int(mine.sum())
            each[mine] += _decibels(
                shape, _log_uniform(rng, *center_hz, k), _uniform(rng, *gain_db, k), _log_uniform(rng, *q, k)
            )
    tilt_db_per_octave = _uniform(rng, -1.5, 1.5, n) * (rng.random((n, 1)) < 0.3)
    total[rows] += each + tilt_db_per_octave * _OCTAVES


def _excerpts(
    items: Sequence[Item], picks: Indices, rng: np.random.Generator, how: Circumstances
) -> tuple[Batch, Batch]:
    """An excerpt of each picked song and one of its reference; some with a second song mixed into both."""
    low, high = how.frames
    frames = min(int(low * ((high + 1) / low) ** rng.random()), high)
    kinds = rng.random(len(picks))
    same = kinds < how.same
    others = np.where(kinds > 1.0 - how.other_song, _another(items, picks, rng), picks)
    strange = (kinds >= how.same) & (kinds < how.same + how.stranger)
    others = np.where(strange, rng.integers(len(items), size=len(picks)), others)
    guests = rng.integers(len(items), size=len(picks))
    mixed = rng.random(len(picks)) < how.mixed
    level_db = rng.uniform(-12.0, 0.0, len(picks)).astype(np.float32)
    sides: tuple[list[Batch], list[Batch]] = ([], [])
    for row, pick in enumerate(picks):
        late_s = rng.uniform(-0.5, 0.5) * frames if same[row] and rng.random() < 0.5 else 0.0
        parts = _same_part if same[row] else _two_parts
        host = parts(items[pick], items[others[row]], rng, frames, late_s)
        guest = parts(items[guests[row]], items[guests[row]], rng, frames, late_s) if mixed[row] else None
        for side in (0, 1):
            sides[side].append(_mix(host[side], guest[side], level_db[row]) if guest else host[side])
    return tuple({k: np.stack([e[k] for e in side]) for k in ("bands", "loudness")} for side in sides)  # type: ignore[return-value]


def _another(items: Sequence[Item], picks: Indices, rng: np.random.Generator) -> Indices:
    """For each of `picks` another song of its group; any song where the group has no other."""
    groups: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        groups.setdefault(item.group, []).append(index)
    chances = rng.random(len(picks))
    found = []
    for pick, chance in zip(picks, chances, strict=True):
        mates = [mate for mate in groups[items[pick].group] if mate != pick] or range(len(items))
        found.append(mates[int(chance * len(mates))])
    return np.array(found, np.int64)


def _two_parts(song: Item, other: Item, rng: np.random.Generator, frames: int, _late_s: float) -> tuple[Batch, Batch]:
    """`frames` frames of the song, and as many of `other` (when it is the same song: from the rest of it).

    A song wraps around; one too short for two full excerpts repeats half of itself in each.
    """
    n = len(song.features["song_bands"])
    half = max(n // 2, 1)
    start = int(rng.integers(n))
    span = min(frames, half)
    if other is song:
        gap = int(rng.integers(span, max(n - span, span) + 1))
        there = (start + gap) % n
    else:
        there = int(rng.integers(len(other.features["song_bands"])))
    pattern = np.arange(frames) % span
    return _take(song, start + pattern), _take(other, there + pattern)


def _same_part(song: Item, _other: Item, rng: np.random.Generator, frames: int, late_s: float) -> tuple[Batch, Batch]:
    """`frames` frames of the song twice, the second time `late_s` later: powers of two frames are mixed."""
    index = int(rng.integers(len(song.features["song_bands"]))) + np.arange(frames)
    whole, rest = divmod(late_s, 1.0)
    early, late = _take(song, index + int(whole)), _take(song, index + int(whole) + 1)
    weights_db = 10.0 * np.log10([1.0 - rest, rest + 1e-12]).astype(np.float32)
    return _take(song, index), {k: _sum_db(early[k] + weights_db[0], late[k] + weights_db[1]) for k in early}


def _take(song: Item, index: Indices) -> Batch:
    index = index % len(song.features["song_bands"])
    return {name: song.features[f"song_{name}"][index] for name in ("bands", "loudness")}


def _mix(host: Batch, guest: Batch, level_db: np.float32) -> Batch:
    """Sum the powers; the guest is first brought to the host's loudness plus `level_db`."""
    gain_db = level_db + host["loudness"].max() - guest["loudness"].max()
    return {k: _sum_db(host[k], guest[k] + gain_db) for k in host}


def _sum_db(one_db: NDArray[np.float32], other_db: NDArray[np.float32]) -> NDArray[np.float32]:
    """Levels of the sum of two powers."""
    return np.asarray(np.logaddexp2(one_db / 3.0103, other_db / 3.0103) * np.float32(3.0103))


def _codec(bands: NDArray[np.float32], rng: np.random.Generator, share: float) -> None:
    """Attenuate bands above a random cut-off, as a lossy codec does, in a share of the excerpts."""
    rows = np.flatnonzero(rng.random(len(bands)) < share)
    cutoff_hz = rng.uniform(10_000, 16_000, len(rows))
    drop_db = rng.uniform(15, 50, len(rows))
    for row, cutoff, drop in zip(rows, cutoff_hz, drop_db, strict=True):
        bands[row][:, cutoff < CENTERS_HZ] -= np.float32(drop)
