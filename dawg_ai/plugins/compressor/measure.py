"""The evaluation: the network, the solver and their baselines on every question, on the test part."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.item import Item
from dawg_ai.dsp.instance import Native
from dawg_ai.nn.runner import runner
from dawg_ai.plugin import OURS, Question
from dawg_ai.plugins.compressor import PLUGIN, baselines, envelope, examples, rendered, score, solving
from dawg_ai.plugins.compressor.examples import TESTING

Array = NDArray[np.float64]
Errors = dict[str, dict[str, float]]  # method -> item id -> value

SETTINGS = 4  # for every song
SAME = replace(TESTING, same=1.0)
OTHER_SONG = replace(TESTING, other_song=1.0)
STYLE_S = 20  # of a song that is compressed in a style
STRONG = (-10.0, 6.0, 6.0, 5.0, 150.0)  # what a track was compressed with before, in the order of examples.SETTINGS

_CURVE = "Error of the gain reduction, its mean removed: "
QUESTIONS: Mapping[str, Question] = {
    "reference": Question(_CURVE + "the reference is another part of the same song, compressed"),
    "mean reduction": Question("Error of the mean gain reduction, on the same cases"),
    "reference, same music": Question(_CURVE + "the reference is the song itself, compressed"),
    "reference, other song": Question(_CURVE + "the reference is another song of the same album, compressed"),
    "confidence": Question(
        "How far off the share of the gain reduction is that the confidence says is right; beside one share for all",
        rival="share",
    ),
    "style": Question(
        "How many styles at amount 1 have the mean reduction and the change of crest factor that are asked for, each "
        f"within {rendered.WITHIN_DB:g} dB; beside the threshold that is exact for the static curve",
        "%",
        "percentile",
        less_is_better=False,
    ),
    "already compressed": Question(
        "Mean reduction over the styles on songs that were compressed 6 : 1, 10 dB below their level; beside the "
        "same songs before",
        rival="before",
    ),
    "rendered, reference": Question(_CURVE + "rendered by the effect, as `reference`"),
    "rendered, style": Question("As `style`, from the samples of the effect", "%", "", less_is_better=False),
    "rendered, loudness": Question("How far the styles change integrated loudness", "LU", "no make-up"),
}


def measure(
    model: nn.Module, parts: Mapping[Part, Sequence[Item]], clips: Mapping[str, Clip], seed: int
) -> dict[str, Errors]:
    """Evaluate the network and its baselines.

    Args:
        model: the trained network.
        parts: items by part; baselines are fitted on the training part and tuned on the validation part.
        clips: all clips by id, for rendering.
        seed: of the settings.

    Returns:
        Question -> method -> test item -> mean value in the unit of the question.
    """
    tested = parts["test"]
    valid = _with_measures(score.cases(parts["valid"], seed, max(4, 320 // len(parts["valid"]))))
    rules = baselines.fit(parts["train"], valid, seed, TESTING)
    share = _shares(*_of_network(model, valid), valid)[0].mean()
    found: dict[str, Errors] = {}
    forecasts: dict[str, list[Array]] = {OURS: [], "share": []}
    for question, how in (
        ("reference", TESTING),
        ("reference, same music", SAME),
        ("reference, other song", OTHER_SONG),
    ):
        cases = _with_measures(score.cases(tested, seed, SETTINGS, how))
        reduced, doubt_db = _of_network(model, cases)
        errors = {name: baselines.curve_errors(rule(cases), cases) for name, rule in rules.items()}
        errors[OURS] = baselines.reduction_errors(reduced, cases)
        found[question] = {name: _by_item(curve, cases, tested) for name, (curve, _) in errors.items()}
        if question == "reference":
            found["mean reduction"] = {name: _by_item(mean, cases, tested) for name, (_, mean) in errors.items()}
        right, said = _shares(reduced, doubt_db, cases)
        forecasts[OURS].append(np.abs(said - right))
        forecasts["share"].append(np.abs(share - right))
        last = cases
    found["confidence"] = {name: _by_item(np.mean(each, 0), last, tested) for name, each in forecasts.items()}
    found |= _styles(tested, seed)
    found |= rendered.answers(
        runner(model.eval(), PLUGIN),
        {name: _measuring(rule) for name, rule in rules.items()},
        [clips[item.id] for item in tested],
        seed,
    )
    return found


def _with_measures(cases: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """The cases, with what the network measures of them, which the baselines are given."""
    return {**cases, "measured": baselines.measured(cases).astype(np.float32)}


def _measuring(rule: baselines.Rule) -> rendered.Rule:
    return lambda cases: rule(_with_measures(cases))


def _of_network(network: nn.Module, cases: Mapping[str, NDArray[np.float32]]) -> tuple[NDArray[np.float32], Array]:
    """The gain reduction of the network's settings, rounded to the knobs' steps, and the error that it expects."""
    known = {knob.name: knob for knob in PLUGIN.chain[0].knobs}
    reduced, doubts = [], []
    run = runner(network.eval(), PLUGIN)
    for start in range(0, len(cases["settings"]), 200):
        rows = {name: array[start : start + 200] for name, array in cases.items()}
        outputs = run({signal.name: rows[signal.name] for signal in PLUGIN.inputs})
        for row, (threshold_db, attack_ms, release_ms, mix) in enumerate(outputs["settings"].astype(np.float64)):
            gated = float(rows["gated_level_db"][row, 0])
            values = (
                known["threshold_db"].nearest(gated + threshold_db) - gated,
                solving.RATIO_OF_REFERENCE,
                solving.KNEE_OF_REFERENCE_DB,
                known["attack_ms"].nearest(attack_ms),
                known["release_ms"].nearest(release_ms),
            )
            mixed = known["mix_percent"].nearest(100.0 * mix) / 100.0
            reduced.append(examples.reduction_db(rows["song_level_db"][row][None], gated, values, mixed)[0])
        doubts.append(outputs["doubt_db"][:, 0])
    return np.stack(reduced), np.concatenate(doubts).astype(np.float64)


def _shares(
    reduced: NDArray[np.float32], doubt_db: Array, cases: Mapping[str, NDArray[np.float32]]
) -> tuple[Array, Array]:
    """Of each answer the share of the wanted movement that it has right, 0 at worst, and what the confidence says."""
    active = cases["active"].astype(np.float64)
    count = active.sum(1).clip(1.0)

    def movement(curve: NDArray[np.floating]) -> Array:
        mean = (curve * active).sum(1) / count
        return np.asarray((np.abs(curve - mean[:, None]) * active).sum(1) / count)

    wanted, missed = movement(cases["reduction_db"]), movement(reduced - cases["reduction_db"])
    right = np.clip(1.0 - missed / np.maximum(wanted, 1e-3), 0.0, 1.0)
    quotient = (doubt_db + 1e-3) / (movement(reduced) + 1e-3)
    return right, 1.0 / (1.0 + solving.EVEN * quotient**solving.STEEP)


def _by_item(
    values: NDArray[np.floating], cases: Mapping[str, NDArray[np.float32]], items: Sequence[Item]
) -> dict[str, float]:
    """Mean of a value over the cases of each item."""
    item = cases["item"].astype(np.int64)
    means = np.bincount(item, values) / np.bincount(item)
    return {each.id: float(mean) for each, mean in zip(items, means, strict=True)}


def _styles(items: Sequence[Item], seed: int) -> dict[str, Errors]:
    """The questions of the styles, on one part of each song."""
    rng = np.random.default_rng([seed, STYLE_S])
    met: Errors = {OURS: {}, "percentile": {}}
    again: Errors = {OURS: {}, "before": {}}
    for item in items:
        n = len(item.features["song_power_db"])
        rows = slice(start := int(rng.integers(max(n - STYLE_S, 0) + 1)), start + STYLE_S)
        part = {name: item.features[f"song_{name}"][rows] for name in ("power_db", "peak_db", "loudness")}
        solved = [_solved(part, style) for style in range(len(solving.STYLES))]
        within = [np.abs(asked - made).max() <= rendered.WITHIN_DB for asked, made in solved]
        static = [_static(part, style, asked) for style, (asked, _) in enumerate(solved)]
        met[OURS][item.id] = 100.0 * float(np.mean(within))
        met["percentile"][item.id] = 100.0 * float(np.mean(static))
        again["before"][item.id] = float(np.mean([made[0] for _, made in solved]))
        done = _compressed(part)
        again[OURS][item.id] = float(np.mean([_solved(done, style)[1][0] for style in range(len(solving.STYLES))]))
    return {"style": met, "already compressed": again}


def _solver(part: Mapping[str, NDArray[np.float32]]) -> Native:
    solver = Native(PLUGIN.module)
    for name, rows in part.items():
        solver.set(f"song_{name}", rows)
    solver.set("mode", np.array([1.0, 0.0], np.float32))
    return solver


def _solved(part: Mapping[str, NDArray[np.float32]], style: int) -> tuple[Array, Array]:
    """What a style asks for at amount 1 and what the solver makes: mean reduction and change of crest in dB."""
    solver = _solver(part)
    solver.call("decode", {"style": float(style), "amount": 1.0})
    return solver.get("asked"), solver.get("made")


def _static(part: Mapping[str, NDArray[np.float32]], style: int, asked: Array) -> bool:
    """Whether the threshold that is exact for the static curve makes what is asked, with the style's middle times."""
    level_db = np.empty_like(part["power_db"])
    envelope.detect(part["power_db"], level_db)
    active = envelope.gated_level_db(part["power_db"]) + envelope.ACTIVE_DB
    reduced = np.empty_like(level_db)
    curve = solving.RATIO[style], solving.KNEE_DB[style]
    attack_ms, release_ms = (
        float(np.sqrt(fast[style] * slow[style]))
        for fast, slow in (
            (solving.FASTEST_MS, solving.SLOWEST_MS),
            (solving.SHORTEST_MS, solving.LONGEST_MS),
        )
    )
    low, high = -60.0, 0.0
    for _ in range(12):  # times of nothing: the static curve
        middle = 0.5 * (low + high)
        mean = envelope.reduce(level_db, middle, *curve, 0.0, 0.0, solving.MIX[style], active, reduced)
        low, high = (middle, high) if mean > asked[0] else (low, middle)
    mean = envelope.reduce(level_db, middle, *curve, attack_ms, release_ms, solving.MIX[style], active, reduced)
    late = int(solving.LOOKAHEAD_MS[style])
    crests = [
        solving.crest_db(part["power_db"], part["peak_db"], reduced, late, applied) for applied in (False, True)
    ]
    return bool(max(abs(mean - asked[0]), abs(crests[1] - crests[0] - asked[1])) <= rendered.WITHIN_DB)


def _compressed(part: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """The envelopes after STRONG."""
    level_db = np.empty_like(part["power_db"])
    envelope.detect(part["power_db"], level_db)
    reduced = examples.reduction_db(level_db, envelope.gated_level_db(part["power_db"]), STRONG)
    width = part["power_db"].shape[1] // part["loudness"].shape[1]
    return {
        "power_db": part["power_db"] - reduced,
        "peak_db": part["peak_db"] - reduced,
        "loudness": part["loudness"] - reduced[:, width // 2 :: width],
    }
