"""Downloads: verified by checksum and length, resumed after an interruption, several at once, put in place
atomically.

It is our own on the standard library, because the usual packages leave out what large archives need: pooch 1.9 cannot
resume, fsspec's `simplecache` takes a truncated file for a good one when it is opened again, and httpx is a client
that all of this would still have to be built on.
"""

import email.utils
import hashlib
import http.client
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dawg_ai.errors import DawgError
from dawg_ai.files import require_room

TIMEOUT_S = 30.0
RETRY_DELAYS_S = (1.0, 4.0, 15.0)
LONGEST_WAIT_S = 300.0  # that a server may ask for
AT_ONCE = 4
PROGRESS_BYTES = 8 << 20  # a connection that brought as much was worth it, so retries count anew
_PIECE_BYTES = 1 << 18
_BUSY = frozenset({408, 425, 429})  # of 4xx, those that ask to come again


@dataclass(frozen=True)
class Remote:
    """A file to be fetched.

    Args:
        urls: where it is: the first, and mirrors.
        checksum: "sha256:", "sha1:" or "md5:" and hexadecimal digits.
        size_bytes: its exact length, where it is published.
    """

    urls: tuple[str, ...]
    checksum: str
    size_bytes: int | None = None

    @property
    def name(self) -> str:
        """Name of the file.

        >>> Remote(("https://a.example/b/c%20d.zip?download=1",), "md5:00").name
        'c d.zip'
        """
        return urllib.parse.unquote(urllib.parse.urlsplit(self.urls[0]).path).rpartition("/")[2]


def fetch(remotes: Sequence[Remote], folder: Path, *, at_once: int = AT_ONCE) -> None:
    """Fetch files into a folder, several at once; what is there and right is not fetched again.

    Args:
        remotes: the files.
        folder: where they go.
        at_once: the maximum number of connections.

    Raises:
        DawgError: a file could not be fetched, or there is no room for all of them; those that came stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [remote for remote in remotes if not _is_right(folder / remote.name, remote)]
    sizes = [remote.size_bytes for remote in missing]
    known_bytes = sum(size for size in sizes if size)
    kept_bytes = sum(_length(_part(folder / remote.name)) for remote in missing)
    needed_bytes = known_bytes - kept_bytes
    need = f"{needed_bytes / 1e9:.2f} GB are to be fetched into {folder}"
    require_room(folder, needed_bytes, need, ", or set DAWG_HOME to a folder on another disk")
    with (
        _bar(", ".join(remote.name for remote in missing)[:40], known_bytes if all(sizes) else None) as bar,
        ThreadPoolExecutor(at_once) as pool,
    ):
        jobs = [pool.submit(_fetch, remote, folder / remote.name, bar) for remote in missing]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def download(url: str, path: Path, *, sha256: str, size_bytes: int) -> None:
    """Fetch one file; do nothing if the right one is there already.

    A partial download stays beside it as "<name>.part". The next call requests the rest (HTTP Range); where the
    server does not support ranges, or the file has changed there, it starts over.

    Args:
        url: what to fetch.
        path: where the file goes.
        sha256: digest of the content, in hexadecimal.
        size_bytes: size of the content.

    Raises:
        DawgError: the server refuses, the connection fails after all retries, or the content does not match `sha256`
            (then the partial download is removed).
    """
    remote = Remote((url,), f"sha256:{sha256}", size_bytes)
    if _is_right(path, remote):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with _bar(path.name, size_bytes) as bar:
        _fetch(remote, path, bar)


def _fetch(remote: Remote, path: Path, bar: "tqdm[Any]") -> None:
    part = _part(path)
    _receive(remote, part, bar)
    kind, _, expected = remote.checksum.partition(":")
    got = _digest(part, kind)
    if got != expected:
        _discard(part)
        raise DawgError(
            f"{remote.urls[0]}: wrong content: its {_title(kind)} is {got}, expected {expected}; it is removed: run "
            f"the "
            "same command again, and if the message comes back, the file at the source has changed"
        )
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
    _tag(part).unlink(missing_ok=True)


def _receive(remote: Remote, part: Path, bar: "tqdm[Any]") -> None:
    """Fetch all of a file into `part`, from one address after the other, with pauses."""
    failures, turn = 0, 0
    while True:
        before, url = _length(part), remote.urls[turn % len(remote.urls)]
        try:
            return _continue(url, part, remote.size_bytes, bar)
        except urllib.error.HTTPError as error:
            error.close()
            # What else is 4xx is final: repeating the request would not help.
            final = error.code < 500 and error.code not in _BUSY
            problem, pause_s = f"the server answered {error.code} {error.reason}", _retry_after_s(error)
        except (OSError, http.client.HTTPException) as error:
            final, problem, pause_s = False, str(getattr(error, "reason", None) or error or type(error).__name__), 0.0
        turn += 1
        failures = 0 if _length(part) >= before + PROGRESS_BYTES else failures + 1
        mirrors = len(remote.urls) - 1
        if final and turn > mirrors:
            raise DawgError(f"{url}: {problem}")
        if failures > len(RETRY_DELAYS_S) + mirrors:
            raise DawgError(
                f"{url}: {problem}, after {failures - 1} retries; {_length(part)} of "
                f"{remote.size_bytes or 'unknown'} bytes "
                "are kept; run the same command again to resume"
            )
        if failures > mirrors:  # before, another server may be better
            time.sleep(max(pause_s, RETRY_DELAYS_S[failures - mirrors - 1]))


def _continue(url: str, part: Path, size_bytes: int | None, bar: "tqdm[Any]") -> None:
    """Resume the download of `part` up to its end.

    Raises:
        OSError: the connection ends before, or the server states another length.
    """
    have, tag = _length(part), _tag(part)
    if size_bytes is not None and have > size_bytes:
        have = _discard(part)
    if have == size_bytes and have > 0:
        return
    known = tag.read_text("utf-8") if tag.is_file() else ""
    headers = {"Range": f"bytes={have}-"} if have else {}
    if have and known.startswith('"'):  # weak validators do not promise the same bytes
        headers["If-Range"] = known
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # it was longer before, so it is another file, or its length was a lie
            error.close()
            _discard(part)
            raise ConnectionError(f"the server has no more than the {have} bytes that came") from None
        raise
    with response:
        said = response.headers.get("ETag") or ""
        ranged = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if ranged and known and said != known:
            _discard(part)
            raise ConnectionError("the file at the source has changed, so it is fetched anew")
        if not ranged:
            have = 0
        total = _total(response, have if ranged else 0)
        if size_bytes is not None and total is not None and total < size_bytes:
            raise ConnectionError(f"the server states {total} bytes, and the file has {size_bytes}")
        if total is not None:
            need = f"{url} with {total / 1e9:.2f} GB is to be fetched into {part.parent}"
            require_room(part.parent, min(total, size_bytes or total) - have, need, "")
        end = size_bytes if size_bytes is not None else total
        tag.write_text(said, "utf-8")
        with part.open("ab" if ranged else "wb") as file:
            bar.update(have)
            # Stops at the first byte beyond the stated size: then it is the wrong file.
            while (end is None or have <= end) and (piece := response.read(_PIECE_BYTES)):
                file.write(piece)
                have += len(piece)
                bar.update(len(piece))
    if end is not None and have < end:
        bar.update(-have)
        raise ConnectionError(f"the connection ended after {have} of {end} bytes")


def _total(response: Any, offset: int) -> int | None:
    """Length of the whole file, as far as the server states it."""
    stated = response.headers.get("Content-Length", "")
    return offset + int(stated) if stated.isdigit() else None


def _retry_after_s(error: urllib.error.HTTPError) -> float:
    """Seconds to wait that the server asks for, as a number or a date; 0 if it asks for none."""
    said = error.headers.get("Retry-After", "") if error.headers else ""
    if said.isdigit():
        return min(float(said), LONGEST_WAIT_S)
    try:
        return min(max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time()), LONGEST_WAIT_S)
    except ValueError:
        return 0.0


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _tag(part: Path) -> Path:
    """Holds the ETag of the file that the part is of."""
    return part.with_name(part.name + ".etag")


def _discard(part: Path) -> int:
    part.unlink(missing_ok=True)
    _tag(part).unlink(missing_ok=True)
    return 0


def _length(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _is_right(path: Path, remote: Remote) -> bool:
    if not path.is_file() or remote.size_bytes not in (None, _length(path)):
        return False
    kind, _, expected = remote.checksum.partition(":")
    return _digest(path, kind) == expected


def _digest(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()


def _title(kind: str) -> str:
    return {"sha256": "SHA-256", "sha1": "SHA-1", "md5": "MD5"}[kind]


def _bar(what: str, total: int | None) -> "tqdm[Any]":
    """Bytes, rate and time left."""
    seconds_between = 0.2 if sys.stderr.isatty() else 30.0
    return tqdm(desc=what, unit="B", unit_scale=True, total=total, mininterval=seconds_between, file=sys.stderr)
