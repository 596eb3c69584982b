"""Archives: the wanted files of a zip, of a tar, or of a folder like them, each read once and written once.

Archives come from strangers. One is refused, by name of what is wrong with it, if a name leads out of its folder, if
a wanted file is a link or a device, if it has more than `MAX_FILES`, or if it would unpack to more than `MAX_RATIO`
times its size or than the disk has room for.
"""

import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from dawg_ai.errors import DawgError, UsageError
from dawg_ai.files import atomic_folder, atomic_write, require_room

MAX_FILES = 500_000  # the largest known has 106,576
MAX_RATIO = 100  # of audio; text of small archives is within the allowance
ALLOWANCE_BYTES = 1 << 30
_PIECE_BYTES = 1 << 20
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Member:
    """A file of an archive.

    Args:
        name: "/" between folders.
        size_bytes: as the archive states it; what comes is checked against it.
        open: opens it for reading, before the next member is asked for.
    """

    name: str
    size_bytes: int
    open: Callable[[], IO[bytes]]


def unpack(source: Path, root: Path, anchor: str, wanted: Callable[[str], bool]) -> None:
    """Put files of a zip archive into `root`, all or none.

    Args:
        source: a zip archive or an unpacked folder.
        root: folder of the dataset; replaced.
        anchor: a file or folder that the dataset has; names are relative to where it is, since archives of one
            dataset differ in the folder that they begin with.
        wanted: names of files to take, "/" between folders.

    Raises:
        UsageError: `source` is neither, or lacks the anchor or any wanted file.
        DawgError: the archive is damaged or refused.
    """
    if not source.is_dir() and not zipfile.is_zipfile(source):
        raise UsageError(f"{source} is neither a zip archive nor a folder")
    with _told(source):
        found = {member.name: member for member in members(source)}
        at = _anchored(found, anchor, source)
        chosen = {name[len(at) :]: member for name, member in found.items() if name.startswith(at)}
        chosen = {name: member for name, member in chosen.items() if wanted(name)}
        if not chosen:
            raise UsageError(f"{source} has {anchor}, but none of the files that belong to it")
        _check_room(source, root, sum(member.size_bytes for member in chosen.values()))
        root.parent.mkdir(parents=True, exist_ok=True)
        with atomic_folder(root) as draft:
            for name, member in chosen.items():
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                _write(member, draft / name)
            shutil.rmtree(root, ignore_errors=True)


def extract(source: Path, root: Path, target: Callable[[str], str | None]) -> int:
    """Put files of an archive into `root`, one by one: what is there already, whole, is not written again.

    Args:
        source: a zip or tar archive (compressed or not), or an unpacked folder.
        root: folder of the dataset.
        target: name in the archive -> name in `root`, or None for what is not wanted.

    Returns:
        How many of the wanted files there are.

    Raises:
        UsageError: `source` is none of these.
        DawgError: the archive is damaged or refused; what was written before stays.
    """
    count = 0
    with _told(source):
        for member in members(source):
            name = target(member.name)
            if name is None:
                continue
            path, count = root / _safe(name, source), count + 1
            if not path.is_file() or path.stat().st_size != member.size_bytes:
                _check_room(source, root, member.size_bytes)
                with atomic_write(path) as draft:
                    _write(member, draft)
    return count


def members(source: Path) -> Iterator[Member]:
    """The files of an archive or folder, in its order.

    Args:
        source: a zip or tar archive (compressed or not), or an unpacked folder.

    Raises:
        UsageError: `source` is none of these.
        DawgError: the archive is refused.
    """
    if source.is_dir():
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            yield Member(path.relative_to(source).as_posix(), path.stat().st_size, partial(_file, path))
    elif source.is_file() and zipfile.is_zipfile(source):
        yield from _zipped(source)
    elif source.is_file() and tarfile.is_tarfile(source):
        yield from _tarred(source)
    else:
        raise UsageError(f"{source} is neither a zip or tar archive nor a folder")


def _file(path: Path) -> IO[bytes]:
    return path.open("rb")


def _zipped(source: Path) -> Iterator[Member]:
    with source.open("rb") as file:
        if (count := _entries(file)) > MAX_FILES:
            raise DawgError(_too_many(source, count))
    archive = zipfile.ZipFile(source)  # stays open as long as one of its members is known
    total = 0
    for entry in archive.infolist():
        name = _safe(entry.filename, source)
        if entry.is_dir():
            continue
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise DawgError(f"{source}: {name} is a link, and links are not followed; the archive is refused")
        total += entry.file_size
        _check_ratio(source, total)
        yield Member(name, entry.file_size, partial(archive.open, entry))


def _entries(file: BinaryIO) -> int:
    """How many files the end of a zip archive states, or could hold in its directory, before that is read.

    APPNOTE 6.3.10, sections 4.3.14 to 4.3.16.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 16) - 64))
    tail = file.read()
    end = tail.rfind(b"PK\5\6")
    if end < 0 or len(tail) < end + 22:
        return 0
    count, bytes_of_directory = struct.unpack_from("<HI", tail, end + 10)
    far = tail.rfind(b"PK\6\6", 0, end)
    if far >= 0 and count == 0xFFFF:
        count, bytes_of_directory = struct.unpack_from("<QQ", tail, far + 32)
    return max(int(count), int(bytes_of_directory) // 512)  # of the longest plausible entry


def _tarred(source: Path) -> Iterator[Member]:
    total = count = 0
    with tarfile.open(source, "r|*") as archive:  # as a stream: read once, from the beginning to the end
        for entry in archive:
            count += 1
            if count > MAX_FILES:
                raise DawgError(_too_many(source, count))
            name = _safe(entry.name, source)
            if entry.isdir():
                continue
            total += entry.size
            _check_ratio(source, total)
            yield Member(name, entry.size, partial(_opened, source, archive, entry))


def _opened(source: Path, archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(entry) if entry.isreg() else None
    if file is None:
        what = "a link, and links are not followed" if entry.islnk() or entry.issym() else "not a file"
        raise DawgError(f"{source}: {entry.name} is {what}; the archive is refused")
    return file


def _too_many(source: Path, count: int) -> str:
    return f"{source} has {count} files or more, and no dataset has {MAX_FILES}; the archive is refused"


def _safe(name: str, source: Path) -> str:
    """The name, if it stays in its folder on every system."""
    parts = PurePosixPath(name)
    if (
        parts.is_absolute()
        or ".." in parts.parts
        or "\\" in name
        or "\0" in name
        or ":" in name[:2]
        or not parts.parts
    ):
        raise DawgError(f"{source}: the name {name!r} leads out of its folder; the archive is refused")
    return str(parts)


def _check_ratio(source: Path, total_bytes: int) -> None:
    if total_bytes > MAX_RATIO * source.stat().st_size + ALLOWANCE_BYTES:
        raise DawgError(
            f"{source} of {source.stat().st_size} bytes would unpack to {total_bytes} or more, as no music does; the "
            "archive is refused"
        )


def _check_room(source: Path, root: Path, needed_bytes: int) -> None:
    need = f"{source} needs {needed_bytes / 1e9:.2f} GB at {root}"
    require_room(root, needed_bytes, need, ", take fewer with --limit, or set DAWG_HOME to a folder on another disk")


def _write(member: Member, draft: Path) -> None:
    size = 0
    with member.open() as file, draft.open("wb") as out:
        while piece := file.read(_PIECE_BYTES):
            size += len(piece)
            if size > member.size_bytes:
                break
            out.write(piece)
    if size != member.size_bytes:
        raise EOFError(f"{member.name} has {size} bytes or more, and {member.size_bytes} are stated")


@contextmanager
def _told(source: Path) -> Iterator[None]:
    """Say of damage which archive has it."""
    try:
        yield
    except DawgError:
        raise
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DawgError(f"{source} is damaged ({error}); fetch it again") from None


def _anchored(names: dict[str, Member], anchor: str, source: Path) -> str:
    """What precedes the anchor in the archive: "" or a folder with its "/"."""
    for name in names:
        before, found, after = f"/{name}".partition(f"/{anchor}")
        if found and (not after or after.startswith("/")):
            return before[1:] + "/" if before else ""
    raise UsageError(f"{source} has no {anchor}; is it another dataset?")
