"""`dawg data list`, `card` and `forget`: what they say is what is there, and what they remove is gone."""

import json
import re
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from dawg_ai import audio, data, registry, store
from dawg_ai.cli import main
from dawg_ai.data.fma import Track
from dawg_ai.data.inventory import inventory
from tests.data.miniatures import MAKERS


def listed(capsys):
    assert main(["data", "list", "--json"]) == 0
    return {row["dataset"]: row for row in json.loads(capsys.readouterr().out)["datasets"]}


def test_the_list_counts_what_is_here(home, tmp_path, capsys):
    data.load("fma_full").get(MAKERS["fma_full"](tmp_path))
    capsys.readouterr()
    row = listed(capsys)["fma_full"]
    assert (row["clips"], row["groups"], row["may_train"], row["may_ship"]) == (6, 4, 4, 4)
    assert row["hours"] == pytest.approx((168 + 206 + 161 + 311 + 237 + 14.39) / 3600)
    assert row["size_bytes"] == sum(path.stat().st_size for path in data.load("fma_full").root.rglob("*.mp3"))
    assert row["licences"]["unknown"] == 1
    assert main(["data", "list"]) == 0
    out = capsys.readouterr().out
    assert "6 clips, 0.3 h, 0.00 GB; 4 may be trained on, weights of 4 shipped" in out
    assert re.search(r"fma_small +dawg data get fma_small\n", out)


@pytest.fixture
def quick_home(monkeypatch):
    """An empty home in memory, where there is one: ten thousand files take a busy disk half a minute."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        monkeypatch.setenv("DAWG_HOME", folder)
        yield


def test_ten_thousand_clips_are_listed_in_two_seconds(quick_home, capsys):
    """As `get` leaves them: an index and files; the files are empty, since a list reads none of them."""
    root = data.load("fma_full").root
    facts = ("First", "Rock", "Rock", "large", "training", 200.0, "CC-BY-4.0")
    rows = [Track(n, f"Song {n}", "Ada", str(n % 900), *facts) for n in range(10_000)]
    for n in range(10_000):
        path = root / f"{n // 1000:03d}" / f"{n:06d}.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (root / "tracks.json").write_text(json.dumps(rows))
    began = time.process_time()
    row = listed(capsys)["fma_full"]
    assert time.process_time() - began < 2.0
    assert (row["clips"], row["may_ship"]) == (10_000, 10_000) and row["hours"] == pytest.approx(10_000 * 200 / 3600)


def test_lengths_are_read_once(home, tmp_path, monkeypatch):
    data.load("vocalset").get(MAKERS["vocalset"](tmp_path))
    asked = []
    real = audio.duration_s
    monkeypatch.setattr(audio, "duration_s", lambda path: asked.append(path) or real(path))
    first = inventory(data.load("vocalset"))
    assert first.hours == pytest.approx(4 * 4 * int(22_050 / 4) / 22_050 / 3600) and len(asked) == 4
    assert inventory(data.load("vocalset")) == first and len(asked) == 4
    path = data.load("vocalset").clips()[0].path
    audio.write(path, np.full((1, 44_100), 0.1, np.float32), 22_050)
    assert (
        inventory(data.load("vocalset")).hours == pytest.approx(first.hours + 1 / 3600, rel=1e-3) and len(asked) == 5
    )


def test_a_dataset_that_is_not_whole_does_not_stop_the_list(home, capsys):
    (home / "data" / "fma_small").mkdir(parents=True)
    row = listed(capsys)["fma_small"]
    assert not row["here"] and "get it with: dawg data get fma_small" in row["incomplete"]
    assert main(["data", "list"]) == 0
    assert "it is not whole" in capsys.readouterr().out


def test_the_card_shows_sums_licences_and_damage(home, tmp_path, capsys):
    dataset = data.load("fma_full")
    dataset.get(MAKERS["fma_full"](tmp_path))
    (dataset.root / "000" / "000005.mp3").write_bytes(b"no music")
    capsys.readouterr()
    out = tmp_path / "card.html"
    assert main(["data", "card", "fma_full", "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["decoded"], said["damaged"], said["clips"]) == (6, 1, 6)
    text = out.read_text()
    assert text.count("<svg") == 5 and "fma_full/000005" in text and "forbids commercial use" in text
    for meaning in (
        "hours by style",
        "hours by licence",
        "clips by length in minutes",
        "clips by loudness",
        "spectra",
    ):
        assert f'aria-label="{meaning}"' in text
    assert "CC-BY-NC-SA-3.0" in text and "Defferrard" in text
    assert "http" not in re.sub(r"<p>.*?</p>|<td>.*?</td>", "", text), "nothing is loaded from elsewhere"


def test_a_card_of_a_set_without_sound(home, tmp_path, capsys):
    data.load("audioset").get(MAKERS["audioset"](tmp_path))
    assert main(["data", "card", "audioset", "--out", str(tmp_path / "a.html")]) == 0
    assert "Spectra" not in (tmp_path / "a.html").read_text()


def test_what_is_forgotten_is_gone_and_stays_gone(toys, home, tmp_path, capsys):
    source = MAKERS["pairs"](tmp_path)
    data.load("pairs").get(source)
    clips = data.load("pairs").clips()
    features = store.build(registry.load("auto_gain"), clips, workers=1)
    assert set(features) == {"pairs/0001", "pairs/0002"}
    run = home / "runs" / "auto_gain" / "split0-seed0-x"
    run.mkdir(parents=True)
    (run / "clips.json").write_text(json.dumps([{"id": "pairs/0001"}, {"id": "demo/1"}]))
    (home / "bundles" / "auto_gain").mkdir(parents=True)
    (home / "bundles" / "auto_gain" / "LICENCES.md").write_text("# x\n\n- Song 1 by Room 1: LicenseRef-consent\n")
    capsys.readouterr()
    assert main(["data", "forget", "pairs/Room 1", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["clips"] == ["pairs/0001"] and said["models"] == [str(run), str(home / "bundles" / "auto_gain")]
    left = [path.name for path in (home / "features").rglob("*") if path.is_file()]
    assert left == [features.paths["pairs/0002"].name]
    assert [clip.id for clip in data.load("pairs").clips()] == ["pairs/0002"]
    assert not list(data.load("pairs").root.rglob("0001*"))
    data.load("pairs").get(source)
    assert [clip.id for clip in data.load("pairs").clips()] == ["pairs/0002"]
    assert "0001 is left out: its consent was taken back" in capsys.readouterr().err


def test_only_consents_can_be_taken_back(home, tmp_path, capsys):
    assert main(["data", "forget", "demo/one"]) == 2
    assert "demo has no consents that could be taken back (pairs has)" in capsys.readouterr().err
    data.load("pairs").get(MAKERS["pairs"](tmp_path))
    capsys.readouterr()
    assert main(["data", "forget", "pairs/0009"]) == 2
    assert "there is no clip 'pairs/0009'" in capsys.readouterr().err
