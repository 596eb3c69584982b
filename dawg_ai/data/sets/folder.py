"""A folder of your own songs: every wav, flac, ogg and mp3 in it and its subfolders, and notes.

Artist and licence of a song come from its tags, or from a `licence.toml` in its folder, which takes precedence over
the tags and applies to subfolders too:

    artist = "Ada Example"
    album = "First Songs"
    licence = "own"          # your own material; else an SPDX name such as "CC-BY-4.0", or a Creative Commons URL
    style = "rock"

Every line is optional. Notes are in files called `<name>.notes.json` (format: docs/bundle.md). They belong to the
song `<name>.wav` beside them, or are a clip of their own where there is no such song. A song without a stated licence
counts as "unknown" and is not trained on.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from dawg_ai import audio
from dawg_ai.audio import tags as tagging
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence, recognise
from dawg_ai.errors import UsageError

CITATION = "The artists named in the tags or a licence.toml."
LICENCE = "As stated in the tags or a licence.toml, else unknown."
VERSION = "2"

SIDECAR = "licence.toml"
NOTES = ".notes.json"
_FACTS = ("artist", "album", "licence", "style")


def get(root: Path, source: Path | None = None) -> None:
    """Nothing to fetch: the folder is used in place, and nothing in it is changed.

    Raises:
        UsageError: a `source` is given.
    """
    if source is not None:
        raise UsageError(f"a folder is used where it is: folder:{source}")


def clips(root: Path) -> list[Clip]:
    """One clip per audio file, and per notes file without one; hidden files are skipped.

    A group is an artist's album, else the parent folder.
    """
    found = []
    stated: dict[Path, dict[str, str]] = {}
    for path, files in _files(root):
        inside = path.relative_to(root)
        facts = _tags(path) | _stated(path.parent, root, stated)
        album = " / ".join(fact for fact in (facts.get("artist"), facts.get("album")) if fact)
        found.append(
            Clip(
                id=f"folder/{root.name}/{inside.as_posix()}",
                files=files,
                group=album or inside.parent.as_posix(),
                licence=Licence(recognise(facts.get("licence", "")), facts.get("artist", "")),
                title=facts.get("title") or path.stem,
                style=facts.get("style") or None,
            )
        )
    return sorted(found, key=lambda clip: clip.id)


def _files(root: Path) -> Iterator[tuple[Path, dict[str, Path]]]:
    """For each clip the file that it is named after, and its files by kind."""
    shown = (path for path in root.rglob("*") if not any(p.startswith(".") for p in path.relative_to(root).parts))
    paths = [path for path in shown if path.is_file()]
    notes = {path.with_name(path.name.removesuffix(NOTES)): path for path in paths if path.name.endswith(NOTES)}
    for path in sorted(paths, key=lambda path: path.relative_to(root).as_posix()):
        if path.suffix.lower() in audio.SUFFIXES:
            own = notes.pop(path.with_suffix(""), None)
            yield path, {"audio": path} | ({"notes": own} if own else {})
    for path in sorted(notes.values()):
        yield path, {"notes": path}


def _tags(path: Path) -> dict[str, str]:
    """Tags of a file; none if it cannot be read (`dawg data check` says why)."""
    tags = tagging.read(path)
    # Archives of free music put the licence's URL into the comment of an MP3 file.
    texts = (tags.license, tags.copyright, tags.comment)
    licence = next((text for text in texts if recognise(text) != "unknown"), "")
    return {"title": tags.title, "artist": tags.artist, "album": tags.album, "licence": licence}


def _stated(folder: Path, root: Path, known: dict[Path, dict[str, str]]) -> dict[str, str]:
    """Metadata from the sidecar files of `root` down to `folder`; the nearest takes precedence."""
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
                f"{path}: {name} = {value!r} is not understood; expected {', '.join(_FACTS)}, each a string"
            )
    return facts
