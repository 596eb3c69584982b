"""Ask a trained plugin what it would do: a bundle and a song -> knob values with confidence.

Needs ONNX Runtime only. The studio does the same, step by step, with the same kernels and the same network.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai import audio, plugin
from dawg_ai.dsp import effect
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.export import bundle as bundles
from dawg_ai.export.bundle import Bundle
from dawg_ai.features.frames import FrameFeatures
from dawg_ai.plugin import Mode, Plugin

Arrays = dict[str, NDArray[np.float32]]
Sound = tuple[audio.Audio, int]

STRONGEST = 1.5
SILENCE: Sound = (np.zeros((1, 1), np.float32), 44_100)  # stands where there is no reference
TOLERANCE = 1e-5  # relative or absolute, between runtimes


@dataclass(frozen=True)
class Suggestion:
    """Knob values in their units, rounded to what the knobs can take, and how sure each group of knobs is (0..1)."""

    effect: str
    knobs: Mapping[str, float]
    confidence: Mapping[str, float]

    @property
    def recipe(self) -> dict[str, Any]:
        """All that a render needs, as JSON; see docs/bundle.md."""
        return {"format": 1, "chain": [{"effect": self.effect, "knobs": dict(self.knobs)}]}


def suggest(
    bundle: Bundle,
    song: Sound,
    mode: str = "",
    *,
    references: Sequence[Sound] = (),
    style: str = "",
    strength: float = 1.0,
) -> Suggestion:
    """What the plugin would do to `song`, an (audio, sample rate in Hz). Without a `mode`, what is given decides.

    Raises:
        UsageError: see `refuse`.
        DawgError: the bundle was made for another version of the plugin, or has no answer to this song.
    """
    refuse(bundle, mode, len(references), style, strength)
    chosen = plugin.load(bundle.plugin)
    knobs, confidence = run(bundle, inputs(chosen, song, mode, references, style, strength))[:2]
    if not (np.isfinite(knobs).all() and np.isfinite(confidence).all()):
        raise DawgError(
            f"{bundle.folder}: the network has no answer to this song (it gives values that are no numbers)"
        )
    target = effect.load(chosen.effect)
    groups = dict.fromkeys(knob.group for knob in target.knobs)
    return Suggestion(
        target.name,
        {knob.name: knob.nearest(float(value)) for knob, value in zip(target.knobs, knobs[0], strict=True)},
        {group: round(float(value), 3) for group, value in zip(groups, confidence[0], strict=True)},
    )


def refuse(bundle: Bundle, mode: str, references: int, style: str, strength: float) -> None:
    """Refuse what the bundle cannot be asked; no sound needs to be read to know.

    Raises:
        UsageError: the mode, style or strength is not one it has, or not what the mode needs.
        DawgError: the bundle was made for another version of the plugin.
    """
    chosen = plugin.load(bundle.plugin)
    if _interface(bundle.declaration) != _interface(bundles.declaration(chosen, {}, {}, ())):
        raise DawgError(
            f"{bundle.folder} was made for another version of {chosen.name}; "
            f"make it again with: dawg train {chosen.name} && dawg export {chosen.name}"
        )
    offered = bundle.declaration["offered_styles"]
    if style and not offered:
        raise UsageError(f"this bundle of {chosen.name} offers no styles: none is known to be better than no style")
    if style and style not in offered:
        raise UsageError(f"no style called {style!r}; this bundle of {chosen.name} offers: {', '.join(offered)}")
    if not 0.0 <= strength <= STRONGEST:
        raise UsageError(
            f"strength is {strength:g}; expected 0 (leave it alone) to {STRONGEST:g}, 1 is the suggestion"
        )
    _mode(chosen, mode, references, style)


def inputs(
    chosen: Plugin,
    song: Sound,
    mode: str = "",
    references: Sequence[Sound] = (),
    style: str = "",
    strength: float = 1.0,
) -> Arrays:
    """What the network takes, by name, in declared order."""
    asked = _mode(chosen, mode, len(references), style)
    found = {
        **_heard(chosen.features, [song]),
        **{f"reference_{name}": rows for name, rows in _heard(chosen.features, references or [SILENCE]).items()},
        "mode": _one_hot([each.name for each in chosen.modes], asked.name),
        "style": _one_hot(chosen.styles, style),
        "strength": np.full((1, 1), strength, np.float32),
    }
    if not references:
        found |= {name: np.zeros_like(rows) for name, rows in found.items() if name.startswith("reference_")}
    return {signal.name: found[signal.name] for signal in chosen.inputs}


def run(bundle: Bundle, inputs: Arrays) -> list[NDArray[np.float32]]:
    """The network's outputs in declared order."""
    names = [output["name"] for output in bundle.declaration["outputs"]]
    return list(_session(bundle.folder, bundle.digest).run(names, inputs))


def check(bundle: Bundle) -> None:
    """Replay the bundle's own example.

    Raises:
        DawgError: an output differs from what it was when the bundle was made.
    """
    example = json.loads((bundle.folder / "check.json").read_text("utf-8"))
    inputs = {name: np.array(values, np.float32) for name, values in example["inputs"].items()}
    for signal, got in zip(bundle.declaration["outputs"], run(bundle, inputs), strict=True):
        expected = np.array(example["outputs"][signal["name"]], np.float32)
        worst = difference(got, expected)
        if not worst <= TOLERANCE:
            raise DawgError(
                f"{bundle.folder}: {signal['name']} differs by {worst:.1e} from when the bundle was made "
                f"(allowed: {TOLERANCE:.0e}); this ONNX Runtime computes differently"
            )


def difference(got: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """The largest difference, relative or absolute, whichever is less; NaN where either has one.

    >>> round(difference(np.float32([0.1, 200.0]), np.float32([0.0, 202.0])), 6)
    0.1
    """
    return float(np.max(np.abs(got - expected) / np.maximum(np.abs(expected), 1.0)))


@cache
def _session(folder: Path, digest: str) -> Any:
    """The network at work; `digest` is there so that a new one in the same folder is not taken for the old one."""
    import onnxruntime  # takes a moment to load; only needed here

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # the network is small, and one thread gives the same sums everywhere
    return onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])


def _interface(said: Mapping[str, Any]) -> list[Any]:
    """What a bundle and the plugin's code have to agree on."""
    signals = [(signal["name"], list(signal["shape"])) for end in ("inputs", "outputs") for signal in said[end]]
    return [said["effect"], signals, [mode["name"] for mode in said["modes"]], list(said["styles"])]


def _mode(chosen: Plugin, name: str, references: int, style: str) -> Mode:
    modes = {mode.name: mode for mode in chosen.modes}
    if references and style:
        raise UsageError("references and a style were given; give one or the other")
    given = "reference" if references else "style" if style else ""
    if not name:
        name = next((mode.name for mode in chosen.modes if mode.needs == given), "")
        if not name:
            raise UsageError(f"{chosen.name} takes no {given}; its modes are: {', '.join(modes)}")
    if name not in modes:
        raise UsageError(f"{chosen.name} has no mode {name!r}; it has: {', '.join(modes)}")
    mode = modes[name]
    if mode.needs != given:
        needs = f"a {mode.needs}" if mode.needs else "neither a reference nor a style"
        raise UsageError(f"mode {name} takes {needs}, and {f'a {given}' if given else 'nothing'} was given")
    if references > mode.most:
        raise UsageError(f"{references} references were given; mode {name} takes up to {mode.most}")
    return mode


def _heard(features: FrameFeatures, sounds: Sequence[Sound]) -> Arrays:
    """Features of the sounds, joined along frames: (1, frames, ...)."""
    each = [features.extract(audio.stereo(sound), rate_hz) for sound, rate_hz in sounds]
    return {name: np.concatenate([one[name] for one in each])[None] for name in features.outputs}


def _one_hot(names: Sequence[str], name: str) -> NDArray[np.float32]:
    return np.array([[float(each == name) for each in names]], np.float32)
