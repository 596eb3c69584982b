"""Evaluation on rendered audio: a fault is rendered into songs, the suggestion on top, and the result is measured.

Training and validation use stored band levels only. Here the equaliser's kernels make the fault and correct it, the
features are computed from the degraded audio, and loudness is matched before the comparison.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dawg_ai import audio, chain
from dawg_ai.ask import Host
from dawg_ai.audio import Audio
from dawg_ai.data.clip import Clip
from dawg_ai.dsp.instance import Native
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.nn.runner import runner
from dawg_ai.plugins.auto_eq import PLUGIN
from dawg_ai.plugins.auto_eq.features import FEATURES
from dawg_ai.plugins.auto_eq.model import EQUALISER
from dawg_ai.units import amplitude_from_db

CASES = 7  # songs of a run; about a hundred in fifteen runs
EXCERPT_S = 15
QUIET_LU = 25.0
MIN_FAULT_DB = 6.0  # sum of a fault's gains; the share removed of a smaller fault would be noise


def removed(model: nn.Module, clips: Sequence[Clip], seed: int) -> dict[str, dict[str, float]]:
    """Share of the fault that the suggestion removes, for CASES songs: 1 is all of it, negative values are worse.

    Returns:
        For each of the modes fix and reference, clip id -> share.
    """
    host = Host.of(PLUGIN, runner(model, PLUGIN))
    shares: dict[str, dict[str, float]] = {"fix": {}, "reference": {}}
    for clip_id, clean, reference, rate_hz, faulty in _cases(clips, seed):
        before_db = _distance_db(faulty, clean, rate_hz)
        for mode, found in shares.items():
            references = [audio.held(reference, rate_hz)] if mode == "reference" else []
            given = {"song": [audio.held(faulty, rate_hz)], "reference": references}
            corrected = chain.render(host.ask(given, mode=mode).recipe, faulty, rate_hz)
            found[clip_id] = 1.0 - _distance_db(corrected, clean, rate_hz) / before_db
    return shares


def _cases(clips: Sequence[Clip], seed: int) -> Iterator[tuple[str, Audio, Audio, int, Audio]]:
    """Yield clip id, clean excerpt, another part of its song, sample rate, and the excerpt with a fault."""
    rng = np.random.default_rng(seed)
    for index in rng.permutation(len(clips))[:CASES]:
        sound, rate_hz = audio.read(clips[index].path)
        span = min(EXCERPT_S * rate_hz, sound.shape[1] // 2)
        start = int(rng.integers(sound.shape[1] - 2 * span + 1))
        clean, other = (audio.stereo(sound[:, at : at + span]) for at in (start, start + span))
        if integrated_lufs(clean, rate_hz) > -60.0:
            yield clips[index].id, clean, other, rate_hz, equalised(clean, rate_hz, fault(rng))


def fault(rng: np.random.Generator) -> dict[str, float]:
    """A random setting of the equaliser: up to 9 dB in two thirds of the bands, at least MIN_FAULT_DB in total."""
    gains_db = np.zeros(len(EQUALISER))
    while np.abs(gains_db).sum() < MIN_FAULT_DB:
        gains_db = rng.uniform(-9.0, 9.0, len(EQUALISER)) * (rng.random(len(EQUALISER)) < 0.65)
    values: dict[str, float] = {}
    for number, (kind, shape, low_hz, high_hz) in enumerate(EQUALISER, start=1):
        values[f"band{number}_kind"] = kind
        values[f"band{number}_hz"] = float(np.exp(rng.uniform(np.log(low_hz), np.log(high_hz))))
        values[f"band{number}_db"] = float(gains_db[number - 1])
        values[f"band{number}_q"] = float(np.exp(rng.uniform(np.log(0.5), np.log(4.0)))) if shape == "bell" else 0.71
    return values


def equalised(sound: Audio, rate_hz: int, values: dict[str, float]) -> Audio:
    """A sound after the equaliser with these knobs."""
    link = PLUGIN.chain[0]
    recipe = {"format": chain.FORMAT, "chain": [{"effect": link.effect, "knobs": {**link.fixed, **values}}]}
    return chain.render(recipe, sound, rate_hz)


def _distance_db(sound: Audio, clean: Audio, rate_hz: int) -> float:
    """Mean absolute difference of band levels per second in dB, at equal loudness, without quiet seconds."""
    gain = amplitude_from_db(integrated_lufs(clean, rate_hz) - integrated_lufs(sound, rate_hz))
    mine, right = (
        FEATURES.extractor.extract(Native(PLUGIN.module), audio.held(each, rate_hz))
        for each in (sound * np.float32(gain), clean)
    )
    loudness: NDArray[np.float32] = right["loudness"][:, 0]
    counts = loudness > loudness.max() - QUIET_LU
    return float(np.abs(mine["bands"] - right["bands"])[counts].mean())
