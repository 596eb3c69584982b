"""Let a trained plugin work on a song: suggest settings and render the song with them.

    dawg apply auto_eq song.wav better.wav
    dawg apply auto_eq song.wav better.wav --reference hit.flac --strength 0.8
    dawg apply auto_eq song.wav better.wav --style rock --json

OUT is .wav (32-bit float), .flac (24-bit) or .ogg. With --json the recipe is printed: what was done, knob by knob.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from dawg_ai import audio, chain, suggest
from dawg_ai.errors import UsageError
from dawg_ai.export import bundle as bundles


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("plugin", help=f"exported here: {', '.join(bundles.folders()) or 'none yet'}")
    parser.add_argument("input", type=Path, metavar="IN", help="a song: wav, flac, ogg or mp3")
    parser.add_argument("output", type=Path, metavar="OUT", help="the result: .wav, .flac or .ogg")
    parser.add_argument(
        "--reference",
        action="append",
        type=Path,
        default=[],
        metavar="REF",
        help="a song to sound like; may be given up to five times",
    )
    parser.add_argument("--style", default="", metavar="NAME", help="a style the bundle offers")
    parser.add_argument("--strength", type=float, default=1.0, metavar="S", help="0 to 1.5; default: 1")
    parser.add_argument("--json", action="store_true", help="print the recipe as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    started_s = time.monotonic()
    if arguments.output.resolve() in {path.resolve() for path in (arguments.input, *arguments.reference)}:
        raise UsageError(f"{arguments.output} would be overwritten; name another file for the result")
    audio.written_as(arguments.output)  # before any work is done
    bundle = bundles.load(arguments.plugin)
    suggest.refuse(bundle, "", len(arguments.reference), arguments.style, arguments.strength)
    song, rate_hz = audio.read(arguments.input)
    suggestion = suggest.suggest(
        bundle,
        (song, rate_hz),
        references=[audio.read(path) for path in arguments.reference],
        style=arguments.style,
        strength=arguments.strength,
    )
    rendered = chain.render(suggestion.recipe, song, rate_hz)
    clamped = audio.write(arguments.output, rendered, rate_hz)
    if clamped:
        print(
            f"{clamped} samples were above full scale and are clipped; write .wav (32-bit float), or turn it down",
            file=sys.stderr,
        )
    figures = {
        "plugin": bundle.plugin,
        "input": str(arguments.input),
        "output": str(arguments.output),
        "references": [str(path) for path in arguments.reference],
        "style": arguments.style,
        "strength": arguments.strength,
        "recipe": suggestion.recipe,
        "confidence": dict(suggestion.confidence),
        "clamped_samples": clamped,
        "seconds": round(time.monotonic() - started_s, 3),
    }
    print(json.dumps(figures) if arguments.json else _in_words(figures, suggestion))
    return 0


def _in_words(figures: dict[str, Any], suggestion: suggest.Suggestion) -> str:
    table = chain.in_words(suggestion.effect, suggestion.knobs, suggestion.confidence)
    return f"{table}\n{figures['output']} is written ({figures['seconds']:.1f} s)"
