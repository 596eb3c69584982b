"""Effects in series beside pedalboard's, and batch rendering on two cores beside one.

    python benchmarks/chain.py

The first row is CPU time in interleaved runs. The others are wall-clock times of `dawg render` from start to end,
with two workers beside one; two cores must be idle.
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
SONGS, RUNS = 48, 7
RECIPE = {
    "format": 1,
    "chain": [
        {"effect": "parametric", "knobs": SIX_BANDS},
        {"effect": "compressor", "knobs": {"threshold_db": -18, "ratio": 4}},
        {"effect": "saturation", "knobs": {"kind": 3, "drive_db": 12}},
        {"effect": "limiter", "knobs": {"drive_db": 12, "ceiling_db": -1}},
    ],
}


def beside_pedalboard(sound: np.ndarray) -> dict[str, Any]:
    """Ours saturates at 4x and limits with 8x oversampling; the peer at 1x and with 4x."""
    import pedalboard

    knobs = [knob.name for knob in parametric.EFFECT.knobs]
    equaliser = Processor(parametric.EFFECT, RATE, SIX_BANDS | {"design": 1}, channels=2)
    filters = pedalboard_peer(dict(zip(knobs, equaliser.memory["knobs"], strict=True)))
    rest = pedalboard.Pedalboard(
        [
            # Its times are 2 pi time constants; see dynamics.py.
            pedalboard.Compressor(-18, 4, attack_ms=10 * 2 * np.pi, release_ms=100 * 2 * np.pi),
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


def by_two_cores(sound: np.ndarray) -> list[dict[str, Any]]:
    """Batch rendering; the songs are hard links to one file, and each is read, rendered and written.

    Two independent processes with half of the songs each show what the machine itself allows.
    """
    with tempfile.TemporaryDirectory() as folder:
        recipe, first = Path(folder, "recipe.json"), Path(folder, "0.wav")
        recipe.write_text(json.dumps(RECIPE))
        audio.write(first, 0.1 * sound, RATE)
        songs = [first, *(Path(folder, f"{i}.wav") for i in range(1, SONGS))]
        for song in songs[1:]:
            os.link(first, song)

        def seconds(workers: int, *shares: list[Path]) -> float:
            began = time.perf_counter()
            options = [str(Path(folder, "out")), "--recipe", str(recipe), "--workers", str(workers)]
            command = [sys.executable, "-m", "dawg_ai", "render"]
            programs = [
                subprocess.Popen(
                    [*command, *map(str, share), *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
                )
                for share in shares
            ]
            for program in programs:
                _, said = program.communicate()
                assert program.returncode == 0, said
            return time.perf_counter() - began

        seconds(2, songs)
        halves = songs[::2], songs[1::2]
        times = [(seconds(2, songs), seconds(1, *halves), seconds(1, songs)) for _ in range(RUNS)]
    work = f"dawg render of {SONGS} songs of a minute, start to end, by two {{}}; peer: by one worker"
    return [
        row(work.format("workers"), [(two, one) for two, _, one in times], "s"),
        row(work.format("programs"), [(apart, one) for _, apart, one in times], "s"),
    ]


def main() -> None:
    """Measure, print and save."""
    sound = hot_music()
    save("chain", [beside_pedalboard(sound), *by_two_cores(sound)])


if __name__ == "__main__":
    main()
