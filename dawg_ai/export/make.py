"""A training run -> a bundle. Needs PyTorch."""

import datetime
import json
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dawg_ai import suggest
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.export import bundle as bundles
from dawg_ai.export import card, onnx
from dawg_ai.export.bundle import Bundle
from dawg_ai.plugin import Plugin
from dawg_ai.training import loop
from dawg_ai.training.run import latest
from dawg_ai.wasm import build

RATE_HZ = 44_100


def trained_run(plugin: Plugin, split: int | None = None, seed: int | None = None) -> Path:
    """The folder of the run that was trained last.

    Raises:
        UsageError: there is none.
    """
    folder = latest(plugin.name, split, seed)
    if folder is None:
        raise UsageError(f"{plugin.name} is not trained yet; train it with: dawg train {plugin.name}")
    return folder


def bundle(plugin: Plugin, run: Path, folder: Path) -> Bundle:
    """Export the run's best weights to `folder` and make sure that ONNX Runtime computes what PyTorch does.

    Raises:
        DawgError: it does not; then the bundle that was in `folder` before is left as it was.
    """
    settings = json.loads((run / "settings.json").read_text("utf-8"))
    clips = json.loads((run / "clips.json").read_text("utf-8"))
    evaluation = _evaluation(run)
    torch.set_num_threads(1)
    model = loop.trained(plugin, run)
    wasm, entry = build.compile_module(f"{plugin.part('features').__name__}:FEATURES")
    data = [_public(spec) for spec in settings["data"]]
    chosen = ["--split", str(settings["split"]), "--seed", str(settings["seed"])]
    words = [word for spec in data for word in ("--data", spec)]
    made = {
        "command": shlex.join(["dawg", "train", plugin.name, *words, *chosen]),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "data": data,
        "split": settings["split"],
        "seed": settings["seed"],
        "settings": settings["settings"],
        "songs": settings["songs"],
        "torch": torch.__version__,
    }
    # What was not shown to be better than no style is not offered.
    offered = evaluation["offered_styles"] if evaluation else ()
    declared = bundles.declaration(plugin, entry, made, offered)
    graph = onnx.export(plugin, model)
    for mode, example in examples(plugin):
        worst = onnx.difference(plugin, model, graph, example)
        if not worst <= suggest.TOLERANCE:
            raise DawgError(
                f"in mode {mode}, ONNX Runtime is {worst:.1e} off from PyTorch (allowed: {suggest.TOLERANCE:.0e}); "
                f"look in {plugin.name}'s model for what is not exact, such as the logarithm of nearly nothing"
            )
    parts = {
        "model.onnx": graph,
        "features.wasm": wasm,
        "check.json": onnx.check_json(plugin, model, example),
        "LICENCES.md": card.licences(plugin, clips).encode(),
        "CARD.md": card.card(plugin, made, evaluation).encode(),
    }
    with tempfile.TemporaryDirectory() as scratch:
        suggest.check(bundles.write(Path(scratch) / plugin.name, declared, parts))
    return bundles.write(folder, declared, parts)


def examples(plugin: Plugin) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the network gets for pieces of noise: each mode and its inputs, last the one that needs the most."""
    rng = np.random.default_rng(0)
    for mode in sorted(plugin.modes, key=lambda mode: mode.needs == "reference"):
        for frames in (1, 4):
            samples = int(frames * plugin.features.frame_s * RATE_HZ)
            noise = [(rng.normal(0, 0.1, (2, samples)).astype(np.float32), RATE_HZ) for _ in range(2)]
            references = noise[1:] if mode.needs == "reference" else []
            style = plugin.styles[0] if mode.needs == "style" else ""
            yield mode.name, suggest.inputs(plugin, noise[0], mode.name, references, style)


def _evaluation(run: Path) -> Mapping[str, Any] | None:
    path = run / "evaluation.json"
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    words = [_public(word) if word in found["data"] else word for word in shlex.split(found["command"])]
    return {**found, "command": shlex.join(words)}


def _public(spec: str) -> str:
    """A dataset as others would name it: where it lies on this machine is nobody's business.

    >>> _public("folder:/home/me/songs"), _public("demo:/mnt/demo"), _public("demo")
    ('folder:songs', 'demo', 'demo')
    """
    name, _, path = spec.partition(":")
    return f"folder:{Path(path).name}" if name == "folder" else name
