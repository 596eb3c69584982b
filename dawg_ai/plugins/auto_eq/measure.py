"""The evaluation: the network and its baselines on every question, on the test part."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.item import Item
from dawg_ai.dsp.instance import Native
from dawg_ai.plugin import OURS, Question
from dawg_ai.plugins.auto_eq import PLUGIN, STYLES, baselines, rendered, score
from dawg_ai.plugins.auto_eq.examples import FIX, REFERENCE, STYLE, TESTING

Array = NDArray[np.floating]
Errors = dict[str, dict[str, float]]  # method -> item id -> value

FAULTS = 10  # for every song
SAME = replace(TESTING, same=1.0)
OTHER_SONG = replace(TESTING, other_song=1.0)
CLEAN = replace(TESTING, clean=1.0)

WORSE_DB = 0.25
HARM = "Harm: how far a song without a fault is changed"
RENDERED = "The share of a fault rendered into a song that is gone after rendering the suggestion, at equal loudness"
QUESTIONS: Mapping[str, Question] = {
    "reference": Question("The reference is another part of the same song", rival="clipped"),
    "reference, same music": Question(
        "The reference is the song without the fault; half of these begin at another time", rival="match"
    ),
    "reference, other song": Question(
        "The reference is another song of the same album, or any song where it has one alone", rival="clipped"
    ),
    "worse, other song": Question(
        f"How many of these answers are worse by {WORSE_DB} dB than doing nothing", "%", "clipped"
    ),
    "fix": Question("Nothing but the song is given"),
    "confidence": Question(
        "How far off the part of a fault is that the confidence says will go; beside the same share for every answer",
        rival="share",
    ),
    "style": Question("The style is given; `fix` is the same network without it", rival="fix"),
    "clean song, reference": Question(HARM),
    "clean song, fix": Question(HARM),
    "rendered, reference": Question(RENDERED, "%", "nothing", less_is_better=False),
    "rendered, fix": Question(RENDERED, "%", "nothing", less_is_better=False),
}


def measure(
    model: nn.Module, parts: Mapping[Part, Sequence[Item]], clips: Mapping[str, Clip], seed: int
) -> dict[str, Errors]:
    """Evaluate the network and its baselines.

    Args:
        model: the trained network.
        parts: items by part; baselines are fitted on the training part and tuned on the validation part.
        clips: all clips by id, for rendering.
        seed: of the faults.

    Returns:
        Question -> method -> test item -> mean error in dB (see `score`), or share removed in percent.
    """
    found: dict[str, Errors] = {}
    forecasts: dict[str, list[Array]] = {OURS: [], "share": []}
    tested = parts["test"]
    asked = (
        ("reference", REFERENCE, TESTING, "clean song, reference"),
        ("reference, same music", REFERENCE, SAME, ""),
        ("reference, other song", REFERENCE, OTHER_SONG, ""),
        ("fix", FIX, TESTING, "clean song, fix"),
    )
    for question, mode, how, harmless in asked:
        valid, test = (
            score.cases(parts[part], mode, seed, max(4, 400 // len(parts[part])) if part == "valid" else FAULTS, how)
            for part in ("valid", "test")
        )
        rules = baselines.fit(parts["train"], valid, mode, seed, how)
        curves = {**_curves(model, rules, test), "network, free curve": score.network(model, test)["curve_db"]}
        found[question] = {name: _by_item(score.item_errors(each, test), tested) for name, each in curves.items()}
        if question == "reference, other song":
            found["worse, other song"] = {name: _worse(each, test, tested) for name, each in curves.items()}
        removed, fault_db = _removed(curves[OURS], test)
        held, held_db = _removed(score.network_curves(model, valid), valid)
        for name, share in ((OURS, _confidence(model, test)), ("share", held.sum() / held_db.sum())):
            forecasts[name].append(score.by_item(np.abs(share * fault_db - removed), test))
        if harmless:
            clean = score.cases(tested, mode, seed, FAULTS, CLEAN)
            del rules["nothing"]
            curves = _curves(model, rules, clean)
            found[harmless] = {
                name: _by_item(score.item_errors(each, clean), tested) for name, each in curves.items()
            }
    found["confidence"] = {name: _by_item(np.mean(each, 0), tested) for name, each in forecasts.items()}
    styled = [item for item in tested if item.style in STYLES]
    if styled:
        found["style"] = _style(model, styled, seed)
    for mode_name, shares in rendered.removed(model, [clips[item.id] for item in tested], seed).items():
        percent = {item: 100.0 * share for item, share in shares.items()}
        found[f"rendered, {mode_name}"] = {OURS: percent, "nothing": dict.fromkeys(percent, 0.0)}
    return found


def _style(model: nn.Module, items: Sequence[Item], seed: int) -> Errors:
    """The same songs, excerpts and faults, with and without the style."""
    with_style = score.cases(items, STYLE, seed, FAULTS)
    blind = np.zeros_like(with_style["mode"])
    blind[:, FIX] = 1.0
    none = np.zeros_like(with_style["style"])
    none[:, 0] = 1.0
    without = {**with_style, "mode": blind, "style": none}
    curves = {"nothing": np.zeros(with_style["fault_db"].shape)}
    curves |= {"fix": score.network_curves(model, without), OURS: score.network_curves(model, with_style)}
    return {name: _by_item(score.item_errors(each, with_style), items) for name, each in curves.items()}


def _curves(model: nn.Module, rules: Mapping[str, baselines.Rule], cases: score.Cases) -> dict[str, Array]:
    return {**{name: rule(cases) for name, rule in rules.items()}, OURS: score.network_curves(model, cases)}


def _removed(curves_db: Array, cases: score.Cases) -> tuple[Array, Array]:
    """What a correction takes off each fault, and the fault, in dB."""
    fault_db = score.errors(np.zeros(curves_db.shape), cases)
    return fault_db - score.errors(curves_db, cases), fault_db


def _confidence(model: nn.Module, cases: score.Cases) -> Array:
    """How sure the plugin is of each answer as a whole."""
    outputs, solver = score.network(model, cases), Native(PLUGIN.module)
    found = []
    for row in range(len(cases["fault_db"])):
        for signal in PLUGIN.outputs:
            solver.set(signal.name, outputs[signal.name][row])
        solver.call("decode", {"strength": 1.0})
        found.append(solver.get("confidence")[-1])
    return np.array(found)


def _worse(curves_db: Array, cases: score.Cases, items: Sequence[Item]) -> dict[str, float]:
    """Per cent of each item's cases that are worse than doing nothing."""
    worse = -_removed(curves_db, cases)[0] > WORSE_DB
    return _by_item(100.0 * score.by_item(worse, cases), items)


def _by_item(errors: NDArray[np.float64], items: Sequence[Item]) -> dict[str, float]:
    return {item.id: float(error) for item, error in zip(items, errors, strict=True)}
