"""What a plugin declares. Read this first.

A plugin is a folder of `dawg_ai/plugins/` (or of a folder named in `DAWG_PLUGINS`):

    __init__.py   PLUGIN = Plugin(...)                                   the declaration below
    features.py   FEATURES = FrameFeatures(...)                          audio -> named arrays, one kernel
    examples.py   batch(songs, rng, size) -> {name: array}               what one training step sees
    model.py      build(seed) -> torch.nn.Module                         {input: tensor} -> {output: tensor}
    score.py      loss, error, baselines and the evaluation              how good it is, and beside what
    README.md     what it does, data, command, cost, result

`training`, `export`, `evaluation` and `cli` know this module and never a plugin's name. Only `model.py` and
`score.py` need PyTorch; declaration and features work without it.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType

from dawg_ai import plugins
from dawg_ai.errors import UsageError
from dawg_ai.features.frames import FrameFeatures


@dataclass(frozen=True)
class Signal:
    """One named input or output of the network. `shape` has numbers and names of free axes."""

    name: str
    shape: tuple[int | str, ...]
    meaning: str


@dataclass(frozen=True)
class Mode:
    """A way to ask: `needs` is what the user gives besides the song ("", "reference" files or a "style")."""

    name: str
    summary: str
    needs: str = ""
    most: int = 1  # how many references may be given


@dataclass(frozen=True)
class Plugin:
    """A plugin's name, what it hears, what its network takes and gives, and the effect whose knobs it sets.

    The network's inputs are, by name: each feature as `<feature>` (batch, frames, ...), the same of the reference
    as `reference_<feature>` (zeros, one frame, where the mode has none), `mode` (batch, modes) and `style`
    (batch, styles) one-hot, and `strength` (batch, 1), 0 to 1.5. The first output is `knobs` (batch, knobs of the
    effect) in the knobs' own units; `confidence` (batch, groups of knobs) follows, 0 to 1.
    """

    name: str
    summary: str
    effect: str
    features: FrameFeatures
    inputs: tuple[Signal, ...]
    outputs: tuple[Signal, ...]
    modes: tuple[Mode, ...]
    styles: tuple[str, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict)  # of training: steps, batch, learning rate, ...

    def part(self, module: str) -> ModuleType:
        """A module of the plugin's folder, such as "model"; imported when it is needed.

        Raises:
            UsageError: the module needs PyTorch and it is not installed.
        """
        try:
            return importlib.import_module(f"{plugins.__name__}.{self.name}.{module}")
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            raise UsageError(
                "this needs PyTorch, which is not installed; install it with: pip install 'dawg-ai[train]'"
            ) from None


def names() -> list[str]:
    """The plugins there are.

    >>> "auto_eq" in names()
    True
    """
    return sorted(module.name for module in pkgutil.iter_modules(plugins.__path__) if module.ispkg)


def load(name: str) -> Plugin:
    """The plugin called `name`.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in names():
        raise UsageError(f"no plugin called {name!r}; there are: {', '.join(names())}")
    plugin: Plugin = importlib.import_module(f"{plugins.__name__}.{name}").PLUGIN
    return plugin
