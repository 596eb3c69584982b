"""Render songs through a recipe, a chain of effects with their knob values.

    dawg render song.wav better.wav --recipe recipe.json
    dawg render song.wav rendered/ --recipe recipe.json
    dawg render album/*.flac rendered/ --recipe recipe.json

The studio saves recipes and `dawg apply --json` prints them; docs/bundle.md has the format, and `dawg effects`
shows what a recipe may hold. A name without a suffix is a folder: songs are written to it under their own names, in
parallel. The result is bit-identical to the studio's. Only convolution differs,
by less than -140 dB; with --exact it is bit-identical too, and takes ten times as long.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dawg_ai import audio, chain, delivery, progress, threads
from dawg_ai import recipe as recipes
from dawg_ai.audio.formats import FORMATS, format_of, target_of
from dawg_ai.dsp import effect
from dawg_ai.errors import UsageError, failure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("input", type=Path, nargs="+", metavar="IN", help="songs: wav, flac, ogg or mp3")
    parser.add_argument("output", type=Path, metavar="OUT", help=f"{', '.join(FORMATS)}, or a folder")
    parser.add_argument("--recipe", type=Path, required=True, metavar="FILE", help="effects and knobs, as JSON")
    parser.add_argument("--rate", type=int, metavar="HZ", help="sample rate of the result; default: the song's")
    delivery.add_arguments(parser)
    parser.add_argument("--tail", action="store_true", help="let echoes and reverbs ring out")
    parser.add_argument("--exact", action="store_true", help="convolution too bit-identical to the studio's")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), metavar="N", help="default: one for each core")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    parsed = recipes.read(arguments.recipe)
    recipe = parsed.recipe
    pairs = _pairs(arguments.input, arguments.output, arguments.bits)
    chain.Chain(recipe, 44_100, 2)  # reports errors in the recipe before any work is done
    for remark in parsed.remarks:
        print(remark, file=sys.stderr)
    for link in recipe["chain"]:
        if effect.load(link["effect"]).load and "sound" not in link:
            print(f'{link["effect"]} passes its input through: its link has no "sound": "path"', file=sys.stderr)
    done: dict[str, Any] = {"rendered": [], "clamped_samples": {}, "true_peak_db": {}, "remarks": [], "failed": {}}

    def work(source: Path, target: Path) -> None:
        try:
            rendered = chain.rendered(recipe, audio.open(source), arguments.exact, arguments.tail)
            resampled = audio.resampled(rendered, arguments.rate or rendered.rate_hz)
            again = resampled.rate_hz != rendered.rate_hz
            file = delivery.deliver(target, resampled, recipe, source, arguments.bits, again)
        except Exception as error:  # one song must not take the others' results away
            done["failed"][str(source)] = failure(error)
            return
        done["rendered"].append(str(target))
        done["remarks"] += [remark for remark in file.remarks if remark not in done["remarks"]]
        if file.clipped_samples:
            done["clamped_samples"][str(target)] = file.clipped_samples
        if file.true_peak_db is not None:
            done["true_peak_db"][str(target)] = file.true_peak_db

    # Kernels, decoding and encoding release the GIL.
    with progress.bar("render", "song", len(pairs)) as bar:
        for _ in threads.completed(work, pairs, max(1, arguments.workers)):
            bar.update()
    if arguments.json:
        print(json.dumps(done))
    else:
        _print_summary(done)
    return 1 if done["failed"] else 0


def _pairs(sources: list[Path], output: Path, bits: str) -> list[tuple[Path, Path]]:
    if len(sources) > 1 and output.suffix and not output.is_dir():
        raise UsageError(f"{len(sources)} songs need a folder as output; {output} is the name of a file")
    targets = [target_of(output, source) for source in sources]
    for target in targets:
        format_of(target, bits)
    if twice := {target for target in targets if targets.count(target) > 1}:
        raise UsageError(f"two songs would both become {min(twice)}; render them one by one")
    if overwritten := {path.resolve() for path in sources} & {path.resolve() for path in targets}:
        raise UsageError(f"{min(overwritten)} would be overwritten; name another place for the result")
    return list(zip(sources, targets, strict=True))


def _print_summary(done: Mapping[str, Any]) -> None:
    for target in done["rendered"]:
        print(f"{target} is written")
    for remark in done["remarks"]:
        print(remark, file=sys.stderr)
    for source, reason in done["failed"].items():
        print(reason if reason.startswith(source) else f"{source}: {reason}", file=sys.stderr)
