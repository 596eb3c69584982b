"""The evaluation: the network beside a fair coin."""

from collections.abc import Mapping, Sequence
from math import log

import torch
from torch import nn

from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.item import Item
from dawg_ai.plugin import OURS, Question

from . import score

QUESTIONS = {"surprise": Question("How surprising each sixteenth is", "nats", rival="coin")}


@torch.no_grad()
def measure(
    model: nn.Module, parts: Mapping[Part, Sequence[Item]], clips: Mapping[str, Clip], seed: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Question -> method -> item -> surprise in nats."""
    ours = {item.id: score.error(model, [item], seed) for item in parts["test"]}
    return {"surprise": {OURS: ours, "coin": dict.fromkeys(ours, log(2.0))}}
