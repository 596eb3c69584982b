"""Weights that fit in 8 bits: the network that is evaluated is the network that ships.

Each matrix of weights becomes integers from -127 to 127 times one scale (symmetric, per tensor);
`dawg_ai.export.quantise` stores them so.
"""

import torch
from torch import nn

LEAST = 1024  # weights of a tensor that is worth it
STEPS = 127


def round_weights(model: nn.Module) -> nn.Module:
    """Round the matrices of a network to what 8 bits hold, in place.

    Args:
        model: the network.

    Returns:
        The same network.
    """
    with torch.no_grad():
        for weights in model.parameters():
            if weights.ndim >= 2 and weights.numel() >= LEAST:
                scale = weights.abs().max() / STEPS
                if scale > 0:
                    weights.copy_((weights / scale).round() * scale)
    return model
