"""The voices there are: bundles that play the instrument `voice`, each named after what it was trained on."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from dawg_ai import bundle as bundles
from dawg_ai.ask import Answer
from dawg_ai.bundle import Bundle
from dawg_ai.errors import UsageError
from dawg_ai.lyrics import PHONEMES

INSTRUMENT = "voice"
SCORE = "score"  # the source that takes the notes
FRAME_S = 0.01


def _all() -> Mapping[str, Bundle]:
    opened = (bundles.load(name) for name in bundles.folders())
    found = {}
    for bundle in opened:
        if any(link.effect == INSTRUMENT for link in bundle.chain):
            found["+".join(bundle.origin["data"]) or bundle.plugin] = bundle
    return found


def names() -> list[str]:
    """Names of all voices."""
    return sorted(_all())


def load(name: str = "") -> Bundle:
    """A voice by its name.

    Args:
        name: as `names` lists them; by default the first.

    Raises:
        UsageError: there is none of that name.
    """
    found = _all()
    if not found:
        raise UsageError("there is no voice on this machine yet; train one and export it (docs/tour.md)")
    if name and name not in found:
        raise UsageError(f"there is no voice {name!r}; there are: {', '.join(sorted(found))}")
    return found[name or min(found)]


def curves(answer: Answer) -> dict[str, Any]:
    """The pitch of an answer in Hz and its phonemes, as JSON.

    Returns:
        `frame_s`, `f0_hz` (one for each frame), `phonemes` (start in s, end in s, phoneme).
    """
    rows = np.asarray(next(link["curves"] for link in answer.recipe["chain"] if link["effect"] == INSTRUMENT))
    frames = np.asarray(answer.memory[f"{SCORE}_frames"])
    current, since_s = frames[:, 1].astype(int), frames[:, 3]
    begins = np.flatnonzero(np.concatenate([[True], (np.diff(current) != 0) | (np.diff(since_s) < 0)]))
    phonemes = [
        [round(a * FRAME_S, 2), round(b * FRAME_S, 2), PHONEMES[current[a]]]
        for a, b in pairwise([*begins.tolist(), len(frames)])
    ]
    hz = 440.0 * 2.0 ** ((rows[:, 0] - 69.0) / 12.0)
    return {"frame_s": FRAME_S, "f0_hz": np.round(hz, 2).tolist(), "phonemes": phonemes}
