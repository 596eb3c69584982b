"""Compare every effect with its input, blind and at equal loudness: one HTML page to listen to.

    dawg listen
    dawg listen song.wav --out song.html

Each effect processes the loudest five seconds of the song, or of one that the program composes. Versions 1 and 2 are
in random order (--seed) and equally loud by ITU-R BS.1770-5. Switch between them during playback: click, or press
1, 2 and space. The page is one file, and reveals on request which version is processed.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from dawg_ai import audio, progress
from dawg_ai.dsp import effect
from dawg_ai.files import atomic_write
from dawg_ai.report import ab, page


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("input", nargs="?", type=Path, metavar="IN", help="a song: wav, flac, ogg or mp3")
    parser.add_argument("--out", type=Path, default=Path("listen.html"), metavar="PAGE", help="default: listen.html")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the random order; default: 0")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    passage = ab.passage(*(audio.read(arguments.input) if arguments.input else ()))
    source = f"`{arguments.input.name}`" if arguments.input else "a song that the program composed"
    rng = np.random.default_rng(arguments.seed)
    names, pieces = effect.names(), []
    with progress.bar("rendering", "effect", len(names)) as bar:
        for name in names:
            pieces += _pair(name, passage, processed_first=bool(rng.integers(2)))
            bar.update()
    html = page.document(
        "Which is processed?",
        page.paragraph(
            f"Each effect on {source}: one side is the song as it was, the other went through the effect. Both are "
            "equally loud. Switch while it plays: with the mouse, or with the keys 1, 2 and space.",
            "lead",
        ),
        *pieces,
    )
    with atomic_write(arguments.out) as draft:
        draft.write_text(html, "utf-8", "backslashreplace")
    print(json.dumps({"file": str(arguments.out), "effects": names}) if arguments.json else arguments.out)
    return 0


def _pair(name: str, passage: audio.Audio, processed_first: bool) -> list[str]:
    before, after = map(ab.ogg, ab.pair(name, passage))
    first, second = (after, before) if processed_first else (before, after)
    chosen = effect.load(name)
    return [
        page.heading(name.capitalize()),
        page.paragraph(chosen.summary),
        page.player({"1": ("", first), "2": ("", second)}),
        page.reveal(
            "Which is processed?", f"{1 if processed_first else 2} is processed, with {ab.example_in_words(name)}."
        ),
    ]
