"""Learning-rate schedule and weight decay."""

import math
from collections.abc import Mapping
from typing import Any

from torch import nn


def learning_rate(step: int, settings: Mapping[str, float]) -> float:
    """Learning rate with linear warm-up and cosine decay to 0.

    Args:
        step: number of the step, from 0.
        settings: `steps`, `learning_rate`, and `warmup` as a share of the steps.

    >>> settings = {"steps": 100, "warmup": 0.1, "learning_rate": 1.0}
    >>> [round(learning_rate(step, settings), 3) for step in (0, 4, 10, 55, 99)]
    [0.1, 0.5, 1.0, 0.5, 0.0]
    """
    steps, warmup = settings["steps"], settings["warmup"] * settings["steps"]
    if step < warmup:
        return settings["learning_rate"] * min(1.0, (step + 1) / warmup)
    return settings["learning_rate"] * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Parameter groups for AdamW: biases and scales, which have one axis, get no weight decay."""
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
