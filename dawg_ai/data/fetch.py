"""Downloads that are verified by SHA-256, resumed after an interruption, and put in place atomically."""

import hashlib
import http.client
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tqdm import tqdm

from dawg_ai.errors import DawgError

TIMEOUT_S = 30.0
RETRY_DELAYS_S = (1.0, 4.0, 15.0)
_PIECE_BYTES = 1 << 18


def download(url: str, path: Path, *, sha256: str, size_bytes: int) -> None:
    """Fetch `url` to `path`; do nothing if the right file is there already.

    A partial download stays beside it as "<name>.part". The next call requests the rest (HTTP Range); where the
    server does not support ranges, it starts over.

    Args:
        url: what to fetch.
        path: where the file goes.
        sha256: digest of the content, in hexadecimal.
        size_bytes: size of the content.

    Raises:
        DawgError: the server refuses, the connection fails after all retries, or the content does not match `sha256`
            (then the partial download is removed).
    """
    if path.is_file() and path.stat().st_size == size_bytes and _sha256(path) == sha256:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    for delay_s in (*RETRY_DELAYS_S, None):
        try:
            _continue(url, part, size_bytes)
            break
        except urllib.error.HTTPError as error:
            # 4xx is final: repeating the request would not help.
            if error.code < 500 or delay_s is None:
                raise DawgError(f"{url}: the server answered {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            if delay_s is None:
                came = part.stat().st_size if part.exists() else 0
                raise DawgError(
                    f"{url}: {_reason(error)}, after {len(RETRY_DELAYS_S)} retries; {came} of {size_bytes} bytes "
                    f"are kept; run the same command again to resume"
                ) from error
        time.sleep(delay_s)
    got = _sha256(part)
    if got != sha256:
        part.unlink()
        raise DawgError(
            f"{url}: wrong content: its SHA-256 is {got}, expected {sha256}; it is removed: run the same command "
            "again, and if the message comes back, the file at the source has changed"
        )
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def _continue(url: str, part: Path, size_bytes: int) -> None:
    """Resume the download of `part` up to `size_bytes`.

    Raises:
        OSError: the connection ends before.
    """
    have = part.stat().st_size if part.exists() else 0
    if have > size_bytes:
        part.unlink()
        have = 0
    if have == size_bytes > 0:
        return
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
        resumed = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if not resumed:
            have = 0
        with (
            part.open("ab" if resumed else "wb") as file,
            tqdm(total=size_bytes, initial=have, unit="B", unit_scale=True, desc=part.stem, file=sys.stderr) as bar,
        ):
            # Stops at the first byte beyond the stated size: then it is the wrong file.
            while have <= size_bytes and (piece := response.read(_PIECE_BYTES)):
                file.write(piece)
                have += len(piece)
                bar.update(len(piece))
    if have < size_bytes:
        raise ConnectionError(f"the connection ended after {have} of {size_bytes} bytes")


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", None) or error or type(error).__name__)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
