"""Run a trained plugin: a bundle, and the user's files and controls -> a recipe, with confidence.

The host moves named arrays and knows no rule of a plugin; docs/bundle.md specifies each step. It needs only the
bundle, not the plugin's folder, since the kernels are the bundle's own WebAssembly. The studio has the same host in
TypeScript (`studio/web/src/bundle/ask.ts`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai import bundle as bundles
from dawg_ai import chain, network, recipe
from dawg_ai.analysis import loudness
from dawg_ai.audio import Sound, held, kept
from dawg_ai.bundle import Bundle
from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Knob
from dawg_ai.dsp.instance import Instance, Native, shaped, sizes
from dawg_ai.dsp.kernel import DTYPES, Argument
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.network import Arrays
from dawg_ai.notes import Notes, notes
from dawg_ai.plugin import SONG, Link, Plugin
from dawg_ai.renders import Renders
from dawg_ai.request import refuse
from dawg_ai.wasm.instance import Compiled

Memory = dict[str, Any]  # arrays and scalars by name
Given = Mapping[str, Sequence[Sound | Notes]]  # files by source

RATE_HZ = 44_100  # sample rate where there is no song
NEGLIGIBLE_DB = 0.5  # of a band's gain


@dataclass(frozen=True)
class Answer:
    """What the plugin suggests.

    Args:
        recipe: the chain and its knobs as JSON, complete for a render; see docs/bundle.md.
        confidence: for each link of the recipe, confidence by group of knobs, 0 to 1; empty where unknown.
        remarks: messages to the user.
        memory: all arrays and scalars after the last pass.
        sound: the recipe's result, rendered as its blocks are read.
    """

    recipe: dict[str, Any]
    confidence: tuple[Mapping[str, float], ...]
    remarks: tuple[str, ...]
    memory: Memory = field(repr=False, default_factory=dict)
    sound: Sound = field(repr=False, compare=False, default_factory=lambda: _silence())


def ask(bundle: Bundle, given: Given, controls: Mapping[str, float] | None = None, mode: str = "") -> Answer:
    """Run a bundle's plugin.

    Args:
        bundle: an opened bundle.
        given: files by source: sounds, or notes (count, 6).
        controls: values by name, in the controls' units; the others keep their defaults.
        mode: name of the mode; by default the sources and controls given decide.

    Returns:
        The recipe, with confidence and remarks.

    Raises:
        UsageError: see `dawg_ai.request.refuse`.
        DawgError: the bundle was made for effects that no longer exist, or the network's output is not finite.
    """
    return Host(bundle, lambda: kernels(bundle), lambda inputs: network.run(bundle, inputs)).ask(
        given, controls, mode
    )


@dataclass(frozen=True)
class Host:
    """A plugin with its kernels and its network, ready to run.

    Args:
        bundle: its declaration.
        fresh: makes an instance of its kernels whose memory is zeros.
        network: inputs by name -> outputs by name, all with a batch axis of 1.
    """

    bundle: Bundle
    fresh: Callable[[], Instance]
    network: Callable[[Arrays], Arrays]

    @classmethod
    def of(cls, plugin: Plugin, network: Callable[[Arrays], Arrays]) -> "Host":
        """A plugin that is not exported yet: its kernels natively, any network, and all its modes."""
        declared = bundles.declaration(plugin, {}, {}, "", [mode.name for mode in plugin.modes])
        return cls(Bundle(Path(plugin.name), declared), lambda: Native(plugin.module), network)

    def ask(self, given: Given, controls: Mapping[str, float] | None = None, mode: str = "") -> Answer:
        """See the function `ask`."""
        bundle = self.bundle
        solver = self.fresh()
        if given.get(SONG):
            # It is read for its features, and for every render.
            given = {**given, SONG: [kept(_song(given)), *given[SONG][1:]]}
        memory = self.memory(given, controls, mode)
        self._begin(solver, memory)
        for _ in range(bundle.declaration["max_passes"]):
            memory |= {name: array[0] for name, array in self.network(self.inputs(memory)).items()}
            if not self._call(solver, bundle.declaration["decode"], memory):
                break
        renders = Renders(_song(given), tail=not given.get(SONG))
        for _ in range(bundle.declaration["max_passes"] if bundle.declaration["refine"] else 0):
            memory["measured"] = self._measured(memory, renders)
            if not self._call(solver, bundle.declaration["refine"], memory):
                break
        answer = self.answer(memory)
        return replace(answer, sound=renders.of(answer.recipe))

    def memory(self, given: Given, controls: Mapping[str, float] | None = None, mode: str = "") -> Memory:
        """Memory before the network runs: features, `mode` (one-hot), controls by name, and `sample_rate_hz`.

        Args:
            given: as for the function `ask`.
            controls: as for the function `ask`.
            mode: as for the function `ask`.

        Raises:
            UsageError: see `dawg_ai.request.refuse`.
        """
        controls = dict(controls or {})
        asked = refuse(self.bundle, {name: len(files) for name, files in given.items()}, controls, mode)
        memory: Memory = {}
        for source in self.bundle.sources:
            files = [source.features.extract(self.fresh(), each) for each in given.get(source.name, ())]  # type: ignore[arg-type]
            features = source.features.join(files) if files else source.features.absent(self.fresh())
            memory |= {f"{source.name}_{name}": array for name, array in features.items()}
        memory["mode"] = _one_hot(len(self.bundle.modes), [m.name for m in self.bundle.modes].index(asked.name))
        memory |= {knob.name: knob.nearest(controls.get(knob.name, knob.default)) for knob in self.bundle.controls}
        memory["sample_rate_hz"] = float(_song(given).rate_hz)
        return memory

    def inputs(self, memory: Memory) -> Arrays:
        """The network's inputs by name, float32 with a batch axis of 1, in declared order."""
        controls = {knob.name: knob for knob in self.bundle.controls}
        found: Arrays = {}
        for signal in self.bundle.inputs:
            if signal.name in controls:
                found[signal.name] = _as_input(controls[signal.name], memory[signal.name])
            elif signal.name in memory:
                found[signal.name] = np.asarray(memory[signal.name], np.float32)[None]
            else:  # an output that is fed back, before its first value
                found[signal.name] = np.zeros(
                    [1, *(d if isinstance(d, int) else 1 for d in signal.shape[1:])], np.float32
                )
        return found

    def answer(self, memory: Memory) -> Answer:
        """The recipe that memory stands for.

        Args:
            memory: after the last pass.

        Raises:
            DawgError: a knob or a confidence is not finite, or there are more or fewer than the chain has.
        """
        changed = self.bundle.changed_effects()
        remarks = [f"the effect {name} has changed since {self.bundle.plugin} was trained" for name in changed]
        links, confidence = [], []
        groups = 0
        confidences = memory.get("confidence")
        for link, knobs in zip(self.bundle.chain, self._knobs(memory), strict=True):
            mine: dict[str, float] = {}
            if confidences is not None:
                values = confidences[groups : groups + len(link.groups)]
                mine = {name: round(float(value), 3) for name, value in zip(link.groups, values, strict=True)}
                groups += len(link.groups)
                if mine and float(np.max(values)) < self.bundle.declaration["min_confidence"]:
                    remarks.append(f"not sure: {link.effect} is left out, and the sound left alone")
                    continue
            gains_db = [abs(float(knobs[knob.name])) for knob in link.knobs if knob.role == "gain"]
            if gains_db and max(gains_db) < NEGLIGIBLE_DB:
                remarks.append(f"nothing to mend: every band of {link.effect} stays below {NEGLIGIBLE_DB} dB")
            links.append({"effect": link.effect, "knobs": knobs, **self._played(link, memory)})
            confidence.append(mine)
        return Answer({"format": chain.FORMAT, "chain": links}, tuple(confidence), tuple(remarks), memory)

    def _knobs(self, memory: Memory) -> list[dict[str, float | str]]:
        """Each link's knobs as in a recipe: the fixed ones, and the predicted ones rounded to their steps."""
        values = np.asarray(memory.get("knobs", ()), np.float64)
        confidences = np.asarray(memory.get("confidence", ()), np.float64)
        if not (np.isfinite(values).all() and np.isfinite(confidences).all()):
            raise DawgError(f"{self.bundle.plugin} has no answer to this: its output has NaN or infinite values")
        wanted = (
            sum(len(link.sets) for link in self.bundle.chain),
            sum(len(link.groups) for link in self.bundle.chain),
        )
        if len(values) != wanted[0] or len(confidences) not in (0, wanted[1]):
            raise DawgError(
                f"{self.bundle.plugin} gives {len(values)} knobs and {len(confidences)} values of confidence; "
                f"its chain has {wanted[0]} knobs in {wanted[1]} groups"
            )
        found, at = [], 0
        for link in self.bundle.chain:
            mine = values[at : at + len(link.sets)]
            set_to = {knob.name: knob.nearest(float(value)) for knob, value in zip(link.knobs, mine, strict=True)}
            found.append(recipe.named(link.effect, {**link.fixed, **set_to}))
            at += len(link.sets)
        return found

    def _played(self, link: Link, memory: Memory) -> dict[str, Any]:
        """The notes or curves of an instrument, as JSON; nothing for an effect."""
        plays = effect.load(link.effect).plays
        if not plays:
            return {}
        rows = memory[link.plays or plays]
        return {plays: (notes(rows) if plays == "notes" else np.asarray(rows, np.float32)).tolist()}

    def _measured(self, memory: Memory, renders: Renders) -> NDArray[np.float64]:
        """Render the recipe that memory stands for; return the readings of the declared meters, (meters,)."""
        found = loudness.measure(renders.of(self.answer(memory).recipe))
        return np.array([getattr(found, name) for name in self.bundle.declaration["meters"]], np.float64)

    def _begin(self, solver: Instance, memory: Memory) -> None:
        """Put zeros into memory for every array of `decode` and `refine` that is not there yet."""
        solvers = (self.bundle.declaration["decode"], self.bundle.declaration["refine"])
        arrays = _arrays(solver, *(kernel for kernel in solvers if kernel))
        known = self._sizes(solver, memory, arrays)
        for name, declared in arrays.items():
            if name not in memory:
                memory[name] = np.zeros(shaped(declared, known), DTYPES[declared.dtype])

    def _call(self, solver: Instance, kernel: str | None, memory: Memory) -> bool:
        """Call `decode` or `refine` on memory; return whether it asks for another pass."""
        if kernel is None:
            return False
        arrays = _arrays(solver, kernel)
        self._sizes(solver, memory, arrays)
        for name in arrays:
            solver.set(name, np.asarray(memory[name]))
        again = solver.call(kernel, {n: memory[n] for n in solver.arguments(kernel) if n not in arrays})
        for name in arrays:
            memory[name] = solver.get(name)
        return bool(again)

    def _sizes(self, solver: Instance, memory: Memory, arrays: Mapping[str, Argument]) -> dict[str, int]:
        """The sizes that memory gives to the free dimensions of kernels' arrays.

        Raises:
            DawgError: two arrays give one dimension different sizes.
            UsageError: one is larger than there is room for, as for a song that is too long.
        """
        found: dict[str, int] = {}
        for name, declared in arrays.items():
            if name not in memory:
                continue
            for dimension, size in sizes(declared, np.shape(memory[name])).items():
                if found.setdefault(dimension, size) != size:
                    raise DawgError(
                        f"{self.bundle.plugin}: {name} has {size} {dimension}, and another array {found[dimension]}"
                    )
                if size > solver.capacity(dimension):
                    raise UsageError(
                        f"{name} has {size} {dimension}; {self.bundle.plugin} takes up to "
                        f"{solver.capacity(dimension)}: give it a shorter part"
                    )
        return found


def rendered(recipe: Mapping[str, Any], given: Given) -> Sound:
    """Render a recipe on the song that was given; where there is none, until its instruments have ended.

    Args:
        recipe: as docs/bundle.md specifies it.
        given: files by source, as for `ask`.

    Returns:
        The sound, rendered as its blocks are read.
    """
    return chain.rendered(recipe, _song(given), tail=not given.get(SONG))


def _song(given: Given) -> Sound:
    """The song that was given; where there is none, as much as nothing at the rate of songs that are generated."""
    if songs := given.get(SONG):
        song = songs[0]
        assert isinstance(song, Sound), "a song is a sound"
        return song
    return _silence()


def _silence() -> Sound:
    return held(np.zeros((2, 0), np.float32), RATE_HZ)


def kernels(bundle: Bundle) -> Instance:
    """A fresh instance of a bundle's kernels."""
    return Compiled((bundle.folder / "plugin.wasm").read_bytes(), bundle.declaration["kernels"])


def _arrays(solver: Instance, *kernels: str) -> dict[str, Argument]:
    """The arrays that kernels take, by name."""
    names = dict.fromkeys(name for kernel in kernels for name in solver.arguments(kernel))
    return {name: declared for name in names if (declared := solver.declared(name))}


def _as_input(knob: Knob, value: float) -> NDArray[np.float32]:
    if knob.choices:
        return _one_hot(len(knob.choices), int(value))[None]
    return np.full((1, 1), value, np.float32)


def _one_hot(count: int, index: int) -> NDArray[np.float32]:
    return np.asarray(np.eye(count, dtype=np.float32)[index])
