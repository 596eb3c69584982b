"""Separate tracks of songs from the album "Everything is Free": drums, basses, synthesisers and voices, for anyone.

Made and dedicated to the public domain by Software-Entwicklungskit. Each song is a folder of tracks of equal length
(AAC in .m4a, 48 kHz stereo), with long silences inside; some songs have their finished mix as `MASTER.m4a`. The
tracks are as they were mixed, with effects, not dry recordings. A clip is one track; a group is a song.

Source: https://github.com/ichbinsoftware/everythingisremixed, folder `src`. Get its ZIP ("Code", "Download ZIP") or a
clone, and name it: `dawg data get stems --from everythingisremixed-main.zip`. A folder `<Song>/<TRACK>.m4a` is taken
too. Files for telephones (`..._mobile.m4a`) count only where nothing better is there.
"""

import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from dawg_ai import progress
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.errors import UsageError
from dawg_ai.files import atomic_folder

CITATION = 'Software-Entwicklungskit, "Everything is Free", https://github.com/ichbinsoftware/everythingisremixed'
LICENCE = "CC0 1.0: everyone may do anything with these tracks, without asking or naming anyone."
VERSION = "1"

ARTIST = "Software-Entwicklungskit"
SOURCE = "https://github.com/ichbinsoftware/everythingisremixed"
# Tempo in beats a minute and key, as the source's README states them.
SONGS: dict[str, tuple[float, str]] = {
    "Hydrogen": (132.0, "D major"),
    "Lithium": (124.0, "G minor"),
    "Sodium": (140.0, "G minor"),
    "Potassium": (90.0, "C major"),
    "Rubidium": (132.0, "G major"),
    "Caesium": (130.0, "C major"),
    "Francium": (128.0, "B flat major"),
}
_SUFFIX = ".m4a"
_IN_REPOSITORY = re.compile(r"(?:\d+\.)?(?P<song>\w+)_Stem_(?P<track>.+?)(?P<mobile>_mobile)?")


def get(root: Path, source: Path | None = None) -> None:
    """Copy the tracks into `root`, one folder for each song; songs that are there stay.

    Args:
        root: folder of the dataset.
        source: the repository as a ZIP or a folder, or a folder with one folder for each song.

    Raises:
        UsageError: no source is given, or it holds none of the songs.
    """
    if source is None:
        raise UsageError(
            f"stems is not fetched by itself: download the ZIP of {SOURCE} and run: "
            "dawg data get stems --from everythingisremixed-main.zip"
        )
    if source.is_file() and not zipfile.is_zipfile(source):
        raise UsageError(f"{source} is no ZIP file; give the ZIP of {SOURCE}, or a folder")
    with tempfile.TemporaryDirectory() as scratch:
        folder = _unpacked(source, Path(scratch)) if source.is_file() else source
        songs = _songs(folder)
        if not songs:
            raise UsageError(f"{source} holds no track of the songs {', '.join(SONGS)}; expected <Song>/<TRACK>.m4a")
        root.mkdir(parents=True, exist_ok=True)
        with progress.bar("stems", "song", len(songs)) as bar:
            for song, tracks in songs.items():
                if not (root / song).is_dir():
                    _copy(tracks, root / song)
                bar.update()


def _unpacked(archive: Path, folder: Path) -> Path:
    """Unpack the tracks of a ZIP, each into the folder that its own has in the archive."""
    with zipfile.ZipFile(archive) as file:
        for name in file.namelist():
            path = PurePosixPath(name)
            if path.suffix == _SUFFIX and ".." not in path.parts:
                file.extract(name, folder)
    return folder


def _songs(folder: Path) -> dict[str, dict[str, Path]]:
    """Song -> track -> file."""
    songs: dict[str, dict[str, Path]] = {}
    for song, track, path in _tracks(folder):
        songs.setdefault(song, {}).setdefault(track, path)
    return dict(sorted(songs.items()))


def _tracks(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Song, track and file; files for telephones last."""
    for path in sorted(folder.rglob(f"*{_SUFFIX}"), key=lambda path: ("_mobile" in path.stem, path.as_posix())):
        named = _IN_REPOSITORY.fullmatch(path.stem)
        song, track = (named["song"], named["track"]) if named else (path.parent.name, path.stem)
        if song in SONGS:
            yield song, track.replace(" ", "_"), path


def _copy(tracks: dict[str, Path], folder: Path) -> None:
    """Copy into a hidden folder and rename it when it is whole."""
    with atomic_folder(folder) as draft:
        for track, path in tracks.items():
            shutil.copyfile(path, draft / f"{track}{_SUFFIX}")


def clips(root: Path) -> list[Clip]:
    """A clip for each track, with the tempo and key of its song."""
    found = []
    for song, (tempo_bpm, key) in SONGS.items():
        for path in sorted((root / song).glob(f"*{_SUFFIX}")):
            found.append(
                Clip(
                    id=f"stems/{song}/{path.stem}",
                    files={"audio": path},
                    group=f"{ARTIST} / {song}",
                    licence=Licence("CC0-1.0", ARTIST, SOURCE),
                    title=f"{song}: {path.stem.replace('_', ' ').capitalize()}",
                    annotations={"tempo_bpm": tempo_bpm, "key": key},
                )
            )
    return sorted(found, key=lambda clip: clip.id)
