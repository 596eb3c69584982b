"""A folder of your own songs: every wav, flac, ogg and mp3 in it and below.

Who made a song and what may be done with it comes from the file's tags, or from a `licence.toml` in its folder, which
holds for the folders below too and goes before the tags:

    artist = "Ada Example"
    album = "First Songs"
    licence = "own"          # your own material; else an SPDX name such as "CC-BY-4.0", or a Creative Commons address
    style = "rock"

Every line may be left out. A song whose licence nobody states counts as "unknown", and nothing is trained on it.
"""

import tomllib
from pathlib import Path

import soundfile

from dawg_ai import audio
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence, recognise
from dawg_ai.errors import UsageError

CITATION = "Whoever the tags or a licence.toml name."
LICENCE = "As the tags or a licence.toml say, else unknown."
VERSION = "1"

SIDECAR = "licence.toml"
_FACTS = ("artist", "album", "licence", "style")


def get(root: Path, source: Path | None = None) -> None:
    """There is nothing to fetch: the folder is used where it is, and nothing in it is changed.

    Raises
    ------
    UsageError
        A source came along with the folder.
    """
    if source is not None:
        raise UsageError(f"a folder is used where it is: folder:{source}")


def clips(root: Path) -> list[Clip]:
    """One clip per audio file; hidden files are passed over. A group is an artist's album, else the parent folder."""
    found = []
    stated: dict[Path, dict[str, str]] = {}
    for path in sorted(root.rglob("*"), key=lambda path: path.relative_to(root).as_posix()):
        inside = path.relative_to(root)
        hidden = any(part.startswith(".") for part in inside.parts)
        if hidden or path.suffix.lower() not in audio.SUFFIXES or not path.is_file():
            continue
        facts = _tags(path) | _stated(path.parent, root, stated)
        album = " / ".join(fact for fact in (facts.get("artist"), facts.get("album")) if fact)
        found.append(
            Clip(
                id=f"folder/{root.name}/{inside.as_posix()}",
                path=path,
                group=album or inside.parent.as_posix(),
                licence=Licence(recognise(facts.get("licence", "")), facts.get("artist", "")),
                title=facts.get("title") or path.stem,
                style=facts.get("style") or None,
            )
        )
    return sorted(found, key=lambda clip: clip.id)


def _tags(path: Path) -> dict[str, str]:
    """What the file says of itself; nothing if it cannot be read (`dawg data check` tells why)."""
    try:
        with soundfile.SoundFile(path) as file:
            # MP3 has no field for the licence; archives of free music put its address among the comments.
            texts = (file.license, file.copyright, file.comment)
            licence = next((text for text in texts if recognise(text) != "unknown"), "")
            return {"title": file.title, "artist": file.artist, "album": file.album, "licence": licence}
    except (soundfile.LibsndfileError, OSError):
        return {}


def _stated(folder: Path, root: Path, known: dict[Path, dict[str, str]]) -> dict[str, str]:
    """What the sidecars from `root` down to `folder` say; the nearest goes first."""
    if folder not in known:
        above = {} if folder == root else _stated(folder.parent, root, known)
        known[folder] = above | _sidecar(folder / SIDECAR)
    return known[folder]


def _sidecar(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        facts = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f'{path} is not TOML: {error}; a line reads: artist = "Ada Example"') from error
    for name, value in facts.items():
        if name not in _FACTS or not isinstance(value, str):
            raise UsageError(
                f"{path}: {name} = {value!r} is not understood; there are {', '.join(_FACTS)}, each a text"
            )
    return facts
