"""Datasets that come as one zip archive: unpack the wanted files of an archive, or of a folder like it."""

import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from dawg_ai.errors import DawgError, UsageError
from dawg_ai.files import atomic_folder

Read = Callable[[], bytes]


def unpack(source: Path, root: Path, anchor: str, wanted: Callable[[str], bool]) -> None:
    """Put files of an archive into `root`, all or none.

    Args:
        source: a zip archive or an unpacked folder.
        root: folder of the dataset; replaced.
        anchor: a file or folder that the dataset has; names are relative to where it is, since archives of one
            dataset differ in the folder that they begin with.
        wanted: names of files to take, "/" between folders.

    Raises:
        UsageError: `source` is neither, or lacks the anchor or any wanted file.
        DawgError: the archive is damaged.
    """
    try:
        names = dict(_contents(source))
        at = _anchored(names, anchor, source)
        chosen = {name[len(at) :]: read for name, read in names.items() if name.startswith(at)}
        chosen = {name: read for name, read in chosen.items() if wanted(name)}
        if not chosen:
            raise UsageError(f"{source} has {anchor}, but none of the files that belong to it")
        root.parent.mkdir(parents=True, exist_ok=True)
        with atomic_folder(root) as draft:
            for name, read in chosen.items():
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                (draft / name).write_bytes(read())
            shutil.rmtree(root, ignore_errors=True)
    except zipfile.BadZipFile as error:
        raise DawgError(f"{source} is damaged ({error}); fetch it again") from None


def _contents(source: Path) -> Iterator[tuple[str, Read]]:
    """Names of all files, and how to read each."""
    if source.is_dir():
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            yield path.relative_to(source).as_posix(), path.read_bytes
        return
    if not zipfile.is_zipfile(source):
        raise UsageError(f"{source} is neither a zip archive nor a folder")
    archive = zipfile.ZipFile(source)
    for entry in archive.infolist():
        inside = PurePosixPath(entry.filename)
        if not entry.is_dir() and not inside.is_absolute() and ".." not in inside.parts:
            yield entry.filename, lambda entry=entry: archive.read(entry)  # type: ignore[misc]


def _anchored(names: dict[str, Read], anchor: str, source: Path) -> str:
    """What precedes the anchor in the archive: "" or a folder with its "/"."""
    for name in names:
        before, found, after = f"/{name}".partition(f"/{anchor}")
        if found and (not after or after.startswith("/")):
            return before[1:] + "/" if before else ""
    raise UsageError(f"{source} has no {anchor}; is it another dataset?")
