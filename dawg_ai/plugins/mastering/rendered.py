"""Evaluation on rendered audio: faults are rendered into songs, the master on top, and the result is measured.

Training and validation work on stored features. Here effects make the faults, the features are computed from the
degraded audio, the whole chain renders with its limiter, at the loudness that the song had, and the distances are
those of `restoration.py`, measured on the sound.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dawg_ai import audio, chain
from dawg_ai.ask import Host
from dawg_ai.audio import Audio
from dawg_ai.data.clip import Clip
from dawg_ai.dsp.blocks.filters import crossover
from dawg_ai.dsp.blocks.filters.one_pole import coefficient_of_ms
from dawg_ai.dsp.instance import Native
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.log2_level import LOG2_PER_DB, gain_from_log2, log2_level
from dawg_ai.dsp.math import sqrt
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.nn.runner import runner
from dawg_ai.plugins.auto_eq.rendered import equalised, fault
from dawg_ai.plugins.mastering import PLUGIN, restoration, simulation
from dawg_ai.plugins.mastering.examples import (
    EXPANDED,
    KINDS,
    OFF_DB,
    REDUCTION_DB,
    SQUASHED,
    TONE,
    WIDTH,
    WIDTH_FAULT_DB,
    each_region,
    unflat,
    which_kinds,
)
from dawg_ai.plugins.mastering.examples import TESTING as HOW
from dawg_ai.plugins.mastering.features import ATTACK_MS, CROSSOVERS_HZ, FEATURES, REGIONS, RELEASE_MS
from dawg_ai.plugins.mastering.restoration import DISTANCES, WIDEST_DB
from dawg_ai.plugins.mastering.simulation import Song

CASES = 20  # songs of a run
EXCERPT_S = 30
QUIETEST_LUFS = -60.0
CHUNK = 4096


@dataclass(frozen=True)
class Case:
    """A part of a song, another part of it, and the first with faults."""

    clip_id: str
    rate_hz: int
    clean: Audio
    other: Audio
    faulty: Audio


def removed(model: nn.Module, clips: Sequence[Clip], seed: int) -> dict[str, dict[str, float]]:
    """Per cent of the degradation that the master removes, for CASES songs.

    Returns:
        For the modes master ("") and reference (", reference"), clip id -> percent, as in `measure.py`.
    """
    host = Host.of(PLUGIN, runner(model, PLUGIN))
    before: list[NDArray[np.float64]] = []
    after: dict[str, list[NDArray[np.float64]]] = {"master": [], "reference": []}
    ids = []
    for case in _cases(clips, seed):
        clean, rate_hz = _features(case.clean, case.rate_hz), case.rate_hz
        before.append(_distances(case.faulty, clean, rate_hz))
        ids.append(case.clip_id)
        loudness = {"loudness_lufs": float(np.clip(integrated_lufs(case.clean, rate_hz), -30.0, -5.0))}
        for mode, found in after.items():
            given = {"song": [audio.held(case.faulty, rate_hz)]}
            if mode == "reference":
                given["reference"] = [audio.held(case.other, rate_hz)]
            master = chain.render(host.ask(given, loudness, mode).recipe, case.faulty, rate_hz)
            found.append(_distances(master, clean, rate_hz))
    typical = np.mean(before, 0)
    names = {"master": "", "reference": ", reference"}
    return {
        names[mode]: dict(zip(ids, (100.0 * (np.array(before) - found) / typical).mean(1).tolist(), strict=True))
        for mode, found in after.items()
    }


def _features(sound: Audio, rate_hz: int) -> Song:
    """In the analysis domain, a batch of one."""
    found = FEATURES.extractor.extract(Native(PLUGIN.module), audio.held(sound, rate_hz))
    song = unflat({f"song_{name}": values[None] for name, values in found.items()}, "song")
    return {name: values.astype(np.float64) for name, values in song.items()}


def _distances(sound: Audio, clean: Song, rate_hz: int) -> NDArray[np.float64]:
    found = restoration.distances(_features(sound, rate_hz), clean)
    return np.array([found[name][0] for name in DISTANCES])


def _cases(clips: Sequence[Clip], seed: int) -> Iterator[Case]:
    """Songs of one part, each with one to three faults."""
    rng = np.random.default_rng(seed)
    for index in rng.permutation(len(clips))[:CASES]:
        sound, rate_hz = audio.read(clips[index].path)
        span = min(EXCERPT_S * rate_hz, sound.shape[1] // 2)
        start = int(rng.integers(sound.shape[1] - 2 * span + 1))
        clean, other = (audio.stereo(sound[:, at : at + span]) for at in (start, start + span))
        if min(integrated_lufs(each, rate_hz) for each in (clean, other)) > QUIETEST_LUFS:
            faulty = degraded(clean, rate_hz, which_kinds(rng, 1, HOW)[0], rng)
            yield Case(clips[index].id, rate_hz, clean, other, faulty)


def degraded(sound: Audio, rate_hz: int, kinds: NDArray[np.bool_], rng: np.random.Generator) -> Audio:
    """Render faults of these kinds, (4,) by KINDS, into a sound."""
    assert len(kinds) == len(KINDS)
    if kinds[WIDTH]:
        width_db = np.minimum(each_region(rng, 1, WIDTH_FAULT_DB)[0] * rng.choice([-1.0, 1.0]), WIDEST_DB)
        percents = dict(zip(("low", "middle", "high"), (100.0 * 10.0 ** (width_db / 20.0)).tolist(), strict=True))
        edges = {"lower_hz": CROSSOVERS_HZ[0], "upper_hz": CROSSOVERS_HZ[1]}
        sound = _rendered("stereo", {**{f"{n}_percent": v for n, v in percents.items()}, **edges}, sound, rate_hz)
    for kind, curve in ((EXPANDED, simulation.expander), (SQUASHED, simulation.compressor)):
        if kinds[kind]:
            wanted = each_region(rng, 1, REDUCTION_DB)
            threshold_db = simulation.threshold_of(_features(sound, rate_hz), wanted, curve)
            threshold_db = np.where(wanted > 0.0, threshold_db, OFF_DB)[0]
            sound = (
                expanded(sound, rate_hz, threshold_db)
                if kind == EXPANDED
                else _squashed(sound, rate_hz, threshold_db)
            )
    return equalised(sound, rate_hz, fault(rng)) if kinds[TONE] else sound


def _squashed(sound: Audio, rate_hz: int, threshold_db: NDArray[np.float64]) -> Audio:
    link = next(each for each in PLUGIN.chain if each.effect == "multiband")
    thresholds = {f"band{i}_threshold_db": min(float(each), 0.0) for i, each in enumerate(threshold_db, 1)}
    return _rendered(link.effect, {**link.fixed, **thresholds}, sound, rate_hz)


def _rendered(effect: str, knobs: Mapping[str, Any], sound: Audio, rate_hz: int) -> Audio:
    return chain.render({"format": chain.FORMAT, "chain": [{"effect": effect, "knobs": dict(knobs)}]}, sound, rate_hz)


def expanded(sound: Audio, rate_hz: int, threshold_db: NDArray[np.float64]) -> Audio:
    """Upward expansion of three regions, the inverse of the multiband compressor's static curve, (3,) thresholds."""
    filters, state = np.zeros((REGIONS - 1, 3, 5)), np.zeros((REGIONS - 1, 2, crossover.STATES_PER_CHANNEL))
    for index, edge_hz in enumerate(CROSSOVERS_HZ):
        crossover.design(edge_hz, float(rate_hz), filters[index])
    parts, gains, out = np.zeros((REGIONS, 2, CHUNK)), np.zeros(REGIONS), np.zeros_like(sound)
    ballistics = np.array(
        [[coefficient_of_ms(ms[i], float(rate_hz)) for ms in (ATTACK_MS, RELEASE_MS)] for i in range(REGIONS)]
    )
    for start in range(0, sound.shape[1], CHUNK):
        stop = min(start + CHUNK, sound.shape[1])
        crossover.load_channels(sound, start, stop, parts[2])
        for i in range(REGIONS - 1):
            crossover.split(parts[i], parts[2], stop - start, filters[i], state[i])
        for i in range(REGIONS):
            gains[i] = _expand(parts[i], stop - start, float(threshold_db[i]), ballistics[i], float(gains[i]))
        crossover.add_band(parts[0], parts[1], stop - start, filters[1], state[1])
        crossover.write_sum(parts[0], parts[2], out, start, stop)
    return out


@kernel
def _expand(part: F64, count: int, threshold_db: float, ballistics: F64, gain: float) -> float:
    """Expand a region in place; return the smoothed gain (log2 domain) after the last sample."""
    knee, edge = 0.5 * simulation.KNEE_DB, simulation.KNEE_DB * (1.0 - 0.5 * simulation.SLOPE)
    a = 0.5 * simulation.SLOPE / simulation.KNEE_DB
    for i in range(count):
        level_db = log2_level(max(abs(part[0, i]), abs(part[1, i]))) / LOG2_PER_DB
        over = level_db - threshold_db + knee
        u = min(max(over, 0.0), edge)
        wanted = (1.0 - sqrt(1.0 - 4.0 * a * u)) / (2.0 * a) - u
        wanted += max(over - edge, 0.0) * simulation.SLOPE / (1.0 - simulation.SLOPE)
        wanted *= LOG2_PER_DB
        gain += (ballistics[0] if wanted > gain else ballistics[1]) * (wanted - gain)
        factor = gain_from_log2(gain)
        part[0, i] *= factor
        part[1, i] *= factor
    return gain
