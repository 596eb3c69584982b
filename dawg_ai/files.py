"""Atomic writes of files and folders, and digests of files."""

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import file_digest
from pathlib import Path

from dawg_ai.errors import DawgError, UsageError


def digest(path: Path) -> str:
    """SHA-256 of a file's content, cached until its size or modification time changes.

    Args:
        path: the file.

    Returns:
        Hexadecimal digits; "" if the file cannot be read.
    """
    try:
        stat = path.stat()
        return _digest(path, stat.st_size, stat.st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=1 << 16)
def _digest(path: Path, size: int, time_ns: int) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def native(path: Path) -> str | bytes:
    """A path as C libraries take it, whatever bytes its name has.

    Python holds a name that is not UTF-8 in a str that cannot be encoded as UTF-8.
    """
    return os.fsencode(path) if os.name == "posix" else str(path)


_drafts: set[Path] = set()
_writing = threading.Lock()
_dismissed = False


def dismiss_writers() -> None:
    """Remove all drafts, and let no writer begin or finish: for a process that ends while threads still work."""
    global _dismissed
    with _writing:
        _dismissed = True
        for draft in _drafts:
            draft.unlink(missing_ok=True)


def admit_writers() -> None:
    """Let files be written again."""
    global _dismissed
    _dismissed = False


def _refuse_if_dismissed() -> None:
    if _dismissed:
        raise DawgError("the program was interrupted, so nothing more is written")


def require_room(folder: Path, needed_bytes: int, need: str, advice: str) -> None:
    """Check that a disk has room, before anything is written to it.

    Args:
        folder: where it is to be written; it may not exist yet.
        needed_bytes: how much.
        need: the need in words, such as "x.zip needs 3.10 GB at /home/ada".
        advice: what else helps than making room; it follows "make room".

    Raises:
        DawgError: there is less room.
    """
    above = next(path for path in (folder, *folder.parents) if path.is_dir())
    free_bytes = shutil.disk_usage(above).free
    if needed_bytes > free_bytes:
        raise DawgError(f"{need}, where {free_bytes / 1e9:.2f} GB are free; make room{advice}")


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` if the block succeeds, else remove it.

    The rename is atomic and the content is flushed to disk before it, so a reader, or a power cut, finds the old file
    or the new one, never a partial one. The temporary name keeps the suffix, since some writers depend on it.

    Args:
        path: the file to write; its folder is made if necessary.

    Yields:
        The path to write to, a new one for each writer: of two at once, the last to end stays, whole.

    Raises:
        UsageError: `path` is a folder.

    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with atomic_write(target) as draft:
    ...     _ = draft.write_text("done")
    >>> target.read_text()
    'done'
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file to write")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _writing:
        _refuse_if_dismissed()
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
        draft = Path(name)
        _drafts.add(draft)
    os.close(handle)
    try:
        yield draft
        # mkstemp makes private files; a finished file has the permissions of any new file.
        mask = os.umask(0)
        os.umask(mask)
        draft.chmod(0o666 & ~mask)
        with draft.open("r+b") as written:  # Windows writes out only what may be written
            os.fsync(written.fileno())
        with _writing:
            _refuse_if_dismissed()
            draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    finally:
        _drafts.discard(draft)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a hidden folder beside `path`; rename it to `path` if the block succeeds, else remove it.

    Args:
        path: the folder to make, which must not hold anything when the block ends; its parent must exist.

    Yields:
        The folder to fill.

    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "songs"
    >>> with atomic_folder(target) as draft:
    ...     _ = (draft / "a.txt").write_text("done")
    >>> [each.name for each in target.iterdir()]
    ['a.txt']
    """
    draft = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-"))
    try:
        yield draft
        draft.chmod(0o755)  # mkdtemp makes private folders
        draft.replace(path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
