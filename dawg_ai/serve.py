"""The studio's site, and a small server of it for this machine. `dawg_ai.hosting` writes it for web hosts.

index.html, assets/...       the built page (dawg_ai/studio)
engine/manifest.json, *.wasm the compiled kernels (dawg_ai/wasm/built)
bundles/index.json           list of the trained plugins
bundles/<plugin>/...         their files
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from dawg_ai import bundle
from dawg_ai.errors import DawgError

PACKAGE = Path(__file__).parent
PAGE = PACKAGE / "studio"
ENGINE = PACKAGE / "wasm" / "built"

# Not `mimetypes`: a machine's own table may be incomplete or wrong, and browsers refuse scripts of another type.
TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".flac": "audio/flac",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
}


def site() -> dict[str, Path | bytes]:
    """The files of the site.

    Returns:
        Address relative to the root -> file or content.

    Raises:
        DawgError: the page is not built.
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
    """HTTP response headers of a file: type, caching, content security policy."""
    return {
        "Content-Type": TYPES.get(Path(address).suffix, "application/octet-stream"),
        # Asset names contain a hash of their content; all other files are revalidated.
        "Cache-Control": "public, max-age=31536000, immutable" if address.startswith("assets/") else "no-cache",
        "Content-Security-Policy": _policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


@cache
def _policy() -> str:
    """The content security policy of the page, and `frame-ancestors`, which only a header can set."""
    found = re.search(r'http-equiv="Content-Security-Policy"\s+content="([^"]+)"', (PAGE / "index.html").read_text())
    assert found, "studio/index.html has no content security policy"
    return f"{found[1]}; frame-ancestors 'none'"


class _Handler(BaseHTTPRequestHandler):
    """Serves the files of `site` only, so that no path can leave it."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        address = path.removeprefix(self.server.prefix) or "index.html"
        # Listed again for each request, so that a newly exported bundle is there on the next load of the page.
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
        """Log nothing."""


class Server(ThreadingHTTPServer):
    """A server of the site, reachable from this machine only.

    Args:
        port: TCP port; 0 takes any free one.
        prefix: path of the site, starting and ending with "/".
    """

    daemon_threads = True

    def __init__(self, port: int = 0, prefix: str = "/") -> None:
        self.prefix = prefix
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Address of the page."""
        return f"http://127.0.0.1:{self.server_address[1]}{self.prefix}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors of one request: browsers often close a connection in the middle of a file."""
