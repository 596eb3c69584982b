"""A differentiable compressor at 1 kHz: settings -> gain reduction, with gradients by the settings. Needs PyTorch.

Attack and release make a recursion that branches. The forward pass remembers which branch each step took; given
these, the smoother is a one-pole filter whose coefficient changes with time, and the gradient is the same filter run
in reverse (C.-Y. Yu et al., "Differentiable All-pole Filters for Time-varying Audio Systems", DAFx 2024; torchcomp).
"""

from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _forward(target: Array, attack: Array, release: Array, smooth: Array) -> None:
    for row in range(target.shape[0]):
        now = 0.0
        for i in range(target.shape[1]):
            step = target[row, i] - now
            now += step * (attack[row] if step > 0.0 else release[row])
            smooth[row, i] = now


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _backward(
    target: Array, attack: Array, release: Array, smooth: Array, by_smooth: Array, by_target: Array, by_rates: Array
) -> None:
    for row in range(target.shape[0]):
        carried = 0.0
        for back in range(target.shape[1]):
            i = target.shape[1] - 1 - back
            before = smooth[row, i - 1] if i > 0 else 0.0
            step = target[row, i] - before
            rate = attack[row] if step > 0.0 else release[row]
            total = by_smooth[row, i] + carried
            by_target[row, i] = rate * total
            by_rates[row, 0 if step > 0.0 else 1] += step * total
            carried = (1.0 - rate) * total


class _Ballistics(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, target: Tensor, attack: Tensor, release: Tensor) -> Tensor:
        arrays = [np.ascontiguousarray(each.detach().double().cpu().numpy()) for each in (target, attack, release)]
        smooth = np.empty_like(arrays[0])
        _forward(*arrays, smooth)
        ctx.arrays = (*arrays, smooth)
        return torch.from_numpy(smooth).to(target)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        (by_smooth,) = gradients
        given = np.ascontiguousarray(by_smooth.double().cpu().numpy())
        by_target, by_rates = np.empty_like(given), np.zeros((len(given), 2))
        _backward(*ctx.arrays, given, by_target, by_rates)
        rates = torch.from_numpy(by_rates).to(by_smooth)
        return torch.from_numpy(by_target).to(by_smooth), rates[:, 0], rates[:, 1]


def smoothed(target_db: Tensor, attack: Tensor, release: Tensor) -> Tensor:
    """Smoothed branching ballistics.

    Args:
        target_db: (batch, ms), what the static curve asks for.
        attack: (batch,), one-pole coefficient where the reduction rises.
        release: (batch,), one-pole coefficient where it falls.

    Returns:
        (batch, ms), the gain reduction.
    """
    found: Tensor = _Ballistics.apply(target_db, attack, release)  # type: ignore[no-untyped-call]
    return found


def reduction_db(
    level_db: Tensor,
    threshold_db: Tensor,
    ratio: Tensor | float,
    knee_db: Tensor | float,
    attack_ms: Tensor,
    release_ms: Tensor,
    mix: Tensor | float = 1.0,
) -> Tensor:
    """The gain reduction of a compressor, as `envelope.reduce` computes it.

    Args:
        level_db: (batch, ms), of the detector.
        threshold_db: (batch,), as all others; a knee is at least 0.1 dB wide.

    Returns:
        (batch, ms) in dB.
    """
    over = level_db - threshold_db[:, None]
    knee = torch.as_tensor(knee_db, dtype=level_db.dtype).clamp_min(0.1).expand(len(level_db))[:, None]
    inside = (over + 0.5 * knee).clamp_min(0.0).minimum(knee)
    slope = (1.0 - 1.0 / torch.as_tensor(ratio, dtype=level_db.dtype)).expand(len(level_db))[:, None]
    target = slope * (0.5 / knee * inside**2 + (over - 0.5 * knee).clamp_min(0.0))
    rates = (1.0 - torch.exp(-1.0 / time_ms) for time_ms in (attack_ms, release_ms))
    reduced = smoothed(target, *rates)
    dry = 1.0 - torch.as_tensor(mix, dtype=level_db.dtype).expand(len(level_db))[:, None]
    return -20.0 * torch.log10(dry + (1.0 - dry) * torch.pow(10.0, -reduced / 20.0))
