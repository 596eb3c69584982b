"""Servers that lie, drop, change, refuse and stall: in the end the right file or a sentence, never a wrong file."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from dawg_ai import files
from dawg_ai.data import fetch
from dawg_ai.data.fetch import Remote
from dawg_ai.errors import DawgError

CONTENT = np.random.default_rng(0).integers(0, 256, 300_000, dtype=np.uint8).tobytes()
SHA1 = hashlib.sha1(CONTENT).hexdigest()


@dataclass
class Server:
    """Serves `content` by name; each list holds what the next answers do."""

    url: str = ""
    content: dict[str, bytes] = field(default_factory=dict)
    drop_after: list[int] = field(default_factory=list)
    statuses: list[tuple[int, str]] = field(default_factory=list)  # with a Retry-After
    stated_length: int | None = None
    knows_ranges: bool = True
    pause_s: float = 0.0  # between pieces
    asked: list[tuple[str, str | None, str | None]] = field(default_factory=list)  # name, Range, If-Range
    open_now: int = 0
    most_open: int = 0

    def remote(self, *names, size=True, checksum=None):
        content = self.content[names[0]]
        digest = checksum or f"sha1:{hashlib.sha1(content).hexdigest()}"
        return Remote(tuple(self.url + name for name in names), digest, len(content) if size else None)


@pytest.fixture
def server(monkeypatch):
    made = Server(content={"a.zip": CONTENT})
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name, wanted = self.path[1:], self.headers.get("Range")
            made.asked.append((name, wanted, self.headers.get("If-Range")))
            if made.statuses:
                code, after = made.statuses.pop(0)
                self.send_response(code)
                self.send_header("Retry-After", after)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if name not in made.content:
                return self.send_error(404)
            content = made.content[name]
            tag = f'"{hashlib.md5(content).hexdigest()}"'
            ranged = wanted and made.knows_ranges and self.headers.get("If-Range", tag) == tag
            start = int(wanted[6:-1]) if ranged else 0
            if ranged and start >= len(content):
                return self.send_error(416)
            self.send_response(206 if ranged else 200)
            if ranged:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(made.stated_length or len(content) - start))
            self.end_headers()
            end = start + made.drop_after.pop(0) if made.drop_after else len(content)
            with lock:
                made.open_now += 1
                made.most_open = max(made.most_open, made.open_now)
            try:
                for at in range(start, min(end, len(content)), 10_000):
                    time.sleep(made.pause_s)
                    self.wfile.write(content[at : min(at + 10_000, end)])
            except OSError:
                pass
            with lock:
                made.open_now -= 1

        def log_message(self, *_):
            pass

    monkeypatch.setattr(fetch, "RETRY_DELAYS_S", (0.0, 0.0, 0.0))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        made.url = f"http://127.0.0.1:{running.server_port}/"
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        running.shutdown()
        thread.join()


def is_there(folder, content=CONTENT, name="a.zip"):
    return [path.name for path in folder.iterdir()] == [name] and (folder / name).read_bytes() == content


@pytest.mark.parametrize("checksum", [hashlib.sha1, hashlib.sha256, hashlib.md5])
def test_each_kind_of_checksum_is_checked(server, tmp_path, checksum):
    kind = checksum().name
    fetch.fetch([server.remote("a.zip", checksum=f"{kind}:{checksum(CONTENT).hexdigest()}")], tmp_path)
    assert is_there(tmp_path)
    with pytest.raises(DawgError, match=r"wrong content: its (SHA-1|SHA-256|MD5) is"):
        fetch.fetch([server.remote("a.zip", checksum=f"{kind}:{checksum(b'').hexdigest()}")], tmp_path / "other")
    assert list((tmp_path / "other").iterdir()) == []


def test_a_server_that_drops_again_and_again_is_asked_for_the_rest(server, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "PROGRESS_BYTES", 20_000)
    server.drop_after = [30_000] * 9
    fetch.fetch([server.remote("a.zip", size=False)], tmp_path)
    assert is_there(tmp_path) and [asked for _, asked, _ in server.asked][:3] == [
        None,
        "bytes=30000-",
        "bytes=60000-",
    ]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("stated", [1, len(CONTENT) - 1, len(CONTENT) + 1, 10 * len(CONTENT)])
def test_a_stated_length_that_is_wrong_never_ends_as_a_file(server, tmp_path, known, stated, monkeypatch):
    monkeypatch.setattr(fetch, "TIMEOUT_S", 1.0)
    server.stated_length = stated
    if known and stated > len(CONTENT):  # the length that is published counts, and the content is right
        fetch.fetch([server.remote("a.zip")], tmp_path)
        assert is_there(tmp_path)
        return
    with pytest.raises(DawgError, match=r"states \d+ bytes|the connection ended|has no more|wrong content"):
        fetch.fetch([server.remote("a.zip", size=known)], tmp_path)
    assert not (tmp_path / "a.zip").exists()
    server.stated_length = None
    fetch.fetch([server.remote("a.zip", size=known)], tmp_path)
    assert is_there(tmp_path)


def test_a_file_that_changes_between_two_tries_is_fetched_anew(server, tmp_path):
    server.drop_after = [50_000] * 4
    with pytest.raises(DawgError, match="run the same command again to resume"):
        fetch.fetch([server.remote("a.zip")], tmp_path)
    new = CONTENT[::-1]
    server.content["a.zip"] = new
    server.asked.clear()
    fetch.fetch([server.remote("a.zip")], tmp_path)
    assert is_there(tmp_path, new), "not the beginning of the old one and the end of the new one"
    assert server.asked[0][2], "the server is told which file the part is of"
    assert len(server.asked) == 1, "and answers with the whole new one"


def test_a_file_that_became_shorter_is_fetched_anew(server, tmp_path):
    server.drop_after = [200_000] + [0] * 4
    with pytest.raises(DawgError):
        fetch.fetch([server.remote("a.zip", size=False)], tmp_path)
    server.content["a.zip"] = CONTENT[:1000]
    fetch.fetch([server.remote("a.zip", size=False)], tmp_path)
    assert is_there(tmp_path, CONTENT[:1000])


def test_a_server_without_ranges_starts_over(server, tmp_path):
    server.knows_ranges = False
    server.drop_after = [50_000, 299_999]
    fetch.fetch([server.remote("a.zip")], tmp_path)
    assert is_there(tmp_path) and len(server.asked) == 3


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize(
    ("after", "least"), [("7", 7.0), ("", 0.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("99999", 300.0), ("?", 0.0)]
)
def test_a_busy_server_is_given_the_time_it_asks_for(server, tmp_path, monkeypatch, code, after, least):
    waited = []
    monkeypatch.setattr(fetch.time, "sleep", lambda s: waited.append(s) if s != server.pause_s else None)
    server.pause_s = -1.0
    server.statuses = [(code, after), (code, after)]
    fetch.fetch([server.remote("a.zip")], tmp_path)
    assert is_there(tmp_path) and waited == [least, least]


def test_a_mirror_helps_where_the_first_does_not(server, tmp_path):
    server.content["mirror/a.zip"] = CONTENT
    with pytest.raises(DawgError, match="the server answered 404"):
        fetch.fetch([Remote((server.url + "gone.zip", server.url + "gone2.zip"), f"sha1:{SHA1}")], tmp_path)
    fetch.fetch([Remote((server.url + "gone/a.zip", server.url + "mirror/a.zip"), f"sha1:{SHA1}")], tmp_path)
    assert (tmp_path / "a.zip").read_bytes() == CONTENT


def test_several_are_fetched_at_once_and_one_failure_leaves_the_others(server, tmp_path):
    for n in range(6):
        server.content[f"{n}.tar"] = CONTENT[n:]
    server.pause_s = 0.005
    remotes = [server.remote(f"{n}.tar") for n in range(6)]
    fetch.fetch(remotes, tmp_path, at_once=3)
    assert 2 <= server.most_open <= 3
    assert all((tmp_path / f"{n}.tar").read_bytes() == CONTENT[n:] for n in range(6))
    server.asked.clear()
    missing = Remote((server.url + "gone.tar",), "sha1:00")
    server.content["7.tar"] = b"seven"
    with pytest.raises(DawgError, match="404"):
        fetch.fetch([*remotes, server.remote("7.tar"), missing], tmp_path)
    assert (tmp_path / "7.tar").read_bytes() == b"seven" and {name for name, _, _ in server.asked} == {
        "7.tar",
        "gone.tar",
    }


def test_a_full_disk_is_found_before(server, tmp_path, monkeypatch):
    class Usage:
        free = 1000

    monkeypatch.setattr(files.shutil, "disk_usage", lambda path: Usage)
    with pytest.raises(DawgError, match=r"0\.00 GB are to be fetched .* make room"):
        fetch.fetch([server.remote("a.zip")], tmp_path)
    assert server.asked == []
    with pytest.raises(DawgError, match="make room"):
        fetch.fetch([server.remote("a.zip", size=False)], tmp_path)
    assert not (tmp_path / "a.zip.part").exists()


SCRIPT = """
import sys
from pathlib import Path
from dawg_ai.data import fetch
fetch._PIECE_BYTES = 997
fetch.fetch([fetch.Remote((sys.argv[1],), sys.argv[2], int(sys.argv[3]))], Path(sys.argv[4]))
"""


def test_killed_at_any_byte_it_goes_on(server, tmp_path):
    """SIGKILL at moments of chance; each run begins where the last one ended, and the end is right."""
    server.pause_s = 0.004
    remote, rng, kills = server.remote("a.zip"), np.random.default_rng(5), 0
    command = [sys.executable, "-c", SCRIPT, remote.urls[0], remote.checksum, str(remote.size_bytes), str(tmp_path)]
    for _ in range(40):
        process = subprocess.Popen(
            command, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(Path(fetch.__file__).parents[2])}
        )
        try:
            until = time.monotonic() + rng.uniform(0.0, 0.06)
            while not (tmp_path / "a.zip.part").exists() and process.poll() is None:
                time.sleep(0.005)
            time.sleep(max(0.0, until - time.monotonic()) + rng.uniform(0, 0.03))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
        finally:
            process.wait()
        if (tmp_path / "a.zip").exists():
            break
        assert (tmp_path / "a.zip.part").stat().st_size <= len(CONTENT)
        assert CONTENT.startswith((tmp_path / "a.zip.part").read_bytes())
    fetch.fetch([remote], tmp_path)
    assert is_there(tmp_path) and kills >= 2
