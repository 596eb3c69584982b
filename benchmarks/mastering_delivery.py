"""`dawg master` beside Matchering and libsonare: the time of whole processes, and what light limiting costs.

    python benchmarks/mastering_delivery.py --peers peers/bin/python

`mastering_peers.py` says how to make the peers' Python. Everything runs on one thread, in turns. Saved to
results/mastering_delivery.json:

speed     a song of four minutes, from file to file, with another as reference (Matchering), or to a loudness (the
          preset "pop" of libsonare).
limiter   30 s of each of 12 validation songs, brought to -14 LUFS where that takes 1 to 4 dB of limiting: SI-SDR of
          the result to the song in dB, by our solver and limiter and by libsonare's loudness stage. More is better.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from turns import row, save

from dawg_ai import audio, data
from dawg_ai.analysis import loudness
from dawg_ai.ask import Host
from dawg_ai.audio import Audio, held
from dawg_ai.data.split import part
from dawg_ai.plugins.mastering import PLUGIN

RUNS = 3
SECONDS = 240
EXCERPT_S = 30
SONGS = 12
LUFS, CEILING_DB = -14.0, -1.0
ENVIRONMENT = {
    **os.environ,
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"),
}
MATCHERING = """
import sys, matchering as mg
mg.process(target=sys.argv[1], reference=sys.argv[2], results=[mg.pcm16(sys.argv[3])])
"""
LIBSONARE = """
import sys, libsonare, numpy as np, soundfile
sound, rate_hz = soundfile.read(sys.argv[1], dtype="float32", always_2d=True)
left, right = np.ascontiguousarray(sound[:, 0]), np.ascontiguousarray(sound[:, -1])
if sys.argv[3] == "preset":
    found = libsonare.master_audio_stereo(left, right, rate_hz, "pop")
else:
    stage = {"loudness": {"targetLufs": float(sys.argv[3]), "ceilingDb": float(sys.argv[4])}}
    found = libsonare.mastering_chain_stereo(left, right, rate_hz, stage)
soundfile.write(sys.argv[2], np.stack([found.left, found.right], 1), rate_hz, subtype="FLOAT")
"""


def main() -> None:
    """Print and save both comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", required=True, help="a Python that has them")
    peers = parser.parse_args().peers
    with tempfile.TemporaryDirectory() as folder:
        save("mastering_delivery", [*speed(peers, Path(folder)), limiting(peers, Path(folder))])


def songs() -> Iterator[tuple[Audio, int]]:
    """Validation songs, one of each package in turn, as stereo."""
    clips = [clip for clip in data.load("debian_games").clips() if part(clip.group) == "valid"]
    groups: dict[str, list[Path]] = {}
    for clip in clips:
        groups.setdefault(clip.group, []).append(clip.path)
    for at in range(max(map(len, groups.values()))):
        for paths in groups.values():
            if at < len(paths):
                sound = audio.open(paths[at])
                yield audio.stereo(sound.audio(), sound.layout), sound.rate_hz


def speed(peers: str, folder: Path) -> list[dict[str, object]]:
    """Wall-clock time of whole processes."""
    long = (
        song for song, rate_hz in songs() if rate_hz == 44_100 and len(song) == 2 and song.shape[1] > 60 * rate_hz
    )
    for name in ("song", "reference"):
        song = next(long)
        audio.write(folder / f"{name}.wav", np.resize(song.T, (SECONDS * 44_100, 2)).T.copy(), 44_100, bits="16")
    song_file, reference, out = (str(folder / name) for name in ("song.wav", "reference.wav", "out.wav"))
    ours = [sys.executable, "-m", "dawg_ai", "master", song_file, out, "--json"]
    works = {
        "4 minutes with a reference, Matchering": (
            [*ours, "--reference", reference],
            [peers, "-c", MATCHERING, song_file, reference, out],
        ),
        "4 minutes, libsonare's preset": (ours, [peers, "-c", LIBSONARE, song_file, out, "preset"]),
    }
    return [
        row(work, [(_seconds(one), _seconds(other)) for _ in range(RUNS + 1)][1:], "s, whole process")
        for work, (one, other) in works.items()
    ]


def _seconds(command: list[str]) -> float:
    began = time.monotonic()
    subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True)
    return time.monotonic() - began


def limiting(peers: str, folder: Path) -> dict[str, object]:
    """SI-SDR of light limiting."""
    host = Host.of(
        PLUGIN, lambda _: {each.name: np.zeros((1, *each.shape[1:]), np.float32) for each in PLUGIN.outputs}
    )
    controls = {"loudness_lufs": LUFS, "ceiling_db": CEILING_DB, "tone": 0.0, "dynamics": 0.0, "width": 0.0}
    found: list[tuple[float, float]] = []
    for song, rate_hz in songs():
        start = song.shape[1] // 2
        excerpt = np.ascontiguousarray(
            np.broadcast_to(song, (2, song.shape[1]))[:, start : start + EXCERPT_S * rate_hz]
        )
        measured = loudness.measure(held(excerpt, rate_hz))
        limited_db = measured.true_peak_db - measured.integrated_lufs + LUFS - CEILING_DB
        if excerpt.shape[1] < EXCERPT_S * rate_hz or not 1.0 < limited_db < 4.0:
            continue
        audio.write(folder / "excerpt.wav", excerpt, rate_hz, bits="32f")
        files = [str(folder / "excerpt.wav"), str(folder / "theirs.wav")]
        subprocess.run([peers, "-c", LIBSONARE, *files, str(LUFS), str(CEILING_DB)], check=True)
        theirs = audio.read(folder / "theirs.wav")[0]
        master = host.ask({"song": [held(excerpt, rate_hz)]}, controls).sound.audio()
        found.append((si_sdr_db(excerpt, master), si_sdr_db(excerpt, theirs)))
        if len(found) == SONGS:
            break
    return row(f"light limiting to {LUFS:g} LUFS", found, "dB SI-SDR")


def si_sdr_db(song: Audio, result: Audio) -> float:
    """Scale-invariant signal-to-distortion ratio (J. Le Roux et al., "SDR - Half-baked or well done?", 2019)."""
    x, y = song.ravel().astype(float), result.ravel().astype(float)
    wanted = (x @ y) / (x @ x) * x
    return float(10 * np.log10((wanted @ wanted) / ((y - wanted) @ (y - wanted))))


if __name__ == "__main__":
    main()
