"""The evaluation: echoes rendered by the effect into music never heard, and how often their time is found."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dawg_ai import audio
from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.item import Item
from dawg_ai.dsp.instance import Native
from dawg_ai.plugin import OURS, Question
from dawg_ai.plugins.delay import PLUGIN, baselines, rendered
from dawg_ai.plugins.delay.baselines import Answer, Method
from dawg_ai.plugins.delay.features import REFERENCE
from dawg_ai.plugins.delay.lag_maps import FIRST_LAG_MS, LAGS
from dawg_ai.plugins.delay.rendered import Case

Errors = dict[str, dict[str, float]]  # method -> item id -> value

TOLERANCE_MS = 2.0

_TIME = f"Echo time within {TOLERANCE_MS:g} ms"
_WHERE = "the first echo is this far below the dry sound, the loop damped at 4 kHz"
QUESTIONS: Mapping[str, Question] = {
    "-12 dB": Question(f"{_TIME}; {_WHERE}", "%", "score", less_is_better=False),
    "-18 dB": Question(f"{_TIME}; {_WHERE}", "%", "score", less_is_better=False),
    "ping-pong": Question(f"{_TIME}; -12 dB, 4 kHz, from side to side", "%", "score", less_is_better=False),
    "modulated": Question(
        f"{_TIME}; -12 dB, 4 kHz, the time modulated by 0.3 % at 0.5 Hz", "%", "score", less_is_better=False
    ),
    "OGG": Question(f"{_TIME}; -12 dB, 4 kHz, through Ogg Vorbis", "%", "score", less_is_better=False),
    "MP3": Question(f"{_TIME}; -12 dB, 4 kHz, through MP3", "%", "score", less_is_better=False),
    "any echo": Question(
        f"{_TIME}; -20 to -4 dB, feedback up to 70 %, damped at 1.5 to 16 kHz, a fifth ping-pong",
        "%",
        "score",
        less_is_better=False,
    ),
    "claimed": Question(
        "Of any echo, those that are claimed and whose time is within 2 ms; each method claims as often on dry "
        "validation music as the network does",
        "%",
        "score",
        less_is_better=False,
    ),
    "dry": Question("An echo claimed on dry music", "%", "score"),
    "feedback": Question("Error of the feedback of any echo that the network claims", "", "linear"),
    "level": Question("Error of the level of any echo that the network claims", "dB", "linear"),
    "high cut": Question("Error of the high cut of any echo that the network claims", "octaves", "preset"),
    "ping-pong, told": Question("Ping-pong or not told right, of any echo that is claimed", "%", "preset", False),
}


def measure(
    model: nn.Module, parts: Mapping[Part, Sequence[Item]], clips: Mapping[str, Clip], seed: int
) -> dict[str, Errors]:
    """Evaluate the network and its baselines.

    Args:
        model: the trained network.
        parts: items by part; baselines are fitted on the training part, thresholds set on the validation part.
        clips: all clips by id, for rendering.
        seed: of the echoes.

    Returns:
        Question -> method -> test item -> value.
    """
    methods = {OURS: _network(model), **baselines.fit(parts["train"], seed)}
    thresholds = _thresholds(methods, parts["valid"])
    found: dict[str, Errors] = {}
    tested = [clips[item.id] for item in parts["test"]]
    for item, cases in rendered.cases(tested, rendered.CONDITIONS, seed):
        for name, case in cases.items():
            maps, peak_ms = _features(case)
            answers = {method: says(maps, peak_ms) for method, says in methods.items()}
            claimed = {method: answer.sure >= thresholds[method] for method, answer in answers.items()}
            del answers["preset"], claimed["preset"]
            values: dict[str, dict[str, float]] = {}
            if name == "dry":
                values["dry"] = {method: 100.0 * claims for method, claims in claimed.items()}
            else:
                lags_ms = {method: answer.lag_ms for method, answer in answers.items()}
                lags_ms |= baselines.whole_clip(case.sound, case.rate_hz)
                right = {method: abs(lag_ms - case.lag_ms) <= TOLERANCE_MS for method, lag_ms in lags_ms.items()}
                values[name] = {method: 100.0 * hit for method, hit in right.items()}
            if name == "any echo":
                values["claimed"] = {method: 100.0 * (claims and right[method]) for method, claims in claimed.items()}
                if claimed[OURS]:
                    values |= _likeness({method: says(maps, peak_ms) for method, says in methods.items()}, case)
            for question, by_method in values.items():
                for method, value in by_method.items():
                    found.setdefault(question, {}).setdefault(method, {})[item] = float(value)
    return found


def _features(case: Case) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The lag maps of a case's sound, and where in its millisecond each peak is."""
    found = REFERENCE.extractor.extract(Native(PLUGIN.module), audio.held(case.sound, case.rate_hz))
    return found["maps"], found["peak_ms"]


def _network(model: nn.Module) -> Method:
    """The network and the plugin's own kernel, as the host runs them."""
    solver = Native(PLUGIN.module)
    controls = {knob.name: knob.default for knob in PLUGIN.controls}

    @torch.no_grad()
    def say(maps: NDArray[np.float32], peak_ms: NDArray[np.float32]) -> Answer:
        outputs = model({"reference_maps": torch.from_numpy(maps[None])})
        for name in ("heat", "lag", "alike"):
            solver.set(name, outputs[name][0].numpy())
        solver.set("reference_peak_ms", peak_ms)
        solver.set("mode", np.array([0.0, 1.0], np.float32))
        solver.call("decode", controls)
        time_ms, _, _, crossed, feedback_percent, high_cut_hz, _, mix_percent = solver.get("knobs")
        level_db = 20.0 * np.log10(max(mix_percent, 1e-3) / (100.0 - mix_percent))
        sure = float(solver.get("confidence")[0])
        return Answer(time_ms, sure, 0.01 * feedback_percent, float(level_db), high_cut_hz, crossed > 0.5)

    return say


def _thresholds(methods: Mapping[str, Method], items: Sequence[Item]) -> dict[str, float]:
    """How sure each method has to be: the network as declared, the others so that they claim as much of dry music."""
    dry = [maps[0] for item in items for maps in item.features["echoed_variants"]]
    peak_ms = np.arange(LAGS, dtype=np.float32) + FIRST_LAG_MS
    found = {OURS: PLUGIN.min_confidence}
    sure = {method: np.array([says(maps, peak_ms).sure for maps in dry]) for method, says in methods.items()}
    share = float(np.mean(sure[OURS] >= PLUGIN.min_confidence))
    return {method: float(np.quantile(each, 1.0 - share)) for method, each in sure.items()} | found


def _likeness(answers: Mapping[str, Answer], case: Case) -> dict[str, dict[str, float]]:
    """How far each method's feedback, level and high cut are off, and who tells ping-pong right."""
    both = {m: answers[m] for m in (OURS, "preset")}  # the others read neither high cut nor ping-pong
    return {
        "feedback": {m: abs(answer.feedback - case.feedback) for m, answer in answers.items()},
        "level": {m: abs(answer.level_db - case.level_db) for m, answer in answers.items()},
        "high cut": {m: float(abs(np.log2(answer.high_cut_hz / case.high_cut_hz))) for m, answer in both.items()},
        "ping-pong, told": {m: 100.0 * (answer.ping_pong == case.ping_pong) for m, answer in both.items()},
    }
