"""The npm package as someone has it who installed the tarball in a fresh folder."""

import functools
import http.server
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'"


@pytest.fixture(scope="session")
def tarball(tmp_path_factory) -> Path:
    """The package as it would be published."""
    if not shutil.which("npm"):
        pytest.skip("no npm to pack with")
    folder = tmp_path_factory.mktemp("dist")
    code = "import sys, pathlib, runpy; print(runpy.run_path(sys.argv[1])['pack'](pathlib.Path(sys.argv[2])))"
    command = [sys.executable, "-c", code, str(ROOT / "studio" / "web" / "pack.py"), str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(done.stderr.strip())
    return Path(done.stdout.strip())


@pytest.fixture(scope="session")
def project(tarball, tmp_path_factory) -> Path:
    """A folder with nothing but the package, installed."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    command = ["npm", "install", "--offline", "--no-audit", "--no-fund", str(tarball)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def package(project) -> Path:
    """The installed package."""
    return project / "node_modules" / "@dawg-ai" / "web"


class _Plain(http.server.SimpleHTTPRequestHandler):
    """A host without the headers that shared memory needs."""

    def log_message(self, *_):
        pass


class _Strict(_Plain):
    """And with a strict policy."""

    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()


@pytest.fixture(scope="session")
def hosted() -> Iterator:
    """Call it with a folder to have it served; the address."""
    servers = []

    def host(folder: Path, strict: bool = True) -> str:
        handler = functools.partial(_Strict if strict else _Plain, directory=folder)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield host
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def page(browser, hosted, project) -> Iterator:
    """A page of the project's folder, with the package as `dawg`; what it complains about fails the test."""
    (project / "page.html").write_text(
        '<!doctype html><title>page</title><script type="module" src="page.js"></script>'
    )
    (project / "favicon.ico").touch()
    (project / "page.js").write_text(
        'import * as dawg from "./node_modules/@dawg-ai/web/dawg.js";\nwindow.dawg = dawg;\n'
    )
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.goto(hosted(project) + "page.html")
    page.wait_for_function("window.dawg")
    yield page
    context.close()
    assert not complaints


@pytest.fixture(scope="session")
def manifest(package) -> dict:
    """Entries of the package's engine by name."""
    return {path.stem: json.loads(path.read_text()) for path in (package / "engine").glob("*.json")}
