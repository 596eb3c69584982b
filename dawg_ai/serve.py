"""The studio as a web site: which file is at which address, and a small server for this machine.

Everything is a static file, so `write` makes a folder that any web server can hold, at any path, as it is:

    index.html, assets/...       the built page (dawg_ai/studio)
    engine/manifest.json, *.wasm the compiled kernels (dawg_ai/wasm/built)
    bundles/index.json           which trained plugins there are
    bundles/<plugin>/...         their files
"""

import json
import re
import shutil
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from dawg_ai.errors import DawgError
from dawg_ai.export import bundle

PACKAGE = Path(__file__).parent
PAGE = PACKAGE / "studio"
ENGINE = PACKAGE / "wasm" / "built"

# Written out, since a machine's own table of types may lack or twist them, and browsers refuse a script by its type.
TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".flac": "audio/flac",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
}


def site() -> dict[str, Path | bytes]:
    """Every address of the site, relative to its root, and what is there.

    Raises:
        DawgError: the page was not built.
    """
    if not (PAGE / "index.html").is_file():
        raise DawgError(
            f"the studio's page is not at {PAGE}; build it with: cd studio && npm ci && npm run build (Node.js 20 or "
            "newer), or install the package anew"
        )
    bundles = bundle.folders()
    index = json.dumps({"format": 1, "bundles": sorted(bundles)}).encode()
    files: dict[str, Path | bytes] = {**_under("", PAGE), **_under("engine/", ENGINE), "bundles/index.json": index}
    for name, folder in bundles.items():
        files |= _under(f"bundles/{name}/", folder)
    return files


def _under(address: str, folder: Path) -> dict[str, Path]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    found = {path.relative_to(folder).as_posix(): path for path in files}
    return {address + name: path for name, path in found.items() if not name.startswith(".")}


def headers(address: str) -> dict[str, str]:
    """What a file is sent with: its type, how long it may be kept, and what the page may do."""
    return {
        "Content-Type": TYPES.get(Path(address).suffix, "application/octet-stream"),
        # Names of assets change with their content; all else is asked for again.
        "Cache-Control": "public, max-age=31536000, immutable" if address.startswith("assets/") else "no-cache",
        "Content-Security-Policy": _policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


@cache
def _policy() -> str:
    """The page's own content security policy; a header can also forbid that others frame it."""
    found = re.search(r'http-equiv="Content-Security-Policy"\s+content="([^"]+)"', (PAGE / "index.html").read_text())
    assert found, "studio/index.html has no content security policy"
    return f"{found[1]}; frame-ancestors 'none'"


def write(folder: Path) -> int:
    """Copy the site to `folder`, for any static host; return the number of files.

    Raises:
        DawgError: the page was not built, or the folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DawgError(f"{folder} is not an empty folder; name a new one, so that no old file is left among the new")
    files = site()
    for address, content in files.items():
        target = folder / address
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            target.write_bytes(content)
        else:
            shutil.copyfile(content, target)
    return len(files)


class _Handler(BaseHTTPRequestHandler):
    """Answers from the table of `site`, so that no address can lead out of it."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        address = path.removeprefix(self.server.prefix) or "index.html"
        # The table is made anew, so that a bundle exported meanwhile is there on the next load of the page.
        content = site().get(address) if path.startswith(self.server.prefix) else None
        if content is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        data = content if isinstance(content, bytes) else content.read_bytes()
        self.send_response(HTTPStatus.OK)
        for name, value in headers(address).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: a line for each file helps nobody."""


class Server(ThreadingHTTPServer):
    """The site on this machine alone, at a port (0: any free one) and below a path that starts and ends with "/"."""

    daemon_threads = True

    def __init__(self, port: int = 0, prefix: str = "/") -> None:
        self.prefix = prefix
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.server_address[1]}{self.prefix}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up in the middle of a file is no error."""
