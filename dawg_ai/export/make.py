"""Make a bundle from a training run. Needs PyTorch."""

import datetime
import json
import shlex
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dawg_ai import bundle as bundles
from dawg_ai import network, store
from dawg_ai.ask import RATE_HZ, Host
from dawg_ai.audio import held
from dawg_ai.bundle import Bundle
from dawg_ai.command import command
from dawg_ai.data.licence import PRIVATE, Licence, of_weights
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.export import card, onnx, quantise
from dawg_ai.features.audio import AudioExtractor
from dawg_ai.plugin import FOLDER, Plugin
from dawg_ai.training import loop
from dawg_ai.training.run import code, latest
from dawg_ai.wasm import build


def trained_run(plugin: Plugin, split: int | None = None, seed: int | None = None) -> Path:
    """The folder of the run that was trained last.

    Args:
        plugin: the plugin.
        split: only runs of this split; by default of any.
        seed: only runs with this seed; by default with any.

    Raises:
        UsageError: there is none.
    """
    folder = latest(plugin.name, split, seed)
    if folder is None:
        raise UsageError(f"{plugin.name} is not trained yet; train it with: dawg train {plugin.name}")
    return folder


def bundle(plugin: Plugin, run: Path, folder: Path, *, private: bool = False) -> Bundle:
    """Export the run's best weights as a bundle, and check that ONNX Runtime and PyTorch agree.

    Args:
        plugin: the plugin.
        run: folder of the run.
        folder: folder of the bundle.
        private: whether it may hold what was learned from clips that only the user has the right to.

    Returns:
        The bundle, opened.

    Raises:
        UsageError: there are such clips, and `private` is False.
        DawgError: they disagree; the bundle that was in `folder` before is left unchanged.
    """
    settings = json.loads((run / "settings.json").read_text("utf-8"))
    chosen = {"split": settings["split"], "seed": settings["seed"]}
    if settings["code"] != code(plugin, store.key(plugin)):
        train = command("train", plugin.name, settings["data"], **chosen)
        raise DawgError(
            f"{plugin.name} has changed since it was trained (its declaration, features, model, examples or score), "
            f"so its weights may not fit; train it again with: {train}"
        )
    clips = json.loads((run / "clips.json").read_text("utf-8"))
    licence = of_weights(Licence(clip["spdx"]) for clip in clips)
    if licence == PRIVATE and not private:
        raise UsageError(_not_to_be_shared(plugin, clips))
    evaluation = _evaluation(run)
    torch.set_num_threads(1)
    model = loop.trained(plugin, run)
    wasm, kernels = build.compile_module(f"{FOLDER}.{plugin.name}:PLUGIN")
    data = [_public(spec) for spec in settings["data"]]
    made = {
        "command": command("train", plugin.name, data, **chosen),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "data": data,
        **chosen,
        "settings": settings["settings"],
        "items": settings["items"],
        "torch": torch.__version__,
    }
    # Without an evaluation, a mode that has to be proven is not offered.
    offered = evaluation["offered"] if evaluation else [mode.name for mode in plugin.modes if not mode.proven_by]
    declared = bundles.declaration(plugin, kernels, made, licence, offered)
    graph = onnx.export(plugin, model)
    if plugin.int8:
        graph = quantise.pack(graph)
    graph = onnx.licensed(graph, licence)
    example: dict[str, Any] = {}
    for mode, example in examples(plugin):
        worst = onnx.difference(plugin, model, graph, example)
        if not worst <= network.TOLERANCE:
            raise DawgError(
                f"in mode {mode}, ONNX Runtime is {worst:.1e} off from PyTorch (allowed: {network.TOLERANCE:.0e}); "
                f"look in {plugin.name}'s model for ill-conditioned operations, such as the logarithm of almost zero"
            )
    parts = {
        "model.onnx": graph,
        "plugin.wasm": wasm,
        "check.json": onnx.check_json(plugin, model, example),
        "LICENCES.md": card.licences(plugin, clips).encode("utf-8", "backslashreplace"),
        "CARD.md": card.card(plugin, made, licence, evaluation).encode("utf-8", "backslashreplace"),
    }
    with tempfile.TemporaryDirectory() as scratch:
        network.check(bundles.write(Path(scratch) / plugin.name, declared, parts))
    return bundles.write(folder, declared, parts)


def _not_to_be_shared(plugin: Plugin, clips: Sequence[Mapping[str, Any]]) -> str:
    """Which clips keep the weights from being shared, and what to do."""
    private = [(clip["id"], answer.why) for clip in clips if not (answer := Licence(clip["spdx"]).may_ship)]
    (clip_id, why), count = private[0], len(private)
    return (
        f"{plugin.name} learned from {count} clip{'s' * (count > 1)} whose weights may not be shipped, such as "
        f"{clip_id} ({why}); train it without them, or keep it to yourself with: dawg export {plugin.name} --private"
    )


def examples(plugin: Plugin) -> Iterator[tuple[str, dict[str, Any]]]:
    """Inputs of the network for short and longer noise, for each mode.

    Args:
        plugin: the plugin.

    Yields:
        Name of the mode, and inputs by name; the mode that needs most sources comes last.
    """
    host = Host.of(plugin, lambda inputs: {})
    sources = host.bundle.sources
    for mode in sorted(plugin.modes, key=lambda mode: len({each.name for each in sources}.intersection(mode.needs))):
        for frames in (1, 4):
            rng = np.random.default_rng(0)
            taken = host.bundle.takes(mode)
            given = {source.name: [_noise(source, rng, frames)] for source in sources if source.name in taken}
            controls = {knob.name: knob.maximum for knob in plugin.controls if knob.name in mode.needs}
            yield mode.name, host.inputs(host.memory(given, controls, mode.name))


def _noise(source: bundles.BundledSource, rng: np.random.Generator, frames: int) -> Any:
    """Noise of `frames` feature frames, or `4 * frames` notes."""
    if isinstance(source.features, AudioExtractor):
        seconds = source.features.frame_s + (frames - 1) * source.features.hop_s
        return held(rng.normal(0, 0.1, (2, int(seconds * RATE_HZ))).astype(np.float32), RATE_HZ)
    count = 4 * frames
    rows = np.stack([np.arange(count) * 0.25, np.full(count, 0.2), 36.0 + np.arange(count) % 12])
    return np.concatenate([rows, rng.uniform(0.1, 1.0, (1, count)), np.zeros((2, count))]).T.astype(np.float32)


def _evaluation(run: Path) -> Mapping[str, Any] | None:
    path = run / "evaluation.json"
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    words = [_public(word) if word in found["data"] else word for word in shlex.split(found["command"])]
    return {**found, "command": shlex.join(words)}


def _public(spec: str) -> str:
    """A dataset's name without local paths, for publication.

    >>> _public("folder:/home/me/songs"), _public("demo:/mnt/demo"), _public("demo")
    ('folder:songs', 'demo', 'demo')
    """
    name, _, path = spec.partition(":")
    return f"folder:{Path(path).name}" if name == "folder" else name
