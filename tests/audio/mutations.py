"""Damaged files of every format: none may crash, hang, or keep the good files beside it from being measured.

    python tests/audio/mutations.py 500            # of each format; an hour
    python tests/audio/mutations.py 500 mp3 opus   # of these

Prints a line for each format, and saves the file of each failure.
"""

import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 22_050
MOST_S = 10.0
AT_ONCE = 25

FORMATS = {
    "wav": {"format": "WAV", "subtype": "PCM_16"},
    "float.wav": {"format": "WAV", "subtype": "FLOAT"},
    "ima.wav": {"format": "WAV", "subtype": "IMA_ADPCM"},
    "wavex.wav": {"format": "WAVEX", "subtype": "PCM_24"},
    "rf64.wav": {"format": "RF64", "subtype": "PCM_16"},
    "w64": {"format": "W64", "subtype": "PCM_16"},
    "aiff": {"format": "AIFF", "subtype": "PCM_16"},
    "caf": {"format": "CAF", "subtype": "PCM_24"},
    "au": {"format": "AU", "subtype": "PCM_16"},
    "flac": {"format": "FLAC", "subtype": "PCM_16"},
    "ogg": {"format": "OGG", "subtype": "VORBIS"},
    "opus": {"format": "OGG", "subtype": "OPUS"},
    "mp3": {"format": "MP3", "subtype": "MPEG_LAYER_III"},
}


def made(kind: str) -> bytes:
    """Half a second of a tone and noise."""
    rate_hz = 24_000 if kind == "opus" else RATE_HZ
    rng = np.random.default_rng(0)
    time_s = np.arange(rate_hz // 2) / rate_hz
    sound = 0.3 * np.sin(2 * np.pi * 440 * time_s)[:, None] + 0.03 * rng.standard_normal((len(time_s), 2))
    file = io.BytesIO()
    soundfile.write(file, sound, rate_hz, **FORMATS[kind])
    return file.getvalue()


def mutations(content: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Copies with bits flipped, sizes made extreme, pieces cut out, doubled, or filled; mostly near the beginning."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        damaged = bytearray(content)
        for _ in range(rng.integers(1, 4)):
            at = int(len(damaged) * rng.random() ** 4) if rng.random() < 0.7 else int(rng.integers(len(damaged)))
            size = int(rng.choice([1, 4, 40, 400]))
            match rng.integers(6):
                case 0:
                    damaged[at] ^= 1 << rng.integers(8)
                case 1:
                    values = (bytes(4), b"\xff" * 4, b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", b"\x01\x00\x00\x00")
                    damaged[at : at + 4] = values[rng.integers(5)]
                case 2:
                    del damaged[at : at + size]
                case 3:
                    damaged[at:at] = damaged[at : at + size]
                case 4:
                    damaged[at : at + size] = rng.bytes(size)
                case 5:
                    del damaged[max(at, 4) :]
            if not damaged:
                damaged = bytearray(b"\0")
        yield bytes(damaged)


def failures(folder: Path, kind: str, count: int, seed: int = 0) -> list[str]:
    """What went wrong with damaged files of a kind, in words."""
    good = folder / "good.wav"
    good.write_bytes(made("wav"))
    paths = []
    for number, content in enumerate(mutations(made(kind), count, seed)):
        paths.append(folder / f"{number:03d}.{kind}")
        paths[-1].write_bytes(content)
    found = []
    for first in range(0, count, AT_ONCE):
        some = paths[first : first + AT_ONCE]
        if _answered([good, *some], 60.0 + len(some)) is not None:
            found += [f"{path.name}: {wrong}" for path in some if (wrong := _answered([good, path], 60.0))]
    return found


def _answered(paths: list[Path], most_s: float) -> str | None:
    """What is wrong with the measurement of these files, the first of which is a good one; None if nothing is."""
    began = time.monotonic()
    command = [sys.executable, "-m", "dawg_ai", "analyse", "--json", *map(str, paths)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=most_s, check=False)
    except subprocess.TimeoutExpired:
        return f"took more than {most_s} s"
    if done.returncode not in (0, 1):
        return f"exit code {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}"
    answer = json.loads(done.stdout)
    named = {each["path"] for each in (*answer["files"], *answer["unusable"])}
    if str(paths[0]) not in {each["path"] for each in answer["files"]}:
        return "the good file is not measured"
    if named != set(map(str, paths)):
        return "not all files are named"
    return f"took {time.monotonic() - began:.0f} s" if time.monotonic() - began > MOST_S * len(paths) else None


def main() -> int:
    """Run."""
    count = int(sys.argv[1])
    wrong = 0
    for kind in sys.argv[2:] or FORMATS:
        folder = Path(tempfile.mkdtemp(prefix="mutations-"))
        found = failures(folder, kind, count)
        wrong += len(found)
        print(f"{kind}: {count} damaged files, {len(found)} failures", *found, f"({folder})", sep="\n  ", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
