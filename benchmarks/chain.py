"""Effects in a row: a chain beside pedalboard's, and many songs by two cores beside one.

    python benchmarks/chain.py

The first row is CPU time, in turns. The second is wall time of `dawg render` from start to end: with two workers
beside one, so that two cores must be free.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from dynamics import hot_music
from effects import SIX_BANDS, pedalboard_peer
from turns import compared, row, save

from dawg_ai import audio
from dawg_ai.chain import Chain
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects import parametric

RATE = 44_100
SONGS, RUNS = 48, 5
RECIPE = {
    "format": 1,
    "chain": [
        {"effect": "parametric", "knobs": SIX_BANDS},
        {"effect": "compressor", "knobs": {"threshold_db": -18, "ratio": 4}},
        {"effect": "saturation", "knobs": {"kind": 3, "drive_db": 12}},
        {"effect": "limiter", "knobs": {"ceiling_db": -1}},
    ],
}


def beside_pedalboard(sound: np.ndarray) -> dict[str, Any]:
    """Ours saturates at four times the rate and limits by peaks at eight times; the peer at one and at four."""
    import pedalboard

    knobs = [knob.name for knob in parametric.EFFECT.knobs]
    equaliser = Processor(parametric.EFFECT, RATE, SIX_BANDS | {"design": 1}, channels=2)
    filters = pedalboard_peer(dict(zip(knobs, equaliser.memory["knobs"], strict=True)))
    rest = pedalboard.Pedalboard(
        [
            pedalboard.Compressor(threshold_db=-18, ratio=4, attack_ms=10, release_ms=100),
            pedalboard.Distortion(drive_db=12),
            pedalboard.BrickwallLimiter(ceiling_db=-1, release_ms=100, lookahead_ms=2, true_peak=True),
        ]
    )
    ours = Chain(RECIPE, RATE, 2)
    return compared(
        "equaliser > compressor > saturation 4x > true-peak limiter on 60 s stereo at 44.1 kHz; peer: pedalboard, "
        "saturation 1x",
        lambda: ours.process(sound),
        lambda: rest(filters(sound), RATE),
    )


def by_two_cores(sound: np.ndarray) -> dict[str, Any]:
    """The songs are links to one file; each is read, rendered and written."""
    with tempfile.TemporaryDirectory() as folder:
        recipe, first = Path(folder, "recipe.json"), Path(folder, "0.wav")
        recipe.write_text(json.dumps(RECIPE))
        audio.write(first, 0.1 * sound, RATE)
        songs = [first, *(Path(folder, f"{i}.wav") for i in range(1, SONGS))]
        for song in songs[1:]:
            os.link(first, song)

        def seconds(workers: int) -> float:
            began = time.perf_counter()
            command = [sys.executable, "-m", "dawg_ai", "render", *map(str, songs), str(Path(folder, "out"))]
            command += ["--recipe", str(recipe), "--workers", str(workers)]
            subprocess.run(command, check=True, capture_output=True)
            return time.perf_counter() - began

        seconds(2)
        pairs = [(seconds(2), seconds(1)) for _ in range(RUNS)]
    return row(f"dawg render of {SONGS} songs of a minute, start to end, by two workers; peer: by one", pairs, "s")


def main() -> None:
    """Measure, print and save."""
    sound = hot_music()
    save("chain", [beside_pedalboard(sound), by_two_cores(sound)])


if __name__ == "__main__":
    main()
