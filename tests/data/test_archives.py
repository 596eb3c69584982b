"""Archives that attack are refused by name of what is wrong; others are read once, and gone on with."""

import io
import stat
import struct
import tarfile
import zipfile

import numpy as np
import pytest

from dawg_ai import files
from dawg_ai.data import archive
from dawg_ai.errors import DawgError, UsageError

SONG = np.random.default_rng(0).integers(0, 256, 20_000, dtype=np.uint8).tobytes()


def zipped(path, *entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for entry, content in entries:
            made.writestr(entry, content)
    return path


def tarred(path, *entries, mode="w"):
    with tarfile.open(path, mode) as made:
        for entry, content in entries:
            if not isinstance(entry, tarfile.TarInfo):
                entry = tarfile.TarInfo(entry)
                entry.size = len(content)
            made.addfile(entry, io.BytesIO(content))
    return path


def take(source, root):
    return archive.extract(source, root, lambda name: name)


def nothing_outside(tmp_path):
    return not [path for path in tmp_path.rglob("*") if "evil" in path.name]


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "C:evil", "..\\evil", "a/b/../../../evil"])
@pytest.mark.parametrize("make", [zipped, tarred])
def test_names_that_lead_outside_are_refused(tmp_path, make, name):
    source = make(tmp_path / "x.archive", (name, b"!"), ("good", SONG))
    with pytest.raises(DawgError, match="leads out of its folder; the archive is refused"):
        take(source, tmp_path / "root")
    assert nothing_outside(tmp_path)


def test_links_are_refused(tmp_path):
    entry = zipfile.ZipInfo("a")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(DawgError, match=r"x\.zip: a is a link, and links are not followed"):
        take(zipped(tmp_path / "x.zip", (entry, "/etc/passwd")), tmp_path / "root")
    for kind, what in (
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a link"),
        (tarfile.FIFOTYPE, "not a file"),
        (tarfile.CHRTYPE, "not a file"),
    ):
        link = tarfile.TarInfo("a")
        link.type, link.linkname = kind, "/etc/passwd"
        with pytest.raises(DawgError, match=rf"a is {what}"):
            take(tarred(tmp_path / "x.tar", (link, b"")), tmp_path / "root")


def test_bombs_are_refused_before_they_are_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "ALLOWANCE_BYTES", 1 << 20)
    zeros = bytes(1 << 20)
    source = zipped(tmp_path / "x.zip", *((f"{n}", zeros) for n in range(8)))
    with pytest.raises(DawgError, match="as no music does; the archive is refused"):
        take(source, tmp_path / "root")
    source = tarred(tmp_path / "x.tar.gz", *((f"{n}", zeros) for n in range(8)), mode="w:gz")
    with pytest.raises(DawgError, match="as no music does; the archive is refused"):
        take(source, tmp_path / "root")


def test_a_member_that_is_longer_than_stated_is_damage(tmp_path):
    content = bytearray(zipped(tmp_path / "x.zip", ("a", SONG)).read_bytes())
    at = content.rindex(b"PK\1\2")
    content[at + 24 : at + 28] = struct.pack("<I", 100)
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(DawgError, match="is damaged"):
        take(tmp_path / "x.zip", tmp_path / "root")
    assert not [path for path in (tmp_path / "root").rglob("*") if path.is_file()]


def test_a_million_files_are_refused_before_they_are_listed(tmp_path, monkeypatch):
    source = tmp_path / "x.zip"
    zipped(source, ("a", b""))
    content = bytearray(source.read_bytes())
    at = content.rindex(b"PK\5\6")
    # As zip64 has it: the counts of the old record are full, and the true ones before it.
    content[at + 8 : at + 12] = b"\xff" * 4
    far = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 10**6, 10**6, 46, 0)
    source.write_bytes(content[:at] + far + struct.pack("<IIQI", 0x07064B50, 0, at, 1) + content[at:])
    with pytest.raises(
        DawgError, match="has 1000000 files or more, and no dataset has 500000; the archive is refused"
    ):
        take(source, tmp_path / "root")
    monkeypatch.setattr(archive, "MAX_FILES", 100)
    with pytest.raises(DawgError, match="has 101 files or more"):
        take(tarred(tmp_path / "x.tar", *((f"{n}", b"") for n in range(200))), tmp_path / "root")


def test_without_room_nothing_is_begun(tmp_path, monkeypatch):
    class Usage:
        free = 100

    monkeypatch.setattr(files.shutil, "disk_usage", lambda path: Usage)
    with pytest.raises(DawgError, match=r"0\.00 GB are free; make room, take fewer with --limit"):
        take(zipped(tmp_path / "x.zip", ("a", SONG)), tmp_path / "root")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tars_are_read_as_a_stream_and_gone_on_with(tmp_path, mode):
    source = tarred(tmp_path / "x.tar", *((f"d/{n}", SONG[n:]) for n in range(5)), mode=mode)
    assert take(source, tmp_path / "root") == 5
    (tmp_path / "root" / "d" / "3").write_bytes(b"cut off")
    before = (tmp_path / "root" / "d" / "1").stat().st_mtime_ns
    assert take(source, tmp_path / "root") == 5
    assert all((tmp_path / "root" / "d" / str(n)).read_bytes() == SONG[n:] for n in range(5))
    assert (tmp_path / "root" / "d" / "1").stat().st_mtime_ns == before, "what is whole is not written again"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_method_of_zip_and_zip64_is_read(tmp_path, method):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", method) as made, made.open("a/b", "w", force_zip64=True) as file:
        file.write(SONG)
    assert take(tmp_path / "x.zip", tmp_path / "root") == 1
    assert (tmp_path / "root" / "a" / "b").read_bytes() == SONG


@pytest.mark.parametrize("make", [zipped, tarred])
def test_five_hundred_damages_end_with_files_or_a_sentence(tmp_path, make):
    whole = make(tmp_path / "whole", ("a/one", SONG[:500]), ("a/two", b"text" * 50)).read_bytes()
    rng, refused = np.random.default_rng(2), 0
    for _ in range(500):
        content = bytearray(whole[: rng.integers(len(whole) // 2, len(whole) + 1)])
        for at in rng.integers(0, len(content), rng.integers(0, 6)):
            content[at] = rng.integers(256)
        (tmp_path / "x").write_bytes(content)
        try:
            take(tmp_path / "x", tmp_path / "root")
        except (DawgError, UsageError):
            refused += 1
    assert refused > 50 and nothing_outside(tmp_path)
