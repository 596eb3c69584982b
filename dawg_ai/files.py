"""Atomic file writes, and digests of files."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import file_digest
from pathlib import Path


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


def encoded(path: Path) -> Path | bytes:
    """A path as libraries in C take it: its bytes, since a name need not be UTF-8; on Windows it is text."""
    return os.fsencode(path) if os.name == "posix" else path


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` if the block succeeds, else remove it.

    The rename is atomic and the content is flushed to disk before it, so a reader, or a power cut, finds the old file
    or the new one, never a partial one. The temporary name keeps the suffix, since some writers depend on it.

    Args:
        path: the file to write; its folder is made if necessary.

    Yields:
        The path to write to.

    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with atomic_write(target) as draft:
    ...     _ = draft.write_text("done")
    >>> target.read_text()
    'done'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        # mkstemp makes private files; a finished file has the permissions of any new file.
        mask = os.umask(0)
        os.umask(mask)
        draft.chmod(0o666 & ~mask)
        with draft.open("r+b") as written:  # Windows writes out only what may be written
            os.fsync(written.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
