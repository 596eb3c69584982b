"""The proof in sound: faults are rendered into songs, the suggestion is rendered on top, and the result is measured.

Training and its error live among stored band levels. Here nothing is taken for granted: the equaliser's kernels make
the fault and the cure, the features are computed from the faulty sound, and loudness is matched before comparing.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dawg_ai import audio, suggest
from dawg_ai.audio import Audio
from dawg_ai.data.clip import Clip
from dawg_ai.dsp import effect
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.plugins.auto_eq import PLUGIN
from dawg_ai.plugins.auto_eq.model import EQUALISER
from dawg_ai.units import amplitude_from_db

EXCERPT_S = 15
QUIET_LU = 25.0
LEAST_DB = 6.0  # of a fault's gains together: the share removed of next to nothing says nothing


def removed(model: nn.Module, clips: Sequence[Clip], seed: int, count: int) -> dict[str, list[float]]:
    """Share of the fault that is gone, for `count` faults each in another song: 1 is all of it, below 0 is worse.

    Returns a list for each of the modes fix and reference.
    """
    shares: dict[str, list[float]] = {"fix": [], "reference": []}
    for clean, reference, rate_hz, faulty in _cases(clips, seed, count):
        before_db = _distance_db(faulty, clean, rate_hz)
        for mode, references in (("fix", []), ("reference", [(reference, rate_hz)])):
            given = suggest.inputs(PLUGIN, (faulty, rate_hz), mode, references)
            with torch.no_grad():
                raw = model({name: torch.from_numpy(value) for name, value in given.items()})["knobs"][0]
            knobs = effect.load(PLUGIN.effect).knobs
            values = {knob.name: knob.nearest(float(value)) for knob, value in zip(knobs, raw, strict=True)}
            cured = _equalised(faulty, rate_hz, values)
            shares[mode].append(1.0 - _distance_db(cured, clean, rate_hz) / before_db)
    return shares


def _cases(clips: Sequence[Clip], seed: int, count: int) -> Iterator[tuple[Audio, Audio, int, Audio]]:
    """Clean excerpt, another part of its song, sample rate, the excerpt with a fault."""
    rng = np.random.default_rng(seed)
    for index in rng.permutation(len(clips))[:count]:
        sound, rate_hz = audio.read(clips[index].path)
        span = min(EXCERPT_S * rate_hz, sound.shape[1] // 2)
        start = int(rng.integers(sound.shape[1] - 2 * span + 1))
        clean, other = (audio.stereo(sound[:, at : at + span]) for at in (start, start + span))
        if integrated_lufs(clean, rate_hz) > -60.0:
            yield clean, other, rate_hz, _equalised(clean, rate_hz, _fault(rng))


def _fault(rng: np.random.Generator) -> dict[str, float]:
    """Any setting of the equaliser that is worth mending: up to 9 dB in two thirds of the bands, 6 dB in all."""
    gains_db = np.zeros(len(EQUALISER))
    while np.abs(gains_db).sum() < LEAST_DB:
        gains_db = rng.uniform(-9.0, 9.0, len(EQUALISER)) * (rng.random(len(EQUALISER)) < 0.65)
    values: dict[str, float] = {}
    for number, (kind, shape, low_hz, high_hz) in enumerate(EQUALISER, start=1):
        values[f"band{number}_kind"] = kind
        values[f"band{number}_hz"] = float(np.exp(rng.uniform(np.log(low_hz), np.log(high_hz))))
        values[f"band{number}_db"] = float(gains_db[number - 1])
        values[f"band{number}_q"] = float(np.exp(rng.uniform(np.log(0.5), np.log(4.0)))) if shape == "bell" else 0.71
    return values


def _equalised(sound: Audio, rate_hz: int, values: dict[str, float]) -> Audio:
    return effect.Processor(effect.load(PLUGIN.effect), rate_hz, values, len(sound)).process(sound)


def _distance_db(sound: Audio, clean: Audio, rate_hz: int) -> float:
    """Mean distance in dB of band levels, second by second, at equal loudness; quiet seconds left out."""
    gain = amplitude_from_db(integrated_lufs(clean, rate_hz) - integrated_lufs(sound, rate_hz))
    mine, right = (PLUGIN.features.extract(each, rate_hz) for each in ((sound * np.float32(gain)), clean))
    loudness: NDArray[np.float32] = right["loudness"][:, 0]
    heard = loudness > loudness.max() - QUIET_LU
    return float(np.abs(mine["bands"] - right["bands"])[heard].mean())
