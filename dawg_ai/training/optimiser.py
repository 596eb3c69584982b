"""How far each step goes: the learning rate as a function of the step, and which weights decay."""

import math
from collections.abc import Mapping
from typing import Any

from torch import nn


def learning_rate(step: int, settings: Mapping[str, float]) -> float:
    """Up along a line during the warm-up, then down to nothing along half a cosine.

    >>> settings = {"steps": 100, "warmup": 0.1, "learning_rate": 1.0}
    >>> [round(learning_rate(step, settings), 3) for step in (0, 4, 10, 55, 99)]
    [0.1, 0.5, 1.0, 0.5, 0.0]
    """
    steps, warm = settings["steps"], settings["warmup"] * settings["steps"]
    if step < warm:
        return settings["learning_rate"] * min(1.0, (step + 1) / warm)
    return settings["learning_rate"] * 0.5 * (1 + math.cos(math.pi * (step - warm) / (steps - warm)))


def groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices and kernels decay; biases and scales, which have one axis, do not."""
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
