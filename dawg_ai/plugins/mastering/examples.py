"""Training batches: excerpts of finished songs, made worse in ways whose correction is known.

Faults of tone, dynamics and width are put into stored features (`simulation.py`), one to three at a time; no audio is
rendered. The targets are a curve that undoes the tone, the mean gain reduction of a compressor that undoes an
expansion (and none where a song was compressed, as the chain cannot expand), and the width of the side to restore. In
reference mode the reference is another part of the same song, the very same music, another song of the same group, or
any song.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.item import Item
from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ
from dawg_ai.plugins.auto_eq.examples import faults as tone_faults
from dawg_ai.plugins.mastering import simulation
from dawg_ai.plugins.mastering.features import FEATURES, PERCENTILES, REGIONS
from dawg_ai.plugins.mastering.simulation import Song

Array = NDArray[np.floating]
Indices = NDArray[np.int64]
Batch = dict[str, NDArray[np.float32]]

MODES = ("master", "reference")
MASTER, REFERENCE = range(2)
KINDS = ("tone", "expanded", "squashed", "width")
TONE, EXPANDED, SQUASHED, WIDTH = range(4)

REDUCTION_DB = (0.5, 5.0)  # mean gain reduction that undoes an expansion, or that squashed a song
WIDTH_FAULT_DB = (2.0, 8.0)
NEARLY_MONO_DB = -40.0  # side against mid: of so little side nobody can tell how much there was
OFF_DB = 30.0  # a threshold that nothing reaches


@dataclass(frozen=True)
class Circumstances:
    """Distribution of the examples; shares are probabilities, 0 to 1."""

    frames: tuple[int, int]  # shortest and longest excerpt, in seconds
    clean: float  # without a fault
    kinds: tuple[float, float, float, float]  # shares of the KINDS; one is drawn where there would be none
    same: float  # the reference has the same music, without the fault
    other_song: float  # the reference is another song of the group
    stranger: float  # the reference is a song of any group
    codec: float  # low-passed as by a lossy codec; the target does not restore it


EVERY_KIND = (0.6, 0.35, 0.2, 0.4)
# Where no fault of tone is the rule, the answer with the least error is none at all: so there are more of them.
MOSTLY_TONE = (0.85, 0.35, 0.2, 0.4)
TRAINING = Circumstances((12, 36), 0.1, MOSTLY_TONE, same=0.15, other_song=0.2, stranger=0.1, codec=0.1)
TESTING = Circumstances((40, 40), 0.0, EVERY_KIND, same=0.0, other_song=0.0, stranger=0.0, codec=0.1)


def batch(items: Sequence[Item], rng: np.random.Generator, size: int) -> Batch:
    """Draw `size` examples for training; see `draw`."""
    picks = rng.integers(len(items), size=size)
    made = draw(items, picks, rng.integers(len(MODES), size=size), rng, TRAINING)
    return {name: values for name, values in made.items() if not name.startswith("clean_")}


def draw(
    items: Sequence[Item], picks: Indices, modes: Indices, rng: np.random.Generator, how: Circumstances
) -> Batch:
    """One example for each of `picks` (indices into `items`) and `modes` (indices into MODES).

    Returns:
        The plugin's inputs by name; the same excerpts without faults as `clean_*`; the answers `tone_db` (size, 55),
        `reduction_db` and `width_db` (size, 3); and `kinds` (size, 4), which faults there are.
    """
    size = len(picks)
    clean, reference = _excerpts(items, picks, rng, how)
    kinds = which_kinds(rng, size, how)
    song, answers = degraded(clean, kinds, rng)
    for excerpt in (song, reference):
        excerpt |= _codec(excerpt, rng, how.codec)
    for values in reference.values():
        values[modes != REFERENCE] = 0.0
    return {
        **{f"song_{name}": values for name, values in flat(song).items()},
        **{f"reference_{name}": values for name, values in flat(reference).items()},
        **{f"clean_{name}": values for name, values in flat(clean).items()},
        "mode": np.eye(len(MODES), dtype=np.float32)[modes],
        "kinds": kinds.astype(np.float32),
        **{name: values.astype(np.float32) for name, values in answers.items()},
    }


def flat(song: Song) -> Batch:
    """Arrays as the features have them: the levels of all regions in one row."""
    rows = song["levels"].reshape(*song["levels"].shape[:2], -1)
    return {name: values.astype(np.float32) for name, values in {**song, "levels": rows}.items()}


def unflat(cases: Batch, source: str) -> Song:
    """The inverse, of a source in a batch."""
    song: Song = {name: cases[f"{source}_{name}"] for name in FEATURES.outputs}
    levels = song["levels"]
    return {**song, "levels": levels.reshape(*levels.shape[:2], REGIONS, len(PERCENTILES))}


def degraded(clean: Song, kinds: NDArray[np.bool_], rng: np.random.Generator) -> tuple[Song, dict[str, Array]]:
    """Put faults of these kinds, (batch, 4), into songs; return them and the answers that undo the faults."""
    size = len(kinds)
    tone_db = tone_faults(rng, size) * kinds[:, [TONE]]
    expansion_db = each_region(rng, size, REDUCTION_DB) * kinds[:, [EXPANDED]]
    squash_db = each_region(rng, size, REDUCTION_DB) * kinds[:, [SQUASHED]]
    width_db = each_region(rng, size, WIDTH_FAULT_DB) * rng.choice([-1.0, 1.0], (size, 1)) * kinds[:, [WIDTH]]
    width_db *= widths(clean) > NEARLY_MONO_DB
    song = simulation.widened(clean, width_db)
    for reduction_db, kind, curve, change in (
        (expansion_db, EXPANDED, simulation.expander, simulation.expanded),
        (squash_db, SQUASHED, simulation.compressor, simulation.compressed),
    ):
        rows = np.flatnonzero(kinds[:, kind])
        if len(rows):
            part = {name: values[rows] for name, values in song.items()}
            threshold_db = simulation.threshold_of(part, reduction_db[rows], curve)
            changed = change(part, np.where(reduction_db[rows] > 0.0, threshold_db, OFF_DB))
            song = {name: _replaced(values, rows, changed[name]) for name, values in song.items()}
    song = simulation.equalised(song, tone_db)
    return song, {"tone_db": -tone_db, "reduction_db": expansion_db, "width_db": -width_db}


def widths(song: Song) -> Array:
    """Power of the side against the mid of each region in the loud part in dB, (batch, 3)."""
    regions, counts = (simulation.REGION_GAINS**2).T, simulation.loud(song["loudness"])
    mid, side = (simulation.mean(simulation.power(song[name]) @ regions, counts) for name in ("mid", "side"))
    return np.asarray(simulation.db(side + 1e-14) - simulation.db(mid + 1e-12))


def _replaced(values: Array, rows: Indices, others: Array) -> Array:
    copied = values.copy()
    copied[rows] = others
    return copied


def which_kinds(rng: np.random.Generator, size: int, how: Circumstances) -> NDArray[np.bool_]:
    """Which faults each example has, (size, 4); a song is not expanded and squashed at once."""
    kinds = rng.random((size, len(KINDS))) < how.kinds
    kinds[:, SQUASHED] &= ~kinds[:, EXPANDED] | (how.kinds[EXPANDED] == 0.0)
    none = np.flatnonzero(~kinds.any(1))
    kinds[none, rng.choice(len(KINDS), len(none), p=np.array(how.kinds) / sum(how.kinds))] = True
    kinds[rng.random(size) < how.clean] = False
    return kinds


def each_region(rng: np.random.Generator, size: int, limits: tuple[float, float]) -> Array:
    """A number for each region: in half the examples the same for all, in the others 0 for some regions."""
    each = rng.uniform(*limits, (size, REGIONS))
    chosen = rng.random((size, REGIONS)) < 0.6
    chosen[np.arange(size), rng.integers(REGIONS, size=size)] = True
    return np.where(rng.random((size, 1)) < 0.5, each[:, :1], each * chosen)


def _codec(song: Song, rng: np.random.Generator, share: float) -> Song:
    """Attenuate bands above a random cut-off, as a lossy codec does, in a share of the excerpts."""
    size = len(song["mid"])
    cutoff_hz, drop_db = rng.uniform(10_000, 16_000, (size, 1)), rng.uniform(15, 50, (size, 1))
    chosen = rng.random((size, 1)) < share
    drop = np.where(chosen & (cutoff_hz < CENTERS_HZ), drop_db, 0.0)
    return {name: np.maximum(song[name] - drop[:, None], simulation.FLOOR_DB) for name in ("mid", "side")}


def _excerpts(
    items: Sequence[Item], picks: Indices, rng: np.random.Generator, how: Circumstances
) -> tuple[Song, Song]:
    """An excerpt of each picked song, and one of its reference."""
    low, high = how.frames
    frames = min(int(low * ((high + 1) / low) ** rng.random()), high)
    groups: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        groups.setdefault(item.group, []).append(index)
    chances, draws = rng.random(len(picks)), rng.random((len(picks), 3))
    songs, references = [], []
    for pick, chance, (start, gap, other) in zip(picks, chances, draws, strict=True):
        song = items[pick].features
        count = len(song["song_loudness"])
        # A song too short for two full excerpts repeats half of itself in each.
        span = min(frames, max(count // 2, 1))
        first, pattern = int(start * count), np.arange(frames) % span
        second, rest = first + span + int(gap * max(count - 2 * span + 1, 1)), song
        if chance < how.same:
            second = first
        elif chance < how.same + how.stranger + how.other_song:
            mates = [mate for mate in groups[items[pick].group] if mate != pick]
            anyone = chance < how.same + how.stranger or not mates
            rest = items[int(other * len(items)) if anyone else mates[int(other * len(mates))]].features
            second = int(gap * len(rest["song_loudness"]))
        songs.append(_take(song, first + pattern))
        references.append(_take(rest, second + pattern))
    return _stacked(songs), _stacked(references)


def _take(song: Item | dict[str, Array], index: Indices) -> dict[str, Array]:
    index = index % len(song["song_loudness"])  # type: ignore[index]
    return {name: song[f"song_{name}"][index] for name in FEATURES.outputs}  # type: ignore[index]


def _stacked(excerpts: Sequence[dict[str, Array]]) -> Song:
    song: Song = {name: np.stack([each[name] for each in excerpts]) for name in FEATURES.outputs}
    song["levels"] = song["levels"].reshape(*song["levels"].shape[:2], REGIONS, len(PERCENTILES))
    return song
