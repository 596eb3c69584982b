"""A training run -> a bundle. Needs PyTorch."""

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dawg_ai import __version__, suggest
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.export import bundle as bundles
from dawg_ai.export import card, onnx
from dawg_ai.export.bundle import Bundle
from dawg_ai.plugin import Plugin
from dawg_ai.training import loop
from dawg_ai.training.run import latest
from dawg_ai.wasm import build


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
        DawgError: it does not.
    """
    settings = json.loads((run / "settings.json").read_text("utf-8"))
    clips = json.loads((run / "clips.json").read_text("utf-8"))
    evaluation = _evaluation(run)
    torch.set_num_threads(1)
    model = loop.trained(plugin, run)
    wasm, entry = build.compile_module(f"{plugin.part('features').__name__}:FEATURES")
    made = {
        "version": __version__,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "data": settings["data"],
        "split": settings["split"],
        "seed": settings["seed"],
        "settings": settings["settings"],
        "songs": settings["songs"],
        "torch": torch.__version__,
    }
    offered = evaluation.get("offered_styles", list(plugin.styles)) if evaluation else list(plugin.styles)
    declared = bundles.declaration(plugin, entry, made, offered)
    example = _example(plugin)
    parts = {
        "model.onnx": onnx.export(plugin, model),
        "features.wasm": wasm,
        "check.json": onnx.check_json(plugin, model, example),
        "LICENCES.md": card.licences(plugin, clips).encode(),
        "CARD.md": card.card(plugin, made, evaluation).encode(),
    }
    made_bundle = bundles.write(folder, declared, parts)
    try:
        suggest.check(made_bundle)
    except DawgError as error:
        raise DawgError(f"{error}; the bundle in {folder} is not to be used") from None
    return made_bundle


def _example(plugin: Plugin) -> dict[str, Any]:
    """The network's inputs for a second of noise beside another, in the first mode that takes a reference."""
    rng = np.random.default_rng(0)
    noise = [(rng.normal(0, 0.1, (2, 4 * 44_100)).astype(np.float32), 44_100) for _ in range(2)]
    return suggest.inputs(plugin, noise[0], _mode_with_reference(plugin), noise[1:])


def _mode_with_reference(plugin: Plugin) -> str:
    return next((mode.name for mode in plugin.modes if mode.needs == "reference"), plugin.modes[0].name)


def _evaluation(run: Path) -> Mapping[str, Any] | None:
    path = run / "evaluation.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else None
