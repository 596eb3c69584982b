"""Features of new songs by two processes beside one, in interleaved runs.

python benchmarks/store.py [PLUGIN]
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from turns import row, save

from dawg_ai import audio, store
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.plugin import Plugin
from dawg_ai.registry import load

SONGS, FILES, SECONDS, RATE_HZ, RUNS = 256, 64, 90, 44_100, 3


def make_clips(folder: Path) -> list[Clip]:
    """Songs of brown noise as FLAC; several songs share a file to save disk space."""
    paths = []
    for i in range(FILES):
        rng = np.random.default_rng(i)
        noise = np.cumsum(rng.normal(0, 0.01, (2, SECONDS * RATE_HZ)), axis=1)
        noise -= np.linspace(noise[:, 0], noise[:, -1], noise.shape[1], axis=1)
        path = folder / f"{i}.flac"
        audio.write(path, (0.5 * noise / np.abs(noise).max()).astype(np.float32), RATE_HZ)
        paths.append(path)
    return [Clip(f"made/{i}", {"audio": paths[i % FILES]}, str(i), Licence("CC0-1.0")) for i in range(SONGS)]


def seconds(plugin: Plugin, clips: list[Clip], workers: int) -> float:
    """Wall-clock time of a build from scratch, including the start of the processes."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["DAWG_HOME"] = home
        began = time.perf_counter()
        assert store.build(plugin, clips, workers=workers).computed == len(clips)
        return time.perf_counter() - began


def main() -> None:
    """Measure, print and save."""
    plugin = load(sys.argv[1] if len(sys.argv) > 1 else "auto_eq")
    with tempfile.TemporaryDirectory() as folder:
        clips = make_clips(Path(folder))
        seconds(plugin, clips[:1], 1)  # compiles the kernels
        pairs = [(seconds(plugin, clips, 2), seconds(plugin, clips, 1)) for _ in range(RUNS)]
    work = f"{plugin.name} features of {SONGS} songs of {SECONDS} s, by two processes beside one"
    save("store", [row(work, pairs, "s")])


if __name__ == "__main__":
    main()
