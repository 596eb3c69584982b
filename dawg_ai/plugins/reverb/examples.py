"""Training batches: band envelopes of dry sounds, convolved with energy decays; and dense mixes.

No audio is rendered. The energy of a reverberant band is that of the dry band convolved with that of the decay, on
average, and fluctuates around it as noise does. A third of the decays are measured rooms, stretched; the others are
sampled. Dense mixes stand for what cannot be answered.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.item import Item
from dawg_ai.plugins.reverb import decays, patterns
from dawg_ai.plugins.reverb.bands import (
    BANDS,
    CENTER_REST_S,
    LEAD,
    LOW_END,
    MID_END,
    RANGES,
    RATE_HZ,
    ROWS,
    SIDE,
    WHOLE,
)
from dawg_ai.plugins.reverb.features import DEPTH_DB, FRAMES, LAGS, profiles, relative

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Batch = dict[str, Floats]

# Columns of the truth; T60 as log2 of seconds.
LOW, MID, HIGH, PREDELAY_MS, WET_DB, WIDTH, SINGLE = range(7)
TRUTHS = 7
DRIEST_DB = -30.0  # of the wet level that stands for none

DENSE, DRY_SHARE, MEASURED = 0.2, 0.06, 0.35  # shares of the examples
MOST_SOUNDS = 5
LONGEST_PREDELAY_S = 0.12
SIZE = 3600  # of the transforms: what is played and a decay
TAKES = 2  # spaces that a pattern is heard in
RANGE = np.searchsorted((LOW_END, MID_END), np.arange(BANDS), "right")  # of each band


def batch(items: Sequence[Item], rng: np.random.Generator, size: int) -> Batch:
    """Draw `size` examples.

    Args:
        items: with `dry_dry_db`, `response_decay_db` or `reference_bands`, those that they have.
        rng: random numbers.
        size: number of examples.

    Returns:
        The plugin's inputs by name, and `truth` (size, TRUTHS).
    """
    kits, rooms, mixes = kinds(items)
    rows: list[Batch] = []
    while len(rows) < size:
        if mixes and (rng.random() < DENSE / TAKES or not kits):
            rows.append(_dense(mixes[int(rng.integers(len(mixes)))], rng))
        else:
            rows += _singles(kits, rooms, rng)
    return {name: np.stack([row[name] for row in rows[:size]]) for name in rows[0]}


def kinds(items: Sequence[Item]) -> tuple[dict[str, list[Item]], list[Item], list[Item]]:
    """Dry sounds by kit, rooms, and dense mixes."""
    kits: dict[str, list[Item]] = {}
    for item in items:
        if "dry_dry_db" in item.features:
            kits.setdefault(item.group, []).append(item)
    rooms = [item for item in items if "response_decay_db" in item.features]
    return kits, rooms, [item for item in items if "reference_bands" in item.features]


def pick(kits: Mapping[str, Sequence[Item]], rng: np.random.Generator) -> list[Item]:
    """One to MOST_SOUNDS sounds of one kit."""
    kit = kits[sorted(kits)[int(rng.integers(len(kits)))]]
    count = int(rng.integers(1, min(MOST_SOUNDS, len(kit)) + 1))
    return [kit[i] for i in rng.choice(len(kit), count, replace=False)]


def _singles(kits: Mapping[str, Sequence[Item]], rooms: Sequence[Item], rng: np.random.Generator) -> list[Batch]:
    """One pattern of one kit, in TAKES spaces."""
    sounds = pick(kits, rng)
    dry, side = played([item.features["dry_dry_db"][0] for item in sounds], patterns.draw(rng, len(sounds)), rng)
    spectrum = np.fft.rfft(dry, SIZE)
    return [_in_a_space(dry, spectrum, side, rooms, rng) for _ in range(TAKES)]


def _in_a_space(
    dry: Array, spectrum: NDArray[np.complex128], side: Array, rooms: Sequence[Item], rng: np.random.Generator
) -> Batch:
    if rooms and rng.random() < MEASURED:
        room = decays.cleaned(rooms[int(rng.integers(len(rooms)))].features["response_decay_db"][0])
        decay = decays.stretched(room, 2.0 ** rng.uniform(-1.5, 1.0), rng.normal(0.0, 0.1))
    else:
        decay = decays.sample(rng)
    wet_db = rng.uniform(-22.0, 12.0) if rng.random() > DRY_SHARE else DRIEST_DB
    predelay_s = rng.uniform(0.0, LONGEST_PREDELAY_S) * (rng.random() < 0.8)
    width = rng.uniform(0.0, 1.0) if rng.random() < 0.75 else float(rng.integers(2))
    wet = np.maximum(np.fft.irfft(spectrum * np.fft.rfft(decay, SIZE), SIZE)[:, :FRAMES], 0.0)
    rows_db = reverberant(dry, side, wet, predelay_s, wet_db, width, rng)
    logs = np.log2(decays.t60(decay))
    truth = np.array([*logs, 1000.0 * predelay_s, wet_db, width, 1.0], np.float32)
    return {**_inputs(rows_db), "truth": truth}


def played(sounds: Sequence[Floats], pattern: patterns.Pattern, rng: np.random.Generator) -> tuple[Array, Array]:
    """Energies of a pattern, (BANDS, FRAMES), and the share of it that is in the side signal, (RANGES, FRAMES)."""
    energies = np.zeros((ROWS, FRAMES))
    powers = [10.0 ** (0.1 * each[: _audible(each)].T.astype(np.float64)) for each in sounds]
    sides = rng.uniform(0.0, 0.3, len(sounds)) * (rng.random(len(sounds)) < 0.5)
    for power, side in zip(powers, sides, strict=True):
        power /= power[WHOLE:SIDE].sum(0).max() + 1e-9
        power[SIDE:] = side * power[WHOLE:SIDE]
    for hit in pattern.hits:
        start = int(hit.time_s * RATE_HZ) - LEAD
        heard = powers[hit.sound][:, max(-start, 0) : FRAMES - start]
        start = max(start, 0)
        energies[:, start : start + heard.shape[1]] += hit.power * heard
    energies[:, int(pattern.end_s * RATE_HZ) :] = 0.0
    return energies[:BANDS], energies[SIDE:] / (energies[WHOLE:SIDE] + 1e-30)


def _audible(sound: Floats) -> int:
    """Frames until a sound stays 80 dB below its loudest."""
    level = sound[:, WHOLE:SIDE].max(1)
    return int(np.flatnonzero(level >= level.max() - 80.0)[-1]) + 1


def reverberant(
    dry: Array, side: Array, wet: Array, predelay_s: float, wet_db: float, width: float, rng: np.random.Generator
) -> Floats:
    """Levels of dry and wet together, (ROWS, FRAMES), with the noise floor of a recording.

    Args:
        dry: energies (BANDS, FRAMES).
        side: share of them in the side signal, (RANGES, FRAMES).
        wet: dry convolved with a decay, (BANDS, FRAMES).
        predelay_s: silence before the decay begins.
        wet_db: energy of the decay relative to that of the direct sound.
        width: 0 to 1; how loud the side signal of the wet is, beside the mid signal.
        rng: of the fluctuation and the noise.
    """
    shift = (predelay_s + CENTER_REST_S) * RATE_HZ
    whole, part = int(shift), shift - int(shift)
    later, delayed = np.pad(wet, ((0, 0), (1, 0))), np.zeros((BANDS, FRAMES))
    delayed[:, whole:] = ((1.0 - part) * later[:, 1:] + part * later[:, :-1])[:, : FRAMES - whole]
    wet = decays.fluctuating(delayed * 10.0 ** (0.1 * wet_db), rng)
    ended = dry.shape[1] - int(np.argmax(dry[:, ::-1].sum(0) > 0.0)) if dry.any() else 0
    rows = np.zeros((ROWS, FRAMES))
    both = dry + wet
    top = both.sum(0).max() + 1e-12
    floor = top * 10.0 ** (0.1 * (rng.uniform(-105.0, -55.0) + rng.uniform(-0.5, 0.5) * np.arange(BANDS)))
    both += decays.fluctuating(np.repeat(floor[:, None], FRAMES, 1), rng)
    share = width * width / (1.0 + width * width)
    rows[:BANDS] = both
    for k in range(RANGES):
        of_range = k == RANGE
        rows[WHOLE + k] = both[of_range].sum(0)
        rows[SIDE + k] = side[k] * dry[of_range].sum(0) + share * wet[of_range].sum(0) + 0.3 * floor[of_range].sum()
    if ended and rng.random() < 0.2:  # cut off some time after the last sound
        rows[:, min(ended + int(rng.uniform(0.2, 2.0) * RATE_HZ), FRAMES) :] = 0.0
    return np.asarray(10.0 * np.log10(rows + 1e-12), np.float32)


def _dense(item: Item, rng: np.random.Generator) -> Batch:
    """A part of a mix, its tone changed at random, perhaps in a room as well."""
    rows_db = item.features["reference_bands"].copy()
    heard = rows_db > -DEPTH_DB
    tilt = rng.normal(0.0, 3.0) * np.linspace(-1.0, 1.0, BANDS) + rng.normal(0.0, 1.5, BANDS)
    rows_db[:BANDS] += tilt.astype(np.float32)[:, None]
    for k in range(RANGES):
        change = np.float32(tilt[k == RANGE].mean())
        rows_db[[WHOLE + k, SIDE + k]] += change
    rows_db = np.roll(rows_db, int(rng.integers(FRAMES)), 1) if rng.random() < 0.5 else rows_db
    rows_db = np.where(heard, rows_db, np.float32(-DEPTH_DB))
    truth = np.zeros(TRUTHS, np.float32)
    truth[WET_DB] = DRIEST_DB
    return {**_inputs(rows_db.astype(np.float32)), "truth": truth}


def _inputs(rows_db: Floats) -> Batch:
    """The network's inputs, as `features.finish_reference` makes them of a recording."""
    rows_db, profile = np.ascontiguousarray(rows_db), np.zeros((RANGES + 1, LAGS), np.float32)
    relative(rows_db)
    profiles(rows_db, profile)
    return {"reference_bands": rows_db, "reference_profile": profile}
