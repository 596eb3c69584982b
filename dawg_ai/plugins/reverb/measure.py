"""The evaluation: kits never heard through rooms never heard, as sound; and mixes, which must not be answered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dawg_ai import audio
from dawg_ai.audio import Audio
from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.item import Item
from dawg_ai.dsp.instance import Native
from dawg_ai.nn.runner import runner
from dawg_ai.plugin import OURS, Question
from dawg_ai.plugins.reverb import PLUGIN, baselines, rendered
from dawg_ai.plugins.reverb.bands import RANGES
from dawg_ai.plugins.reverb.examples import LOW, MID, PREDELAY_MS, SINGLE, WET_DB, WIDTH, kinds
from dawg_ai.plugins.reverb.features import REFERENCE
from dawg_ai.plugins.reverb.rendered import Case

Array = NDArray[np.float64]
Inputs = dict[str, NDArray[Any]]
Errors = dict[str, dict[str, float]]  # method -> room, kit or mix -> value
# Inputs of one case, with `measured` for the baselines -> values as the truth's columns, and how sure.
Method = Callable[[Inputs], tuple[Array, float]]

DRY_CASES, DRY_RATE_HZ = 40, 44_100
VALID_CASES = 60
SHARE_ANSWERED = 0.95  # of sources in rooms of the validation part, by the baselines

_THROUGH = "dry sounds through measured rooms, neither heard before"
QUESTIONS: Mapping[str, Question] = {
    "T60": Question(f"T60 at 500 Hz to 2 kHz right within 20 %; {_THROUGH}", "%", "trees", less_is_better=False),
    "T60, low": Question("The same at 125 and 250 Hz", "%", "trees", less_is_better=False),
    "T60, high": Question("The same at 4 and 8 kHz", "%", "trees", less_is_better=False),
    "T60, send": Question(
        "The same at 500 Hz to 2 kHz, of the cases where the room is an effect with a level of -15 to 6 dB",
        "%",
        "trees",
        less_is_better=False,
    ),
    "T60 error": Question("Error of the T60 of three ranges, on the same cases as `T60`", "octaves", "trees"),
    "wet level": Question("Error of the wet level, of the sends", "dB", "trees"),
    "pre-delay": Question("Error of the pre-delay, of the sends", "ms", "trees"),
    "width": Question("Error of the width (0 to 1), of the sends", "", "trees"),
    "surest half": Question(
        "T60 error of the half of the cases that the network is surest of; beside all of them", "octaves", "all"
    ),
    "mixes": Question("Mixes that are not answered", "%", "trees", less_is_better=False),
    "sources": Question("Sources in rooms that are not answered", "%", "trees"),
    "no room": Question("Dry sounds without a room that are not answered", "%", "trees", less_is_better=False),
    "rendered": Question(
        "Distance of the energy decay curve of our reverb to the room's, three ranges, of the sends", "dB", "trees"
    ),
}


def measure(
    model: nn.Module, parts: Mapping[Part, Sequence[Item]], clips: Mapping[str, Clip], seed: int
) -> dict[str, Errors]:
    """Evaluate the network and its baselines.

    Args:
        model: the trained network.
        parts: items by part; baselines are fitted on the training part and tuned on the validation part.
        clips: all clips by id, for rendering.
        seed: of the cases.

    Returns:
        Question -> method -> room, kit or mix -> mean value.
    """
    solver = _Solver()
    methods = {OURS: _network(model, solver)}
    for name, rule in baselines.fit(parts["train"], parts["valid"], seed).items():
        methods[name] = _rule(rule)
    limits = _limits(methods, parts["valid"], clips, seed)
    found: dict[str, dict[str, dict[str, list[float]]]] = {}

    def add(question: str, method: str, where: str, value: float) -> None:
        found.setdefault(question, {}).setdefault(method, {}).setdefault(where, []).append(value)

    sureness: list[tuple[float, str, float]] = []
    for case in rendered.cases(parts["test"], clips, seed):
        inputs = of_sound(case.sound, case.rate_hz)
        for name, says in methods.items():
            values, sure = says(inputs)
            for question, value in _errors(values, case).items():
                add(question, name, case.room, value)
            add("sources", name, case.room, 100.0 * (sure < limits[name]))
            if name == OURS:
                sureness.append((sure, case.room, _errors(values, case)["T60 error"]))
            if case.send:
                add("rendered", name, case.room, _distance_db(case, solver.knobs(values)))
        if case.send:
            add("rendered", "the true figures", case.room, _distance_db(case, solver.knobs(_truth(case))))
    for kit, sound in rendered.dry_sounds(parts["test"], clips, seed, DRY_CASES, DRY_RATE_HZ):
        inputs = of_sound(sound, DRY_RATE_HZ)
        for name, says in methods.items():
            add("no room", name, kit, 100.0 * (says(inputs)[1] < limits[name]))
    for item in kinds(parts["test"])[2]:
        inputs = _stored(item)
        for name, says in methods.items():
            add("mixes", name, item.id, 100.0 * (says(inputs)[1] < limits[name]))
    middle = float(np.median([sure for sure, _, _ in sureness])) if sureness else 0.0
    for sure, where, error in sureness:
        add("surest half", "all", where, error)
        if sure >= middle:
            add("surest half", OURS, where, error)
    return _means(found)


def _means(found: Mapping[str, Mapping[str, Mapping[str, list[float]]]]) -> dict[str, Errors]:
    """Means by room, of the rooms that every method of a question has."""
    means: dict[str, Errors] = {}
    for question, methods in found.items():
        shared = set.intersection(*(set(by_room) for by_room in methods.values()))
        if shared:
            means[question] = {
                name: {where: float(np.mean(by_room[where])) for where in sorted(shared)}
                for name, by_room in methods.items()
            }
    return means


def of_sound(sound: Audio, rate_hz: int) -> Inputs:
    """The network's inputs, of a sound."""
    found = REFERENCE.extractor.extract(Native(PLUGIN.module), audio.held(sound, rate_hz))
    return _measured({f"reference_{name}": array for name, array in found.items()})


def _measured(inputs: Inputs) -> Inputs:
    """The inputs, with what is measured of them: once for all baselines."""
    return {**inputs, "measured": baselines.measured({name: array[None] for name, array in inputs.items()})[0]}


def _stored(item: Item) -> Inputs:
    return _measured({signal.name: item.features[signal.name] for signal in PLUGIN.inputs})


class _Solver:
    """The plugin's own kernel, as the host runs it."""

    def __init__(self) -> None:
        self._native = Native(PLUGIN.module)
        self._controls = {knob.name: knob.default for knob in PLUGIN.controls}

    def run(self, outputs: Mapping[str, NDArray[np.float32]]) -> tuple[dict[str, float], float]:
        """Knobs and confidence of the network's outputs of one case."""
        for name, array in outputs.items():
            self._native.set(name, array)
        self._native.set("mode", np.array([0.0, 1.0], np.float32))
        self._native.call("decode", self._controls)
        (link,) = PLUGIN.chain
        knobs = {
            knob.name: knob.nearest(float(value))
            for knob, value in zip(link.knobs, self._native.get("knobs"), strict=True)
        }
        return {**link.fixed, **knobs}, float(self._native.get("confidence")[0])

    def knobs(self, values: Array) -> dict[str, float]:
        """Knobs of values as the truth's columns."""
        space = values[[PREDELAY_MS, WET_DB, WIDTH]]
        return self.run({"times": values[:RANGES].astype(np.float32), "space": space.astype(np.float32)})[0]


def _network(model: nn.Module, solver: _Solver) -> Method:
    run, names = runner(model.eval(), PLUGIN), [signal.name for signal in PLUGIN.inputs]

    def say(inputs: Inputs) -> tuple[Array, float]:
        outputs = {name: array[0] for name, array in run({n: inputs[n][None] for n in names}).items()}
        _, sure = solver.run(outputs)
        values = np.concatenate([outputs["times"], outputs["space"], [1.0]]).astype(np.float64)
        return values, sure

    return say


def _rule(rule: baselines.Rule) -> Method:
    def say(inputs: Inputs) -> tuple[Array, float]:
        values = rule(inputs["measured"][None])[0]
        return values, float(values[SINGLE])

    return say


def _limits(
    methods: Mapping[str, Method], items: Sequence[Item], clips: Mapping[str, Clip], seed: int
) -> dict[str, float]:
    """How sure each method has to be: the network as declared, the others to answer SHARE_ANSWERED of the sources."""
    made = [of_sound(case.sound, case.rate_hz) for case in rendered.cases(items, clips, seed, VALID_CASES)]
    found = {
        name: float(np.quantile([says(inputs)[1] for inputs in made], 1.0 - SHARE_ANSWERED)) if made else 0.5
        for name, says in methods.items()
    }
    return {**found, OURS: PLUGIN.min_confidence}


def _truth(case: Case) -> Array:
    return np.array([*np.log2(case.t60_s), case.predelay_ms, case.wet_db, case.width, 1.0])


def _errors(values: Array, case: Case) -> dict[str, float]:
    """Errors by question."""
    off = np.abs(values - _truth(case))
    within = [100.0 * (abs(2.0 ** (values[k] - np.log2(case.t60_s[k])) - 1.0) <= 0.2) for k in range(RANGES)]
    found = {
        "T60": within[MID],
        "T60, low": within[LOW],
        "T60, high": within[RANGES - 1],
        "T60 error": float(off[:RANGES].mean()),
    }
    if case.send:
        found["T60, send"] = within[MID]
        found |= {"wet level": off[WET_DB], "pre-delay": off[PREDELAY_MS], "width": off[WIDTH]}
    return {name: float(value) for name, value in found.items()}


def _distance_db(case: Case, knobs: Mapping[str, float]) -> float:
    return rendered.decay_distance_db(case.wet, rendered.wet_response(knobs, case.rate_hz), case.rate_hz)
