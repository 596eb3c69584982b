"""Run a trained plugin on a song, or generate one from notes and controls; render the result.

    dawg apply auto_eq song.wav better.wav
    dawg apply auto_eq song.wav better.wav --reference hit.flac --strength 0.8
    dawg apply auto_eq song.wav better.wav --json

OUT is .wav, .flac, .aiff, .ogg, .opus or .mp3, with the song's bits and tags, or a folder. --json prints the recipe:
the chain with its knob values. A plugin that generates a song takes only OUT.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dawg_ai import ask, chain, delivery, request
from dawg_ai import bundle as bundles
from dawg_ai.ask import Answer
from dawg_ai.audio.formats import format_of, target_of
from dawg_ai.bundle import Bundle
from dawg_ai.dsp.effect import Knob
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.plugin import SONG


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that every plugin has."""
    parser.add_argument("plugin", help=f"one of: {', '.join(bundles.folders()) or 'none exported yet'}")
    parser.add_argument("files", type=Path, nargs="+", metavar="[IN] OUT", help="the song, and the file to write")
    parser.add_argument("--mode", default="", metavar="NAME", help="default: by the sources and controls given")
    delivery.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the recipe as one JSON object")


def add_options(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """An option for each source and control of the bundle that `words` name first.

    Raises:
        DawgError: the bundle is damaged, or calls a source or control as this verb calls an option of its own.
    """
    plugin = next((word for word in words if not word.startswith("-")), "")
    if plugin not in bundles.folders():
        return  # said when it is loaded
    bundle = bundles.load(plugin)
    try:
        for source in bundle.sources:
            if source.name != SONG:
                words_of = f"a file, up to {source.most} times" if source.most > 1 else "a file"
                option, target = _option(source.name), f"source_{source.name}"
                parser.add_argument(option, dest=target, action="append", type=Path, metavar="FILE", help=words_of)
        for knob in bundle.controls:
            parser.add_argument(_option(knob.name), dest=f"control_{knob.name}", metavar="VALUE", help=_range(knob))
    except argparse.ArgumentError as error:
        raise DawgError(f"{bundle.folder} cannot be asked from here: {error}") from None


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _range(knob: Knob) -> str:
    """What a control may be, in words, as argparse takes them."""
    if knob.choices:
        words = f"{knob.label}: {', '.join(knob.choices)}"
    else:
        words = f"{knob.label}: {knob.minimum:g} to {knob.maximum:g} {knob.unit}".rstrip()
    return f"{words}; default: {knob.choices[int(knob.default)] if knob.choices else f'{knob.default:g}'}".replace(
        "%", "%%"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    started_s = time.monotonic()
    bundle = bundles.load(arguments.plugin)
    files, output = _files(bundle, arguments)
    if output.resolve() in {path.resolve() for paths in files.values() for path in paths}:
        raise UsageError(f"{output} would be overwritten; name another file for the result")
    format_of(output, arguments.bits)  # before any work is done
    controls = _controls(bundle, arguments)
    request.refuse(bundle, {name: len(paths) for name, paths in files.items()}, controls, arguments.mode)
    features = {source.name: source.features for source in bundle.sources}
    given = {name: [features[name].read(path) for path in paths] for name, paths in files.items()}
    answer = ask.ask(bundle, given, controls, arguments.mode)
    file = delivery.deliver(
        output, answer.sound, answer.recipe, next(iter(files.get(SONG, ())), None), arguments.bits
    )
    for remark in file.remarks:
        print(remark, file=sys.stderr)
    figures = {
        "plugin": bundle.plugin,
        "bundle": bundle.origin,
        "sources": {name: [str(path) for path in paths] for name, paths in files.items()},
        "output": str(output),
        "controls": {knob.name: answer.memory[knob.name] for knob in bundle.controls},
        "recipe": answer.recipe,
        "confidence": [dict(each) for each in answer.confidence],
        "remarks": list(answer.remarks),
        "clamped_samples": file.clipped_samples,
        "true_peak_db": file.true_peak_db,
        "seconds": round(time.monotonic() - started_s, 3),
    }
    print(json.dumps(figures) if arguments.json else _in_words(figures, answer))
    return 0


def _files(bundle: Bundle, arguments: argparse.Namespace) -> tuple[dict[str, list[Path]], Path]:
    """The input files by source, and the output file."""
    *inputs, output = arguments.files
    takes_song = any(source.name == SONG for source in bundle.sources)
    if len(inputs) != int(takes_song):
        right = f"dawg apply {bundle.plugin} {'IN OUT' if takes_song else 'OUT'}"
        raise UsageError(f"{len(arguments.files)} files were named; expected: {right}")
    if takes_song:
        output = target_of(output, inputs[0])
    files: dict[str, list[Path]] = {SONG: inputs} if takes_song else {}
    for source in bundle.sources:
        if paths := getattr(arguments, f"source_{source.name}", None):
            files[source.name] = paths
    return files, output


def _controls(bundle: Bundle, arguments: argparse.Namespace) -> dict[str, float]:
    """The controls that are given, a choice by its name or number."""
    given = {knob.name: getattr(arguments, f"control_{knob.name}") for knob in bundle.controls}
    return {knob.name: _value(knob, text) for knob in bundle.controls if (text := given[knob.name]) is not None}


def _value(knob: Knob, text: str) -> float:
    if text in knob.choices:
        return float(knob.choices.index(text))
    try:
        return float(text)
    except ValueError:
        right = ", ".join(knob.choices) if knob.choices else f"a number from {knob.minimum:g} to {knob.maximum:g}"
        raise UsageError(f"{knob.name} is {text!r}; expected {right}") from None


def _in_words(figures: dict[str, Any], answer: Answer) -> str:
    tables = [
        chain.knob_table(link["effect"], link["knobs"], confidence)
        for link, confidence in zip(answer.recipe["chain"], answer.confidence, strict=True)
    ]
    lines = [
        _origin(figures),
        *tables,
        *answer.remarks,
        f"{figures['output']} is written ({figures['seconds']:.1f} s)",
    ]
    return "\n".join(line for line in lines if line)


def _origin(figures: dict[str, Any]) -> str:
    """Which bundle has answered, in words."""
    bundle = figures["bundle"]
    data = ", ".join(bundle["data"]) or "unknown data"
    words = f"{figures['plugin']} {bundle['version']}, trained on {data}, {bundle['date'] or 'date unknown'}"
    return f"{words} ({bundle['folder']})"
