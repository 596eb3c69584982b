"""Atomic writes: a file is complete or not there; and digests of files."""

import ast
import errno
import hashlib
import os
import stat
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawg_ai import audio, files


def test_the_old_content_stays_until_the_new_is_whole(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    with files.atomic_write(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
        assert draft.parent == path.parent and draft.suffix == path.suffix
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_goes_wrong_nothing_is_left(tmp_path, error):
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(error), files.atomic_write(path) as draft:
        draft.write_text("half of it")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made_and_rights_are_those_of_any_new_file(tmp_path):
    path = tmp_path / "a" / "b" / "c.txt"
    before = os.umask(0o027)
    try:
        with files.atomic_write(path) as draft:
            draft.write_text("x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_of_two_writers_at_once_the_last_stays_whole(tmp_path):
    path = tmp_path / "a.txt"
    with files.atomic_write(path) as one, files.atomic_write(path) as other:
        assert one != other
        one.write_text("one" * 1000)
        other.write_text("other")
    assert path.read_text() == "one" * 1000
    assert list(tmp_path.iterdir()) == [path]


def test_the_content_is_on_the_disk_before_it_replaces_the_old(tmp_path, monkeypatch):
    path, flushed = tmp_path / "a.json", []
    path.write_text("old")
    monkeypatch.setattr(
        files.os, "fsync", lambda number: flushed.append((path.read_text(), os.fstat(number).st_size))
    )
    with files.atomic_write(path) as draft:
        draft.write_text("newer")
    assert flushed == [("old", 5)] and path.read_text() == "newer"


def changed(path, content, time_ns):
    path.write_bytes(content)
    os.utime(path, ns=(time_ns, time_ns))
    return files.digest(path)


def test_a_digest_is_that_of_the_content_whatever_is_remembered_of_the_file(tmp_path):
    """An edited song may have the size, and a restored one the time, that it had before."""
    path = tmp_path / "a.wav"
    for content, time_ns in ((b"one", 1), (b"two", 2), (b"three", 2), (b"two", 3), (b"one", 1)):
        assert changed(path, content, time_ns) == hashlib.sha256(content).hexdigest()
    other = tmp_path / "b.wav"
    assert changed(other, b"six", 1) == hashlib.sha256(b"six").hexdigest() != files.digest(path)
    path.unlink()
    assert files.digest(path) == ""


# Where a call that writes has its target: the number of an argument, or None for what it is a method of.
WRITERS = {"write_text": None, "write_bytes": None, "open": None, "savefig": 0, "savez": 0, "SoundFile": 0} | {
    "soundfile.write": 0,
    "torch.save": 1,
    "shutil.copyfile": 1,
    "shutil.copy": 1,
    "shutil.copy2": 1,
}


def writes(tree):
    """The calls of a module that write into a file, and the name of what they write into."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        whole = ast.unparse(call.func)
        name = whole if whole in WRITERS else whole.rpartition(".")[2]
        modes = {ast.unparse(each).strip("'") for each in call.args}
        reads = name in ("open", "SoundFile") and not modes & {"w", "wb", "a", "ab", "x", "xb", "r+b"}
        if name in WRITERS and not reads:
            at = WRITERS[name]
            target = call.args[at] if at is not None else call.func
            yield call, next(node.id for node in ast.walk(target) if isinstance(node, ast.Name))


# What may be written into as it is, since whoever called replaces it as a whole, or nobody reads it afterwards.
APART = {
    "audio/encoder.py": {"path", "self"},  # called with a draft
    "audio/wav.py": {"path"},  # the same
    "bundle.py": {"new"},  # a folder that is renamed when all of it is there
    "data/debian.py": {"path"},  # unpacked into a folder that is renamed
    "data/fetch.py": {"part", "tag"},  # renamed once its digest is right; a broken tag has it fetched anew
    "data/sets/debian_games.py": {"content"},  # a folder that is renamed
    "data/sets/demo.py": {"path"},  # called with a draft
    "data/sets/dry_sounds.py": {"content"},  # a folder that is renamed
    "export/onnx.py": {"weights", "Path"},  # between two processes, in a temporary folder
    "launch/local.py": {"folder"},  # a lock, which stays empty
    "report/ab.py": {"buffer"},
    "report/plan.py": {"buffer"},
    "report/render.py": {"buffer"},
    "shards.py": {"content", "tarfile"},  # in memory; opened on a draft
    "training/checkpoint.py": {"buffer"},
    "wasm/build.py": {"folder"},  # a temporary folder
}


def test_whatever_is_written_is_written_into_a_draft():
    """The names that `atomic_write` gives are called `draft`; no reader, and no power cut, sees half of a file."""
    package, found = Path(files.__file__).parent, 0
    for path in sorted(package.rglob("*.py")):
        place = path.relative_to(package).as_posix()
        for call, name in writes(ast.parse(path.read_text("utf-8"))):
            assert name in {"draft"} | APART.get(place, set()), f"{place}:{call.lineno}: {ast.unparse(call)}"
            found += 1
    assert found > 15


@pytest.mark.parametrize("suffix", [".flac", ".ogg"])
def test_a_sound_whose_writing_breaks_off_leaves_the_one_before(tmp_path, monkeypatch, suffix):
    path, written = tmp_path / f"a{suffix}", []
    sound = np.random.default_rng(0).normal(0, 0.1, (2, 200_000)).astype(np.float32)
    audio.write(path, sound, 44_100)
    before = path.read_bytes()

    class Full(soundfile.SoundFile):
        def write(self, data):
            assert path.read_bytes() == before
            written.append(len(data))
            if len(written) > 1:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            super().write(data)

    monkeypatch.setattr(soundfile, "SoundFile", Full)
    with pytest.raises(Exception, match=r"[Nn]o space|full"):
        audio.write(path, -sound, 44_100)
    assert path.read_bytes() == before and [each.name for each in tmp_path.iterdir()] == [path.name]
