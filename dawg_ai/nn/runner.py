"""A network that is not exported yet, called as an exported one is: arrays by name in, arrays by name out."""

from collections.abc import Callable

import torch
from torch import nn

from dawg_ai.network import Arrays
from dawg_ai.plugin import Plugin


def runner(network: nn.Module, plugin: Plugin) -> Callable[[Arrays], Arrays]:
    """Run a network on NumPy arrays.

    Args:
        network: inputs by name -> outputs by name; in evaluation mode.
        plugin: its declaration; what it does not declare as an output is left out.

    Returns:
        A function as `dawg_ai.ask.Host` takes it.
    """

    @torch.no_grad()
    def run(inputs: Arrays) -> Arrays:
        outputs = network({name: torch.from_numpy(value) for name, value in inputs.items()})
        return {signal.name: outputs[signal.name].numpy() for signal in plugin.outputs}

    return run
