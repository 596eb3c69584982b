"""Render songs by a recipe: effects and their knobs, one after another.

    dawg render song.wav better.wav --recipe recipe.json
    dawg render album/*.flac rendered/ --recipe recipe.json

The recipe is what the studio saves or `dawg apply --json` prints; docs/bundle.md has its format. Several songs go
into a folder, under their own names, on all processor cores. What a recipe makes here, it makes in the studio, to
the bit; convolution within -140 dB, or with --exact to the bit as well, in ten times the time.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dawg_ai import audio, chain, progress
from dawg_ai.dsp import effect
from dawg_ai.errors import DawgError, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("input", type=Path, nargs="+", metavar="IN", help="songs: wav, flac, ogg or mp3")
    parser.add_argument("output", type=Path, metavar="OUT", help=".wav, .flac or .ogg; of several songs, a folder")
    parser.add_argument("--recipe", type=Path, required=True, metavar="FILE", help="effects and knobs, as JSON")
    parser.add_argument("--rate", type=int, metavar="HZ", help="sample rate of the result; default: the song's")
    parser.add_argument("--tail", action="store_true", help="go on until echoes and rooms have rung out")
    parser.add_argument("--exact", action="store_true", help="convolution too to the bit as in the studio")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), metavar="N", help="default: one for each core")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    recipe = read_recipe(arguments.recipe)
    pairs = _pairs(arguments.input, arguments.output)
    chain.Chain(recipe, 44_100, 2)  # what is wrong with the recipe is said before any work is done
    for link in recipe["chain"]:
        if effect.load(link["effect"]).load and "sound" not in link:
            print(f'{link["effect"]} passes on what it hears: its link has no "sound": "path"', file=sys.stderr)
    done: dict[str, Any] = {"rendered": [], "clamped_samples": {}, "failed": {}}

    def work(source: Path, target: Path) -> None:
        try:
            sound, rate_hz = audio.read(source)
            rendered = chain.render(recipe, sound, rate_hz, arguments.exact, arguments.tail)
            wanted_hz = arguments.rate or rate_hz
            clamped = audio.write(target, audio.at_rate(rendered, rate_hz, wanted_hz), wanted_hz)
        except (DawgError, OSError) as error:
            done["failed"][str(source)] = str(error)
            return
        done["rendered"].append(str(target))
        if clamped:
            done["clamped_samples"][str(target)] = clamped

    # Kernels, and what decodes and writes files, let other threads run meanwhile.
    with progress.bar("render", "song", len(pairs)) as bar, ThreadPoolExecutor(max(1, arguments.workers)) as pool:
        tasks = [pool.submit(work, source, target) for source, target in pairs]
        try:
            for task in tasks:
                task.result()
                bar.update()
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
    if arguments.json:
        print(json.dumps(done))
    else:
        _tell(done)
    return 1 if done["failed"] else 0


def read_recipe(path: Path) -> Mapping[str, Any]:
    """The recipe in a file, on its own or in what `dawg apply --json` prints; its sounds' paths lead from here.

    Raises:
        UsageError: there is no recipe in the file.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
        recipe = found.get("recipe", found)
        for link in recipe["chain"]:
            dict(link["knobs"])[""] = link["effect"]
            if "sound" in link:
                link["sound"] = str(path.parent / link["sound"])
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        shape = '{"format": 1, "chain": [{"effect": "eq", "knobs": {"trim_db": -3}}]}'
        raise UsageError(f"{path} is not a recipe; one looks like {shape}") from None
    return dict(recipe)


def _pairs(sources: list[Path], output: Path) -> list[tuple[Path, Path]]:
    if len(sources) == 1 and not output.is_dir():
        targets = [output]
    else:
        if output.suffix and not output.is_dir():
            raise UsageError(f"{len(sources)} songs go into a folder; {output} is the name of a file")
        targets = [
            output / source.with_suffix(".wav" if source.suffix == ".mp3" else source.suffix).name
            for source in sources
        ]
    for target in targets:
        audio.written_as(target)
    if twice := {target for target in targets if targets.count(target) > 1}:
        raise UsageError(f"two songs would both become {min(twice)}; render them one by one")
    if overwritten := {path.resolve() for path in sources} & {path.resolve() for path in targets}:
        raise UsageError(f"{min(overwritten)} would be overwritten; name another place for the result")
    return list(zip(sources, targets, strict=True))


def _tell(done: Mapping[str, Any]) -> None:
    for target in done["rendered"]:
        print(f"{target} is written")
    for target, count in done["clamped_samples"].items():
        print(
            f"{target}: {count} samples were above full scale and are clipped; turn it down, or write .wav",
            file=sys.stderr,
        )
    for source, reason in done["failed"].items():
        print(f"{source}: {reason}", file=sys.stderr)
