"""Forty-eight songs that the program composes itself: six styles, eight songs each, nothing to download.

`dawg_ai.compose` makes every note and every sound from a seed, without recordings or other people's work. The songs
are synthetic and simple. Their tone, level and form are realistic, but they are no substitute for real music.
Licence: CC0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from dawg_ai import compose, progress
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.errors import UsageError
from dawg_ai.files import atomic_write

CITATION = "Composed by DAWG AI from a seed; no recordings involved."
LICENCE = "CC0 1.0: everyone may do anything with these songs, without asking or naming anyone."
VERSION = "4"

# Invented artists of each style, two consecutive songs each. The names are chosen such that split 0 trains on two
# artists of every style, validates on one and tests on one.
ARTISTS = {
    "ambient": ("Elin Frost", "Slow Atlas", "Still Harbour", "Aurora Desk"),
    "funk": ("Sugar Stairs", "Mango Radio", "Velvet Elbow", "Juke Pantry"),
    "hiphop": ("Low Tide", "Brass Pigeon", "Ninth Stair", "Grey Parcel"),
    "house": ("Mira Volt", "Night Ferry", "Marble Tram", "Lido Nights"),
    "rock": ("The Lanterns", "Iron Orchard", "Paper Wolves", "Red Canyon"),
    "synthwave": ("Neon Causeway", "Miami Proxy", "Chrome Dusk", "Laser Motel"),
}
SONGS = compose.SONGS_PER_ARTIST * 4  # of each style


@dataclass(frozen=True)
class Item:
    """One song of the set before it is composed."""

    style: str
    seed: int

    @property
    def name(self) -> str:
        """Such as "house-03"."""
        return f"{self.style}-{self.seed + 1:02d}"

    @property
    def artist(self) -> str:
        """Who plays it."""
        return ARTISTS[self.style][self.seed // compose.SONGS_PER_ARTIST]

    def path(self, root: Path) -> Path:
        """Where it is written."""
        return root / f"{self.name}.flac"


def items() -> Iterator[Item]:
    """All songs, by name."""
    for style in sorted(ARTISTS):
        for seed in range(SONGS):
            yield Item(style, seed)


def get(root: Path, source: Path | None = None) -> None:
    """Compose the songs that are not in `root` yet, about half a second each; songs of another version are replaced.

    Args:
        root: folder of the dataset.
        source: must be None.

    Raises:
        UsageError: a `source` is given.
    """
    if source is not None:
        raise UsageError(f"demo is composed, not read; got --from {source}; leave it out: dawg data get demo")
    stamp = root / "version.txt"
    if not stamp.exists() or stamp.read_text("utf-8") != VERSION:
        for item in items():
            item.path(root).unlink(missing_ok=True)
        with atomic_write(stamp) as draft:
            draft.write_text(VERSION, "utf-8")
    missing = [item for item in items() if not item.path(root).exists()]
    with progress.bar("composing", "song", len(missing)) as bar:
        for item in missing:
            sound, score = compose.song(item.style, item.seed)
            with atomic_write(item.path(root)) as draft:
                write(draft, sound, score.title, item.artist)
            bar.update()


def write(path: Path, sound: compose.Audio, title: str, artist: str) -> None:
    """Write a 16-bit FLAC file with its tags; `sound` is (2, samples) within full scale."""
    whole_numbers = np.rint(sound.T * 32767).astype(np.int16)
    with soundfile.SoundFile(path, "w", compose.RATE, 2, "PCM_16", format="FLAC") as file:
        file.title, file.artist, file.license = title, artist, "CC0-1.0"
        file.write(whole_numbers)


def clips(root: Path) -> list[Clip]:
    """The 48 songs, sorted by id, with tempo and key.

    Raises:
        UsageError: they have not all been composed yet.
    """
    found = []
    for item in items():
        if not item.path(root).exists():
            raise UsageError("demo is not here yet; compose it with: dawg data get demo")
        score = compose.write(item.style, item.seed)
        found.append(
            Clip(
                id=f"demo/{item.name}",
                files={"audio": item.path(root)},
                group=f"demo/{item.artist}",
                licence=Licence("CC0-1.0", item.artist, "composed by DAWG AI"),
                title=score.title,
                style=item.style,
                annotations={"tempo_bpm": score.tempo_bpm, "key": score.key},
            )
        )
    return found
