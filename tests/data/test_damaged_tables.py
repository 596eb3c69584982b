"""Tables with damage of chance: a loader reads them or says in a sentence what is wrong; it never hangs."""

import os
import shutil
import time
import zipfile

import numpy as np
import pytest

from dawg_ai import data
from dawg_ai.errors import DawgError
from tests.data.miniatures import MAKERS

MUTATIONS = int(os.environ.get("DAWG_MUTATIONS", "60"))  # 500 where somebody has the time


def damaged(content, rng):
    """Cut off, bytes changed, a stretch doubled or left out, numbers and quotes where none belong."""
    found = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        at, size = int(rng.integers(len(found))), int(rng.integers(1, 40))
        match rng.integers(5):
            case 0:
                found[at] = rng.integers(256)
            case 1:
                found[at : at + size] = b""
            case 2:
                found[at:at] = found[at : at + size]
            case 3:
                found[at:at] = rng.choice([b'"', b"\x00", b"\n", b",", b"-1", b"[", b"1e999", b"\xff\xfe", b"nan"])
            case _:
                del found[max(at, 1) :]
        if not found:
            return b""
    return bytes(found)


def attempt(name, source):
    """Get and list the dataset; what is wrong as a sentence."""
    began = time.monotonic()
    dataset = data.load(name)
    shutil.rmtree(dataset.root, ignore_errors=True)
    try:
        dataset.get(source)
        dataset.clips()
        said = ""
    except DawgError as error:
        said = str(error)
    assert time.monotonic() - began < 10
    return said


def test_fma(home, tmp_path):
    source, rng, refused = MAKERS["fma_small"](tmp_path), np.random.default_rng(0), 0
    with zipfile.ZipFile(source / "fma_metadata.zip") as archive:
        tables = {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist()}
    folder = source / "fma_metadata"
    folder.mkdir()
    for _ in range(MUTATIONS):
        broken = rng.choice(["tracks.csv", "genres.csv", "raw_tracks.csv"])
        for name, content in tables.items():
            (folder / name).write_bytes(damaged(content, rng) if name == broken else content)
        refused += bool(attempt("fma_small", source))
    assert 0 < refused < MUTATIONS


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("jamendo", ["data/raw_30s_cleantags_50artists.tsv", "audio_licenses.txt", "data/raw.meta.tsv"]),
        ("audioset", ["balanced_train_segments.csv", "class_labels_indices.csv"]),
        ("pairs", ["pairs.csv"]),
    ],
)
def test_others(home, tmp_path, name, files, monkeypatch):
    monkeypatch.setattr("dawg_ai.data.fetch.RETRY_DELAYS_S", ())
    monkeypatch.setattr("dawg_ai.data.fetch.fetch", unreachable)
    monkeypatch.setattr("dawg_ai.data.sets.pairs._prepare", lambda row, source, folder: None)
    source, rng, refused = MAKERS[name](tmp_path), np.random.default_rng(1), 0
    whole = {each: (source / each).read_bytes() for each in files}
    for _ in range(MUTATIONS):
        broken = rng.choice(files)
        for each, content in whole.items():
            (source / each).write_bytes(damaged(content, rng) if each == broken else content)
        refused += bool(attempt(name, source))
    assert 0 < refused < MUTATIONS


def unreachable(remotes, folder):
    raise DawgError("there is no network here")


def test_hdf5(home, tmp_path):
    pytest.importorskip("h5py", reason="h5py is not installed; it is in the extra `sets`")
    MAKERS["msd"](tmp_path)
    content, rng, refused = next(tmp_path.glob("*.h5")).read_bytes(), np.random.default_rng(2), 0
    folder = tmp_path / "songs"
    folder.mkdir()
    for _ in range(MUTATIONS):
        (folder / "TRAAAAW128F429D538.h5").write_bytes(damaged(content, rng))
        refused += bool(attempt("msd", folder))
    assert refused > 0
