"""The evaluation: the network and its baselines on every question, on the test part."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.item import Item
from dawg_ai.plugin import OURS, Question
from dawg_ai.plugins.auto_eq import STYLES, baselines, rendered, score
from dawg_ai.plugins.auto_eq.examples import FIX, REFERENCE, STYLE, TESTING

Errors = dict[str, dict[str, float]]  # method -> item id -> value

FAULTS = 10  # for every song
OTHER_SONG = replace(TESTING, other_song=1.0)
CLEAN = replace(TESTING, clean=1.0)

HARM = "Harm: how far a song without a fault is changed"
RENDERED = "The share of a fault rendered into a song that is gone after rendering the suggestion, at equal loudness"
QUESTIONS: Mapping[str, Question] = {
    "reference": Question("The reference is another part of the same song"),
    "reference, other song": Question("The reference is another song of the same album"),
    "fix": Question("Nothing but the song is given"),
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
    tested = parts["test"]
    asked = (
        ("reference", REFERENCE, TESTING, "clean song, reference"),
        ("reference, other song", REFERENCE, OTHER_SONG, ""),
        ("fix", FIX, TESTING, "clean song, fix"),
    )
    for question, mode, how, harmless in asked:
        valid, test = (
            score.cases(parts[part], mode, seed, max(4, 400 // len(parts[part])) if part == "valid" else FAULTS, how)
            for part in ("valid", "test")
        )
        rules = baselines.fit(parts["train"], valid, mode, seed, how)
        found[question] = _errors(model, rules, test, tested)
        free = score.network(model, test)["curve_db"].astype(np.float64)
        found[question]["network, free curve"] = _by_item(score.item_errors(free, test), tested)
        if harmless:
            clean = score.cases(tested, mode, seed, FAULTS, CLEAN)
            del rules["nothing"]
            found[harmless] = _errors(model, rules, clean, tested)
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


def _errors(
    model: nn.Module, rules: Mapping[str, baselines.Rule], cases: score.Cases, items: Sequence[Item]
) -> Errors:
    curves = {name: rule(cases) for name, rule in rules.items()}
    curves[OURS] = score.network_curves(model, cases)
    return {name: _by_item(score.item_errors(each, cases), items) for name, each in curves.items()}


def _by_item(errors: NDArray[np.float64], items: Sequence[Item]) -> dict[str, float]:
    return {item.id: float(error) for item, error in zip(items, errors, strict=True)}
