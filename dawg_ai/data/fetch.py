"""Downloads that survive: checked by SHA-256, taken up where they broke off, whole or not there at all."""

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

    What has come is kept beside it as "<name>.part" when the connection breaks or the program ends; the next call
    asks for the rest alone (HTTP Range), and starts over with a server that does not know ranges.

    Raises
    ------
    DawgError
        The server refuses, the connection broke again after every retry, or the content is not what `sha256` says
        (then the part is removed, so that the next call starts afresh).
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
            # 4xx is an answer, not an accident: the same question will get it again.
            if error.code < 500 or delay_s is None:
                raise DawgError(f"{url}: the server answers {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            if delay_s is None:
                came = part.stat().st_size if part.exists() else 0
                raise DawgError(
                    f"{url}: {_reason(error)}, after {len(RETRY_DELAYS_S)} retries; {came} of {size_bytes} bytes "
                    f"are kept, run the same command again to go on"
                ) from error
        time.sleep(delay_s)
    got = _sha256(part)
    if got != sha256:
        part.unlink()
        raise DawgError(
            f"{url}: the content is not the expected one: SHA-256 should be {sha256}, is {got}; "
            "it has been removed, run the same command again, and if that does not help the source has changed"
        )
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def _continue(url: str, part: Path, size_bytes: int) -> None:
    """Bring `part` to `size_bytes`; raise `OSError` if the connection ends before."""
    have = part.stat().st_size if part.exists() else 0
    if have > size_bytes:
        part.unlink()
        have = 0
    if have == size_bytes > 0:
        return
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
        goes_on = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if not goes_on:
            have = 0
        with (
            part.open("ab" if goes_on else "wb") as file,
            tqdm(total=size_bytes, initial=have, unit="B", unit_scale=True, desc=part.stem, file=sys.stderr) as bar,
        ):
            # One byte more than promised is enough to know that it is the wrong file.
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
