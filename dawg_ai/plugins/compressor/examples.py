"""Training batches: two parts of a song, and a compressor that the second went through.

Nothing is rendered: the gain reduction is computed from the stored envelopes and taken off them. The song that is
asked about stays as it is, and the target is the gain reduction that the same compressor makes on it. In a share of
the examples the reference is the very same part, or part of another song of the group.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.item import Item
from dawg_ai.plugins.compressor import envelope
from dawg_ai.plugins.compressor.envelope import ACTIVE_DB
from dawg_ai.plugins.compressor.features import FLOOR_DB

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
Batch = dict[str, Floats]

SETTINGS = ("threshold_db", "ratio", "knee_db", "attack_ms", "release_ms")
QUIET_DB = -60.0  # parts whose gated level is below are not asked about
TRIES = 8  # for a part that is loud enough


@dataclass(frozen=True)
class Circumstances:
    """Distribution of the examples besides their settings; shares are probabilities, 0 to 1."""

    seconds: int  # length of both parts
    same: float  # the reference is the same part
    other_song: float  # the reference is another song of the group
    mixed: float  # a second song is mixed into both, as augmentation


TRAINING = Circumstances(seconds=10, same=0.15, other_song=0.15, mixed=0.3)
TESTING = Circumstances(seconds=10, same=0.0, other_song=0.0, mixed=0.0)


def batch(items: Sequence[Item], rng: np.random.Generator, size: int) -> Batch:
    """Draw `size` examples for training; see `draw`."""
    return draw(items, rng.integers(len(items), size=size), rng, TRAINING)


def draw(items: Sequence[Item], picks: Indices, rng: np.random.Generator, how: Circumstances) -> Batch:
    """One example for each of `picks`, indices into `items`.

    Returns:
        The network's inputs by name; `song_level_db` (size, ms), of the detector; `gated_level_db` (size, 1);
        `settings` (size, 5) in the order of SETTINGS, the threshold relative to the gated level; `reduction_db`
        (size, ms), the gain reduction that is wanted; `active` (size, ms), 1 where it counts.
    """
    size = len(picks)
    drawn = settings(rng, size)
    kinds = rng.random(size)
    others = _another(items, picks, rng)
    guests = rng.integers(len(items), size=size)
    mixed = rng.random(size) < how.mixed
    rows: list[Batch] = []
    for row, pick in enumerate(picks):
        same, other = kinds[row] < how.same, kinds[row] > 1.0 - how.other_song
        partner = items[others[row]] if other else items[pick]
        song, reference = _parts(items[pick], partner, rng, how.seconds, same)
        if mixed[row]:
            guest = _parts(items[guests[row]], items[guests[row]], rng, how.seconds, same)
            gain_db = rng.uniform(-12.0, 0.0)
            song, reference = (_mix(host, each, gain_db) for host, each in zip((song, reference), guest, strict=True))
        rows.append(_compressed(song, reference, drawn[row]))
    return {name: np.stack([each[name] for each in rows]) for name in rows[0]}


def settings(rng: np.random.Generator, size: int) -> Array:
    """Random settings in the order of SETTINGS, (size, 5); the threshold is relative to the gated level."""
    return np.stack(
        [
            rng.uniform(-18.0, 4.0, size),
            np.exp(rng.uniform(np.log(1.5), np.log(10.0), size)),
            rng.uniform(0.0, 12.0, size),
            np.exp(rng.uniform(np.log(1.0), np.log(80.0), size)),
            np.exp(rng.uniform(np.log(30.0), np.log(600.0), size)),
        ],
        1,
    )


def reduction_db(
    level_db: Floats, gated_level_db: float, values: Sequence[float] | Array, mix: float = 1.0
) -> Floats:
    """The gain reduction of settings in the order of SETTINGS, (seconds, 1000) or (ms,) as `level_db`."""
    levels = level_db.reshape(-1, level_db.shape[-1])
    found = np.empty_like(levels)
    threshold_db, ratio, knee_db, attack_ms, release_ms = (float(value) for value in values)
    threshold_db, active_db = gated_level_db + threshold_db, gated_level_db + ACTIVE_DB
    envelope.reduce(levels, threshold_db, ratio, knee_db, attack_ms, release_ms, mix, active_db, found)
    return found.reshape(level_db.shape)


def _compressed(song: Batch, reference: Batch, values: Array) -> Batch:
    """The example of two parts and settings."""
    levels, gates = [], []
    for part in (song, reference):
        level_db = np.empty_like(part["power_db"])
        envelope.detect(part["power_db"], level_db)
        levels.append(level_db)
        gates.append(envelope.gated_level_db(part["power_db"]))
    wanted, applied = (reduction_db(level, gate, values) for level, gate in zip(levels, gates, strict=True))
    return {
        "song_power_db": song["power_db"],
        "song_peak_db": song["peak_db"],
        "reference_power_db": np.maximum(reference["power_db"] - applied, np.float32(FLOOR_DB)),
        "reference_peak_db": np.maximum(reference["peak_db"] - applied, np.float32(FLOOR_DB)),
        "song_level_db": levels[0].ravel(),
        "gated_level_db": np.array([gates[0]], np.float32),
        "settings": values.astype(np.float32),
        "reduction_db": wanted.ravel(),
        "active": (levels[0].ravel() > gates[0] + ACTIVE_DB).astype(np.float32),
    }


def _another(items: Sequence[Item], picks: Indices, rng: np.random.Generator) -> Indices:
    """For each of `picks` another song of its group; the song itself where the group has no other."""
    groups: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        groups.setdefault(item.group, []).append(index)
    chances = rng.random(len(picks))
    found = []
    for pick, chance in zip(picks, chances, strict=True):
        mates = [mate for mate in groups[items[pick].group] if mate != pick] or [pick]
        found.append(mates[int(chance * len(mates))])
    return np.array(found, np.int64)


def _parts(song: Item, other: Item, rng: np.random.Generator, seconds: int, same: bool) -> tuple[Batch, Batch]:
    """A part of the song and one of `other`: the same, or where it is the same song, one from the rest of it.

    A song wraps around; one too short for two parts repeats half of itself in each.
    """
    for _ in range(TRIES):
        n = len(song.features["song_power_db"])
        span = min(seconds, max(n // 2, 1))
        start = int(rng.integers(n))
        if same:
            there = start
        elif other is song:
            there = (start + int(rng.integers(span, max(n - span, span) + 1))) % n
        else:
            there = int(rng.integers(len(other.features["song_power_db"])))
        pattern = np.arange(seconds) % span
        parts = _take(song, start + pattern), _take(other, there + pattern)
        if min(envelope.gated_level_db(part["power_db"]) for part in parts) > QUIET_DB:
            break
    return parts


def _take(song: Item, index: Indices) -> Batch:
    index = index % len(song.features["song_power_db"])
    return {name: song.features[f"song_{name}"][index] for name in ("power_db", "peak_db")}


def _mix(host: Batch, guest: Batch, gain_db: float) -> Batch:
    """Sum the powers; the guest is first brought to the host's level plus `gain_db`."""
    levels = [envelope.gated_level_db(part["power_db"]) for part in (host, guest)]
    if min(levels) < QUIET_DB:
        return host
    gain = np.float32(gain_db + levels[0] - levels[1])
    return {
        "power_db": _sum_db(host["power_db"], guest["power_db"] + gain),
        "peak_db": np.maximum(host["peak_db"], guest["peak_db"] + gain),
    }


def _sum_db(one_db: Floats, other_db: Floats) -> Floats:
    """Levels of the sum of two powers."""
    return np.asarray(np.logaddexp2(one_db / 3.0103, other_db / 3.0103) * np.float32(3.0103), np.float32)
