"""The evaluation: the network and its baselines, on windows of two bars of the test part.

Values are by file; where a question is about a distribution, or asks for one number of all, by drummer.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.item import Item
from dawg_ai.plugin import OURS, Question
from dawg_ai.plugins.beats import baselines, examples, sampling, score
from dawg_ai.plugins.beats.baselines import NEIGHBOURS, PENALTIES, Values
from dawg_ai.plugins.beats.examples import Mask
from dawg_ai.plugins.beats.grid import OFFSETS, STEPS_PER_BAR, VELOCITIES, Array, Windows, feel_of

Found = dict[str, dict[str, dict[str, float]]]

CUTS = (0.2, 0.3, 0.4, 0.5)  # thresholds of probability
FEW = 512  # validation windows on which they are chosen
LEAST_IN_BAR = 2  # strokes of each bar, where one is to follow the other
QUESTIONS: Mapping[str, Question] = {
    "humanise, timing": Question("Error of the offset where only the hits are given", "ms", "neighbours"),
    "humanise, velocity": Question("Error of the velocity where only the hits are given", "of 127", "neighbours"),
    "feel given, timing": Question("The same with the true push and swing given", "ms", "knobs"),
    "sampled, timing": Question("Wasserstein-1 distance of drawn from real offsets", "ms", "jitter"),
    "sampled, velocity": Question("Wasserstein-1 distance of drawn from real velocities", "of 127", "jitter"),
    "sampled, spread": Question(
        "Deviation of offsets within a window, drawn relative to real; 1 is right", "", "jitter"
    ),
    "sampled, flam": Question("Distance of two drums of one step, drawn relative to real; 1 is right", "", "jitter"),
    "tap, hits": Question("Micro-F1 of drums to taps, without velocity", "", "neighbours", less_is_better=False),
    "tap, timing": Question("Error of the offset where taps and hits are given", "ms", "copy"),
    "continue": Question("Micro-F1 of a bar after the bar before", "", "copy", less_is_better=False),
}


def measure(model: nn.Module, parts: Mapping[Part, Sequence[Item]], clips: Mapping[str, Clip], seed: int) -> Found:
    """Evaluate the network and its baselines.

    Args:
        model: the trained network.
        parts: items by part.
        clips: not used.
        seed: of what is drawn.

    Returns:
        Question -> method -> test item, or drummer -> value.
    """
    items = {part: examples.usable(parts[part]) for part in ("train", "valid", "test")}
    train, valid, test = (examples.cut(items[part]) for part in ("train", "valid", "test"))
    styles = {part: examples.style_numbers(items[part]) for part in ("valid", "test")}
    names = [item.id for item in items["test"]]
    drummers = [item.group for item in items["test"]]
    found: Found = {}

    values = humanised(model, train, valid, test, styles["test"][test.item])
    for what, column, scale in (("timing", 0, 15_000 / test.tempo_bpm), ("velocity", 1, np.full(len(test), 127.0))):
        real = (test.offset, test.velocity)[column]
        found[f"humanise, {what}"] = {
            method: _by_item(np.abs(value[column] - real) * scale[:, None, None], test, names)
            for method, value in values.items()
        }
    milliseconds = (15_000 / test.tempo_bpm)[:, None, None]
    given = feel_of(test.hit, test.velocity, test.offset)
    told = network_values(model, test, styles["test"][test.item], timing=True)[0]
    found["feel given, timing"] = {
        OURS: _by_item(np.abs(told - test.offset) * milliseconds, test, names),
        "knobs": _by_item(np.abs(baselines.known_feel(test, given) - test.offset) * milliseconds, test, names),
    }
    found |= _sampled(model, train, test, styles["test"][test.item], drummers, seed)
    found |= _hits(model, train, {"valid": valid, "test": test}, styles, names)
    taps = _given_hits(test, styles["test"][test.item], _no_feel(test), tapped=True)
    tapped = score.network(model, taps)
    copied = np.broadcast_to(taps["taps"][..., 1:2], test.hit.shape)
    late = _median(tapped["offset_logits"], OFFSETS) + tapped["center"]
    found["tap, timing"] = {
        OURS: _by_item(np.abs(late - test.offset) * milliseconds, test, names),
        "copy": _by_item(np.abs(copied - test.offset) * milliseconds, test, names),
    }
    return found


def humanised(
    model: nn.Module, train: Windows, valid: Windows, test: Windows, styles: NDArray[np.int64]
) -> dict[str, Values]:
    """Offsets and velocities of the network and of all baselines, given the hits."""

    def error(values: Values) -> float:
        late = np.abs(values[0] - valid.offset) * (15_000 / valid.tempo_bpm)[:, None, None]
        hard = np.abs(values[1] - valid.velocity) * 127.0
        return float(((late + hard) * valid.hit).sum() / valid.hit.sum())

    near_valid, near = baselines.nearest(train, valid), baselines.nearest(train, test)
    settings = [(k, middle) for k in NEIGHBOURS for middle in (False, True)]
    k, middle = min(settings, key=lambda s: error(baselines.neighbours(train, valid, near_valid, *s)))
    penalty = min(PENALTIES, key=lambda p: error(baselines.ridge(train, valid, p)))
    return {
        OURS: network_values(model, test, styles),
        "quantised": baselines.constant(train, test),
        "means": baselines.cell_means(train, test),
        "neighbours": baselines.neighbours(train, test, near, k, middle),
        "ridge": baselines.ridge(train, test, penalty),
    }


def network_values(model: nn.Module, test: Windows, styles: NDArray[np.int64], timing: bool = False) -> Values:
    """Medians of the network's distributions, given the hits, and with `timing` the mean offsets that knobs state."""
    feel = _no_feel(test)
    feel[:, 0] = timing
    outputs = score.network(model, _given_hits(test, styles, feel))
    late = _median(outputs["offset_logits"], OFFSETS) + outputs["center"]
    return late.astype(np.float32), _median(outputs["velocity_logits"], VELOCITIES)


def _median(logits: Array, bins: NDArray[np.float64]) -> Array:
    weights = np.exp(logits - logits.max(3, keepdims=True))
    below = np.cumsum(weights, 3) / weights.sum(3, keepdims=True)
    return np.asarray(bins[(below < 0.5).sum(3)], np.float32)


def _given_hits(of: Windows, styles: NDArray[np.int64], feel: Mask, tapped: bool = False) -> dict[str, Array]:
    """The network's inputs where all hits are known, and no velocity or offset."""
    shape = of.hit.shape
    return examples.inputs(of, styles, np.ones(shape, bool), np.zeros(shape, bool), np.full(len(of), tapped), feel)


def _no_feel(of: Windows) -> Mask:
    return np.zeros((len(of), 3), bool)


def drawn(outputs: Mapping[str, Array], test: Windows, seed: int) -> Values:
    """One draw of the sampler for each window whose hits are given: the same kernel as at inference."""
    offset, velocity = np.zeros_like(test.hit), np.zeros_like(test.hit)
    for row in range(len(test)):
        state = np.zeros(8)
        state[sampling.DRAW] = seed + 1.0 + row
        for _ in range(10):
            sampling.uniform(state)
        song = np.zeros((sampling.SONG, sampling.DRUMS, 5), np.float32)
        song[: sampling.STEPS, :, sampling.HIT] = test.hit[row]
        shared = np.zeros((sampling.MAX_BARS, 2))
        sampling.draw_values(
            outputs["velocity_logits"][row],
            outputs["offset_logits"][row],
            outputs["center"][row],
            1.0,
            state,
            song,
            shared,
        )
        velocity[row] = song[: sampling.STEPS, :, sampling.VELOCITY]
        offset[row] = song[: sampling.STEPS, :, sampling.OFFSET]
    return offset, velocity


def _sampled(
    model: nn.Module, train: Windows, test: Windows, styles: NDArray[np.int64], drummers: Sequence[str], seed: int
) -> Found:
    given = _given_hits(test, styles, _no_feel(test))
    methods = {
        OURS: drawn(score.network(model, given), test, seed),
        "jitter": baselines.jitter(train, test, np.random.default_rng(seed)),
    }
    who = np.array(drummers)[test.item]
    found: Found = {name: {} for name in QUESTIONS if name.startswith("sampled")}
    for method, values in methods.items():
        for name, of in {
            "sampled, timing": lambda v, w: w1(v[0] * _ms(w), w.offset * _ms(w), w.hit),
            "sampled, velocity": lambda v, w: w1(v[1] * 127, w.velocity * 127, w.hit),
            "sampled, spread": lambda v, w: spread(v[0], w.hit) / spread(w.offset, w.hit),
            "sampled, flam": lambda v, w: flam(v[0], w.hit) / flam(w.offset, w.hit),
        }.items():
            found[name][method] = _by_drummer(of, values, test, who)
    return found


def _by_drummer(
    of: Callable[[Values, Windows], float], values: Values, test: Windows, who: NDArray[np.str_]
) -> dict[str, float]:
    return {
        str(name): float(of((values[0][rows], values[1][rows]), test[rows]))
        for name in np.unique(who)
        for rows in [np.flatnonzero(who == name)]
    }


def _ms(of: Windows) -> Array:
    return np.asarray((15_000 / of.tempo_bpm)[:, None, None], np.float32)


def w1(ours: Array, real: Array, hit: Array) -> float:
    """Wasserstein-1 distance between two sets of as many numbers, where there are hits."""
    return float(np.abs(np.sort(ours[hit > 0]) - np.sort(real[hit > 0])).mean())


def spread(offset: Array, hit: Array) -> float:
    """Root mean variance of offsets within windows."""
    count = np.maximum(hit.sum((1, 2)), 1.0)
    mean = (offset * hit).sum((1, 2)) / count
    return float(np.sqrt((((offset - mean[:, None, None]) ** 2 * hit).sum((1, 2)) / count).mean()))


def flam(offset: Array, hit: Array) -> float:
    """Root mean variance of offsets within steps that have two strokes or more."""
    count = hit.sum(2)
    mean = (offset * hit).sum(2) / np.maximum(count, 1.0)
    squares = ((offset - mean[..., None]) ** 2 * hit).sum(2) / np.maximum(count, 1.0)
    return float(np.sqrt(squares[count > 1].mean()))


def _hits(
    model: nn.Module,
    train: Windows,
    parts: Mapping[str, Windows],
    styles: Mapping[str, NDArray[np.int64]],
    names: Sequence[str],
) -> Found:
    """Drums to taps, and a bar after the bar before; what has a parameter is chosen on the validation part."""
    found: Found = {"tap, hits": {}, "continue": {}}
    for question, first in (("tap, hits", 0), ("continue", STEPS_PER_BAR)):
        some = {}
        for part, of in parts.items():
            bars = of.hit.reshape(len(of), 2, STEPS_PER_BAR, -1).sum((2, 3))
            some[part] = of if not first else of[np.flatnonzero(bars.min(1) >= LEAST_IN_BAR)]
        some["valid"] = some["valid"][np.random.default_rng(0).permutation(len(some["valid"]))[:FEW]]
        methods: dict[str, Callable[[str, float], Array]] = {
            OURS: lambda part, cut, some=some, first=first: staged(  # type: ignore[misc]
                model, some[part], styles[part][some[part].item], cut, known_steps=first
            )
        }
        if first:
            methods["copy"] = lambda part, cut, some=some: np.tile(some[part].hit[:, :STEPS_PER_BAR], (1, 2, 1))  # type: ignore[misc]
        else:
            for name, k in (("neighbours", 20), ("nearest", 1)):
                votes = {part: baselines.tap_votes(train, of, k) for part, of in some.items()}
                methods[name] = lambda part, cut, votes=votes: (votes[part] > cut).astype(np.float32)  # type: ignore[misc]
        real = {part: of.hit[:, first:] for part, of in some.items()}
        for method, said in methods.items():
            cuts = CUTS if method != "copy" else CUTS[:1]
            best = max(cuts, key=lambda cut: baselines.f1(said("valid", cut)[:, first:], real["valid"])[-1])
            by_item = baselines.f1(said("test", best)[:, first:], real["test"], some["test"].item)
            found[question][method] = {names[i]: value for i, value in by_item.items() if i >= 0}
    return found


def staged(model: nn.Module, of: Windows, styles: NDArray[np.int64], cut: float, known_steps: int) -> Array:
    """Hits as the sampler finds them, in its passes, but with a threshold in place of draws.

    Args:
        model: the network.
        of: windows; taps are given where no step is known.
        styles: number of each one's style.
        cut: the threshold of probability.
        known_steps: how many steps are known from the start.
    """
    known = np.zeros(of.hit.shape, bool)
    known[:, :known_steps] = True
    valued = known.copy()
    made = of.hit * known
    tapped = np.full(len(of), not known_steps)
    taps = examples.inputs(of, styles, known, valued, tapped, _no_feel(of))
    for stage in range(sampling.GROUPS):
        so_far = Windows(made, of.velocity, of.offset, of.tempo_bpm, of.item)
        given = examples.inputs(so_far, styles, known, valued, tapped, _no_feel(of)) | {"taps": taps["taps"]}
        logits = score.network(model, given)["hit_logits"]
        now = (sampling.GROUP_OF[None] == stage) & ~known
        made = np.where(now, logits > np.log(cut / (1 - cut)), made).astype(np.float32)
        known = known | now
    return made


def _by_item(errors: Array, test: Windows, names: Sequence[str]) -> dict[str, float]:
    """Mean over the strokes of each item."""
    count = len(names)
    strokes = np.bincount(test.item, test.hit.sum((1, 2)), count)
    total = np.bincount(test.item, (errors * test.hit).sum((1, 2)), count)
    return {names[i]: float(total[i] / strokes[i]) for i in range(count) if strokes[i]}
