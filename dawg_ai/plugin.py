"""What a plugin declares. Read this first.

A plugin is a folder of `dawg_ai/plugins/` (or of a folder named in `DAWG_PLUGINS`):

    __init__.py   PLUGIN = Plugin(...)                          the declaration below
    features.py   AudioFeatures(...), NoteFeatures(...)         sound or notes -> named arrays, by kernels
    examples.py   batch(items, rng, size) -> {name: array}      one training batch, with its augmentations
    model.py      build(seed) -> torch.nn.Module                {input: tensor} -> {output: tensor}
    score.py      loss(outputs, batch), error(model, items, seed)
    measure.py    QUESTIONS, measure(model, parts, clips, seed) evaluation, beside the baselines
    README.md     what it does, data, command, cost, result

At inference, a plugin is one memory of named arrays and two loops over it (`dawg_ai.ask`, and the studio's `ask.ts`):

    features   sources (audio, notes) -> arrays
    network    inputs, taken from memory by name -> outputs, put into memory by name
    decode     a kernel (optional): memory -> knobs, notes or curves; returns 1 to run the network again
    refine     a kernel (optional): meter readings of the rendered result -> knobs; returns 1 to render again

So sampling from a seed, recurrent state, abstention and a solver's steps are kernels, and no host knows a plugin's
rules. `training`, `export`, `evaluation` and `cli` know this module and never a plugin's name. Only `model.py`,
`score.py` and `measure.py` need PyTorch.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType

from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Knob
from dawg_ai.dsp.kernel import Module
from dawg_ai.editor import Editor
from dawg_ai.errors import UsageError, needs_train
from dawg_ai.features.audio import AudioFeatures
from dawg_ai.features.notes import NoteFeatures

FOLDER = "dawg_ai.plugins"  # one plugin, one folder; `dawg_ai.registry` lists them
SONG = "song"  # the source that is the song being worked on
OURS = "network"  # the method of an evaluation that is the plugin's own
METERS = ("integrated_lufs", "range_lu", "momentary_max_lufs", "short_term_max_lufs", "true_peak_db")

Features = AudioFeatures | NoteFeatures


@dataclass(frozen=True)
class Source:
    """An input of the plugin: audio or notes files.

    Args:
        name: `song` is the song being worked on. Output `bands` of this source's features is `<name>_bands` in
            memory.
        features: the features that are computed from each file.
        file: the clip's file that is used in training, a key of `Clip.files`; "" where training does not use it.
        most: the maximum number of files.
        asked: whether the user is asked for it; False for a source that exists in training only.
    """

    name: str
    features: Features
    file: str = "audio"
    most: int = 1
    asked: bool = True


@dataclass(frozen=True)
class Signal:
    """One named input or output of the network.

    Args:
        name: its name in memory and in the ONNX graph.
        shape: a size for each fixed axis and a name for each free one; the first is "batch".
        meaning: what it holds, with units.
    """

    name: str
    shape: tuple[int | str, ...]
    meaning: str


@dataclass(frozen=True)
class Mode:
    """A way to use the plugin.

    Args:
        name: its name.
        summary: what it does, in a sentence.
        needs: names of the sources and controls that it takes, besides those that no mode names.
        proven_by: a question of the evaluation; the mode is offered only if the network beats the baseline there.
        action: what a person has it do, as a button says it, such as "Humanise"; "": its name.
    """

    name: str
    summary: str
    needs: tuple[str, ...] = ()
    proven_by: str = ""
    action: str = ""


@dataclass(frozen=True)
class Preset:
    """Values of controls under one name.

    Args:
        name: such as "broadcast".
        summary: what it is for, in a sentence.
        controls: values by name, in the controls' units.
    """

    name: str
    summary: str
    controls: Mapping[str, float]


@dataclass(frozen=True)
class Link:
    """One effect or instrument of the chain.

    Args:
        effect: its name.
        sets: the knobs that the plugin sets, in the order of the network's `knobs`.
        fixed: values of other knobs that are not at their defaults.
        plays: the array in memory that an instrument plays; by default the one with the name of its own argument.
    """

    effect: str
    sets: tuple[str, ...] = ()
    fixed: Mapping[str, float] = field(default_factory=dict)
    plays: str = ""

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """The knobs in `sets`."""
        known = {knob.name: knob for knob in effect.load(self.effect).knobs}
        return tuple(known[name] for name in self.sets)

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of those knobs, in order of first appearance."""
        return tuple(dict.fromkeys(knob.group for knob in self.knobs))


@dataclass(frozen=True)
class Question:
    """One question of a plugin's evaluation.

    Args:
        summary: what is asked, in a sentence.
        unit: of the values, such as "dB".
        rival: the method that the network has to beat.
        less_is_better: False where more is.
    """

    summary: str
    unit: str = "dB"
    rival: str = "ridge"
    less_is_better: bool = True


@dataclass(frozen=True)
class Plugin:
    """A plugin's declaration; docs/bundle.md specifies what a host does with it.

    Args:
        name: name of its folder.
        summary: what it does, in a sentence.
        sources: input files.
        controls: parameters that the user sets; each is a scalar in memory.
        modes: ways to use it; the sources and controls given decide between them.
        inputs: inputs of the network: arrays of memory, `mode` (one-hot), controls (a choice as one-hot, else one
            number).
        outputs: outputs of the network. `knobs` holds the knobs of all `sets` of the chain in their units;
            `confidence` is 0 to 1 for each of their groups. `decode` may compute both instead. An output with the
            name of an input is fed back.
        chain: the effects and instruments that it sets, in order.
        data: the datasets for training, unless others are named.
        decode: kernel over memory; returns 1 to run the network again.
        refine: kernel over memory and `measured`; returns 1 to render and measure the result again.
        meters: which of METERS `measured` holds, in order.
        max_passes: the maximum number of passes of either loop.
        min_confidence: a link is left out ("not sure") if the confidence of all its groups is below.
        capacity: maximum sizes of the free dimensions of `decode` and `refine`.
        int8: whether the bundle has the weights as 8-bit integers; see `dawg_ai.nn.rounding`.
        action: what a person has it do, as a button says it, such as "Master"; "": the host's own word.
        presets: values of controls to choose by name.
        editor: how a host shows and edits its notes, in a tab of its own; None: it has none.
        settings: training settings: steps, batch size, learning rate and so on; see `dawg_ai.training.run.DEFAULTS`.
    """

    name: str
    summary: str
    sources: tuple[Source, ...]
    controls: tuple[Knob, ...]
    modes: tuple[Mode, ...]
    inputs: tuple[Signal, ...]
    outputs: tuple[Signal, ...]
    chain: tuple[Link, ...]
    data: tuple[str, ...]
    decode: Callable[..., int] | None = None
    refine: Callable[..., int] | None = None
    meters: tuple[str, ...] = ()
    max_passes: int = 1
    min_confidence: float = 0.0
    capacity: Mapping[str, int] = field(default_factory=dict)
    int8: bool = False
    action: str = ""
    presets: tuple[Preset, ...] = ()
    editor: Editor | None = None
    settings: Mapping[str, float] = field(default_factory=dict)

    @property
    def module(self) -> Module:
        """All kernels that a host needs as one module, `plugin.wasm`."""
        return self._module(tuple(source for source in self.sources if source.asked))

    @property
    def training_module(self) -> Module:
        """The same, and the kernels of sources that are there in training only."""
        return self._module(self.sources)

    def _module(self, sources: tuple[Source, ...]) -> Module:
        features = dict.fromkeys(each for source in sources for each in source.features.kernels)
        solvers = (each for each in (self.decode, self.refine) if each)
        capacity: dict[str, int] = {"channels": 2, "samples": 1, **self.capacity}
        for source in sources:
            for dimension, size in source.features.capacity.items():
                capacity[dimension] = max(size, capacity.get(dimension, 0))
        return Module("plugin", (*features, *solvers), capacity)

    @property
    def computed(self) -> dict[str, Source]:
        """The sources whose features training computes, by name: one of those that share features and file."""
        found: dict[tuple[int, str], Source] = {}
        for source in self.sources:
            if source.file:
                found.setdefault((id(source.features), source.file), source)
        return {source.name: source for source in found.values()}

    def part(self, module: str) -> ModuleType:
        """Import a module of the plugin's folder.

        Args:
            module: its name, such as "model".

        Raises:
            UsageError: the module needs PyTorch and it is not installed.
        """
        try:
            return importlib.import_module(f"{FOLDER}.{self.name}.{module}")
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            raise UsageError(needs_train("PyTorch")) from None
