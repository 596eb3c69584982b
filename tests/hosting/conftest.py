"""The studio's site as written for web hosts, and hosts that serve it."""

import contextlib
import functools
import http.client
import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dawg_ai import hosting

STUDIO = Path(__file__).parents[2] / "studio"
SUB_PATH = "music/studio"  # the site is not at the root of its host


@pytest.fixture(scope="session")
def written(tmp_path_factory) -> Path:
    """The site, with the shipped bundles, below a folder that a host has as its root."""
    done = subprocess.run([sys.executable, STUDIO / "build.py"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(done.stderr.strip())
    root = tmp_path_factory.mktemp("www")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAWG_HOME", str(root / "no home"))
        hosting.write(root / SUB_PATH)
    return root


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_served(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            connection.request("GET", "/")
            connection.getresponse().read()
            connection.close()
            return
        time.sleep(0.1)
    raise AssertionError("the host does not answer")


NGINX = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
MIME = "types { text/html html; text/css css; image/svg+xml svg; application/json json; text/plain txt; }"


def nginx(folder: Path, site: Path, adapted: Callable[[str], str]) -> list[str]:
    (folder / "mime.types").write_text(MIME)
    (folder / "site.conf").write_text(adapted((site / "hosting" / "nginx.conf").read_text()))
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user="user root;" if os.getuid() == 0 else ""))
    return ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]


def caddy(folder: Path, site: Path, adapted: Callable[[str], str]) -> list[str]:
    (folder / "Caddyfile").write_text("{\n    admin off\n}\n" + adapted((site / "hosting" / "Caddyfile").read_text()))
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@pytest.fixture(scope="session", params=[nginx, caddy], ids=lambda host: host.__name__)
def host(request, written, tmp_path_factory) -> Iterator[str]:
    """The address of the site at a host that is told what the written snippet says."""
    made, name = request.param, request.param.__name__
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    folder, port = tmp_path_factory.mktemp(name), free_port()

    def adapted(text: str) -> str:
        assert "8080" in text and "/var/www/dawg" in text
        return text.replace("8080", str(port)).replace("/var/www/dawg", str(written))

    command = made(folder, written / SUB_PATH, adapted)
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, cwd=folder, env=environment(folder))
    try:
        wait_until_served(port)
        yield f"http://127.0.0.1:{port}/{SUB_PATH}/"
    finally:
        process.terminate()
        process.wait()


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}


class _Plain(http.server.SimpleHTTPRequestHandler):
    """A host that is told nothing."""

    def log_message(self, *_):
        pass


class Host:
    """A server of a folder that can be switched off."""

    def __init__(self, folder: Path) -> None:
        handler = functools.partial(_Plain, directory=folder)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/{SUB_PATH}/"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.running = True

    def stop(self) -> None:
        if self.running:
            self.server.shutdown()
            self.server.server_close()
        self.running = False


@pytest.fixture
def served() -> Iterator[Callable[[Path], Host]]:
    """Call it with a root folder; a plain host of it."""
    hosts: list[Host] = []

    def serve(folder: Path) -> Host:
        hosts.append(Host(folder))
        return hosts[-1]

    yield serve
    for each in hosts:
        each.stop()
