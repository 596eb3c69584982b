"""A download ends with the right file or with none, whatever the server does."""

import contextlib
import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dawg_ai.data import fetch
from dawg_ai.errors import DawgError

CONTENT = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Site:
    """What the server does, and what it was asked."""

    url: str = ""
    knows_ranges: bool = True
    silent_s: float = 0.0  # before anything is answered
    hang_up_after: list[int] = field(default_factory=list)  # bytes, one per request
    statuses: list[int] = field(default_factory=list)  # an error for each of the first requests
    ranges: list[str | None] = field(default_factory=list)
    off_by: int = 0  # bytes by which an answer to a range begins too late
    says: str = "bytes {start}-{end}/{size}"  # the Content-Range of such an answer; "" leaves it out


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range")
            made.ranges.append(asked)
            threading.Event().wait(made.silent_s)
            if made.statuses:
                self.send_error(made.statuses.pop(0))
                return
            ranged = asked is not None and made.knows_ranges
            start = int(asked.removeprefix("bytes=").rstrip("-")) + made.off_by if asked and ranged else 0
            self.send_response(206 if ranged else 200)
            if ranged and made.says:
                says = made.says.format(start=start, end=len(CONTENT) - 1, size=len(CONTENT))
                self.send_header("Content-Range", says)
            self.send_header("Content-Length", str(len(CONTENT) - start))
            self.end_headers()
            stop = start + made.hang_up_after.pop(0) if made.hang_up_after else len(CONTENT)
            with contextlib.suppress(BrokenPipeError):  # nobody has waited for it
                self.wfile.write(CONTENT[start:stop])

        def log_message(self, *_):
            pass

    monkeypatch.setattr(fetch, "RETRY_DELAYS_S", (0.0, 0.0))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}/songs.zip"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def download(site: Site, path: Path, sha256: str = SHA256):
    fetch.download(site.url, path, sha256=sha256, size_bytes=len(CONTENT))


def test_a_file_comes_once(site: Site, tmp_path: Path):
    path = tmp_path / "deep" / "songs.zip"
    download(site, path)
    assert path.read_bytes() == CONTENT
    download(site, path)
    assert site.ranges == [None]
    assert [file.name for file in path.parent.iterdir()] == ["songs.zip"]


def test_a_wrong_file_in_its_place_is_replaced(site: Site, tmp_path: Path):
    (tmp_path / "songs.zip").write_bytes(CONTENT[::-1])
    download(site, tmp_path / "songs.zip")
    assert (tmp_path / "songs.zip").read_bytes() == CONTENT


def test_a_broken_transfer_goes_on_where_it_stopped(site: Site, tmp_path: Path):
    site.hang_up_after = [1000, 500_000]
    download(site, tmp_path / "songs.zip")
    assert (tmp_path / "songs.zip").read_bytes() == CONTENT
    assert site.ranges == [None, "bytes=1000-", "bytes=501000-"]


def test_the_next_run_goes_on_where_the_last_one_ended(site: Site, tmp_path: Path):
    site.hang_up_after = [1000, 1000, 1000]
    with pytest.raises(DawgError, match="3000 of 1048576 bytes are kept; run the same command again"):
        download(site, tmp_path / "songs.zip")
    assert not (tmp_path / "songs.zip").exists()
    download(site, tmp_path / "songs.zip")
    assert site.ranges[-1] == "bytes=3000-"
    assert (tmp_path / "songs.zip").read_bytes() == CONTENT


def test_a_server_without_ranges_is_asked_for_everything_again(site: Site, tmp_path: Path):
    site.knows_ranges = False
    site.hang_up_after = [1000]
    download(site, tmp_path / "songs.zip")
    assert (tmp_path / "songs.zip").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("off_by", "says"),
    [(-1000, ""), (-1000, "bytes {start}-{end}/{size}"), (-1000, "bytes */{size}")],
    ids=["without a range", "from the start", "of no range"],
)
def test_everything_in_answer_to_a_range_is_not_appended(site: Site, tmp_path: Path, off_by: int, says: str):
    """A cache between may answer 206 and send the file from its start."""
    site.hang_up_after, site.off_by, site.says = [1000], off_by, says
    download(site, tmp_path / "songs.zip")
    assert (tmp_path / "songs.zip").read_bytes() == CONTENT


@pytest.mark.parametrize("off_by", [1, 7, -1, -999])
@pytest.mark.parametrize("says", ["bytes {start}-{end}/{size}", ""], ids=["says so", "says nothing"])
def test_another_range_than_was_asked_for_never_ends_as_a_file(site: Site, tmp_path: Path, off_by: int, says: str):
    site.hang_up_after, site.off_by, site.says = [1000], off_by, says
    with pytest.raises(DawgError):
        download(site, tmp_path / "songs.zip")
    assert not (tmp_path / "songs.zip").exists()
    site.off_by, site.says = 0, Site.says
    with contextlib.suppress(DawgError):  # what was kept may be found wrong only now
        download(site, tmp_path / "songs.zip")
    download(site, tmp_path / "songs.zip")
    assert (tmp_path / "songs.zip").read_bytes() == CONTENT


def test_the_content_is_on_the_disk_before_the_file_is_in_place(site: Site, tmp_path: Path, monkeypatch):
    """Or a power cut could leave a file of the right name and size that is empty."""
    path, flushed = tmp_path / "songs.zip", []
    monkeypatch.setattr(fetch.os, "fsync", lambda number: flushed.append((path.exists(), os.fstat(number).st_size)))
    download(site, path)
    assert flushed == [(False, len(CONTENT))] and path.exists()


def test_all_but_the_last_byte_is_not_all(site: Site, tmp_path: Path):
    site.knows_ranges = False
    site.hang_up_after = [1000, len(CONTENT) - 1]
    download(site, tmp_path / "songs.zip")
    assert len(site.ranges) == 3 and (tmp_path / "songs.zip").read_bytes() == CONTENT


def test_a_server_that_says_nothing_is_not_waited_for(site: Site, tmp_path: Path, monkeypatch):
    site.silent_s = 0.5
    monkeypatch.setattr(fetch, "TIMEOUT_S", 0.05)
    with pytest.raises(DawgError, match="timed out, after 2 retries; 0 of 1048576 bytes are kept"):
        download(site, tmp_path / "songs.zip")


def test_nothing_is_waited_for_once_it_is_there(site: Site, tmp_path: Path, monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr(fetch, "RETRY_DELAYS_S", (1.0, 4.0))
    monkeypatch.setattr(fetch.time, "sleep", waited.append)
    download(site, tmp_path / "songs.zip")
    assert waited == []
    site.statuses = [503, 503]
    download(site, tmp_path / "more.zip")
    assert waited == [1.0, 4.0]


def test_a_part_that_is_complete_is_not_asked_for_again(site: Site, tmp_path: Path):
    (tmp_path / "songs.zip.part").write_bytes(CONTENT)
    download(site, tmp_path / "songs.zip")
    assert site.ranges == [] and (tmp_path / "songs.zip").read_bytes() == CONTENT


def test_more_than_the_stated_size_is_not_read_to_its_end(site: Site, tmp_path: Path):
    """A wrong address may answer with anything of any length."""
    with pytest.raises(DawgError, match="wrong content"):
        fetch.download(site.url, tmp_path / "songs.zip", sha256=SHA256, size_bytes=1000)
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_is_too_long_is_thrown_away(site: Site, tmp_path: Path):
    (tmp_path / "songs.zip.part").write_bytes(CONTENT + b"more")
    download(site, tmp_path / "songs.zip")
    assert (tmp_path / "songs.zip").read_bytes() == CONTENT


def test_other_content_is_refused_and_removed(site: Site, tmp_path: Path):
    with pytest.raises(DawgError, match=f"its SHA-256 is {SHA256}, expected {'0' * 64}"):
        download(site, tmp_path / "songs.zip", sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_is_final_but_a_stumbling_server_is_asked_again(site: Site, tmp_path: Path):
    site.statuses = [503]
    download(site, tmp_path / "songs.zip")
    site.statuses = [404, 404]
    with pytest.raises(DawgError, match="the server answered 404"):
        download(site, tmp_path / "other.zip")
    assert site.statuses == [404]


def test_a_server_that_is_not_there_is_named(site: Site, tmp_path: Path):
    with pytest.raises(DawgError, match="refused, after 2 retries"):
        fetch.download("http://127.0.0.1:9/songs.zip", tmp_path / "songs.zip", sha256=SHA256, size_bytes=1)
