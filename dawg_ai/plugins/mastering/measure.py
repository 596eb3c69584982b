"""The evaluation: the network and its baselines on every question, on the test part."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from torch import nn

from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.item import Item
from dawg_ai.plugin import OURS, Question
from dawg_ai.plugins.mastering import baselines, rendered, restoration, score
from dawg_ai.plugins.mastering.examples import KINDS, MASTER, REFERENCE, TESTING, Batch, Circumstances
from dawg_ai.plugins.mastering.restoration import DISTANCES
from dawg_ai.plugins.mastering.simulation import Array

Errors = dict[str, dict[str, float]]  # method -> item id -> value

CASES = 1  # of every song, for each question and seed
CLEAN = replace(TESTING, clean=1.0)
OTHER_SONG = replace(TESTING, other_song=1.0)

SHARE = "Share of the degradation removed at equal loudness: the mean of third-octave spectrum, crest and width"
RENDERED = "The same where degradation and master are rendered as audio"
HARM = "Change of the third-octave spectrum of finished songs"
QUESTIONS: Mapping[str, Question] = {
    "restoration": Question(f"{SHARE}; nothing but the song is given", "%", "ridge", less_is_better=False),
    "restoration, reference": Question(
        f"{SHARE}; the reference is another part of the same song", "%", "ridge", less_is_better=False
    ),
    "restoration, other song": Question(
        f"{SHARE}; the reference is another song of the package", "%", "ridge", less_is_better=False
    ),
    **{
        f"{distance}{mode}": Question(
            f"Share of the distance in {distance} removed, all faults together", "%", "ridge", less_is_better=False
        )
        for mode in ("", ", reference")
        for distance in DISTANCES
    },
    **{
        f"{kind} alone": Question(
            f"Share of the degradation removed where {kind} is the only fault", "%", "ridge", less_is_better=False
        )
        for kind in KINDS
    },
    "finished songs": Question(HARM, "dB", "ridge"),
    "finished songs, reference": Question(HARM, "dB", "ridge"),
    "rendered": Question(RENDERED, "%", "nothing", less_is_better=False),
    "rendered, reference": Question(RENDERED, "%", "nothing", less_is_better=False),
}
ASKED: tuple[tuple[str, int, Circumstances, str], ...] = (
    ("", MASTER, TESTING, "finished songs"),
    (", reference", REFERENCE, TESTING, "finished songs, reference"),
    (", other song", REFERENCE, OTHER_SONG, ""),
)


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
        Question -> method -> test item -> share removed in percent, or change in dB.
    """
    found: dict[str, Errors] = {}
    tested = parts["test"]
    for suffix, mode, how, harm in ASKED:
        valid = score.cases(parts["valid"], mode, seed, max(4, 300 // len(parts["valid"])), how)
        rules = baselines.fit(parts["train"], valid, mode, seed, how)
        test = score.cases(tested, mode, seed, CASES, how)
        distances = restoration.compare(test, answers(model, rules, test))
        found[f"restoration{suffix}"] = _removed(distances, test, tested, DISTANCES)
        if suffix != ", other song":
            for distance in DISTANCES:
                found[f"{distance}{suffix}"] = _removed(distances, test, tested, (distance,))
        if not suffix:
            found |= _alone(model, rules, tested, seed)
        if harm:
            clean = score.cases(tested, mode, seed, CASES, CLEAN)
            changed = restoration.compare(clean, answers(model, rules, clean))
            del changed["nothing"]
            found[harm] = {name: _by_item(each["spectrum"], clean, tested) for name, each in changed.items()}
    for suffix, shares in rendered.removed(model, [clips[item.id] for item in tested], seed).items():
        found[f"rendered{suffix}"] = {OURS: shares, "nothing": dict.fromkeys(shares, 0.0)}
    return found


def answers(model: nn.Module, rules: Mapping[str, baselines.Rule], cases: Batch) -> dict[str, Mapping[str, Array]]:
    """What each method answers: baselines, the classical rule, the heads of the network alone, and the whole plugin.

    The plugin is what a person gets: knobs on their steps, held back where it is not sure, and by the rule where a
    head does not win. "heads" are the network's outputs as they are.
    """
    outputs = score.network(model, cases)
    found: dict[str, Mapping[str, Array]] = {name: rule(cases) for name, rule in rules.items() if name != "nothing"}
    found["rule"] = restoration.set_by(restoration.knobs(cases, outputs, restoration.RULE))
    found["heads"] = score.answers(outputs)
    found[OURS] = restoration.set_by(restoration.knobs(cases, outputs))
    return found


def _alone(
    model: nn.Module, rules: Mapping[str, baselines.Rule], items: Sequence[Item], seed: int
) -> dict[str, Errors]:
    """One kind of fault at a time."""
    found = {}
    for index, kind in enumerate(KINDS):
        one, two, three, four = (float(each == index) for each in range(len(KINDS)))
        cases = score.cases(items, MASTER, seed, CASES, replace(TESTING, kinds=(one, two, three, four)))
        distances = restoration.compare(cases, answers(model, rules, cases))
        found[f"{kind} alone"] = _removed(distances, cases, items, (_shows_in(kind),))
    return found


def _shows_in(kind: str) -> str:
    """The distance in which a kind of fault shows."""
    return {"tone": "spectrum", "width": "width"}.get(kind, "crest")


def _removed(
    distances: Mapping[str, Mapping[str, Array]], cases: Batch, items: Sequence[Item], names: Sequence[str]
) -> Errors:
    """Per cent removed, the mean over distances; each distance counts against its mean over all songs."""
    found: Errors = {}
    before = distances["nothing"]
    for method, after in distances.items():
        shares = [(before[name] - after[name]) / before[name].mean() for name in names]
        found[method] = _by_item(100.0 * np.mean(shares, 0), cases, items)
    return found


def _by_item(values: Array, cases: Batch, items: Sequence[Item]) -> dict[str, float]:
    """Mean over the cases of each item."""
    index = cases["item"].astype(np.int64)
    means = np.bincount(index, values) / np.bincount(index)
    return {item.id: float(mean) for item, mean in zip(items, means, strict=True)}
