"""The evaluation: the network beside doing nothing, and with a style beside not knowing it."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.item import Item
from dawg_ai.plugin import OURS, Question

from . import examples

QUESTIONS = {
    "fix": Question("Nothing but the song is given", rival="nothing"),
    "style": Question("The style is given; `fix` is the same network without it", rival="fix"),
}


@torch.no_grad()
def measure(
    model: nn.Module, parts: Mapping[Part, Sequence[Item]], clips: Mapping[str, Clip], seed: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Question -> method -> item -> error in dB."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for question, mode in (("fix", 0), ("style", 2)):
        for item in parts["test"]:
            drawn = examples.draw([item], np.random.default_rng(seed), np.full(20, mode), np.ones((20, 1)))
            batch = {name: torch.from_numpy(value) for name, value in drawn.items()}
            blind = {**batch, "mode": torch.eye(3)[[0] * 20], "style": torch.eye(3)[[0] * 20]}
            trims = {OURS: model(batch)["knobs"], "fix": model(blind)["knobs"], "nothing": torch.zeros(20, 1)}
            for method, trim_db in trims.items():
                errors = found.setdefault(question, {}).setdefault(method, {})
                errors[item.id] = float((trim_db - batch["target_db"]).abs().mean())
    del found["fix"]["fix"]
    return found
