"""`dawg data`: what a person sees, and what a program reads."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawg_ai.cli import main


@pytest.fixture
def songs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAWG_HOME", str(tmp_path / "home"))
    folder = tmp_path / "songs"
    (folder / "mine").mkdir(parents=True)
    sound = 0.1 * np.random.default_rng(1).standard_normal((36000, 1))
    soundfile.write(folder / "mine" / "a.wav", sound, 1000)
    soundfile.write(folder / "theirs.flac", sound, 1000)
    soundfile.write(folder / "silent.wav", 0 * sound, 1000)
    (folder / "broken.ogg").write_text("?")
    (folder / "mine" / "licence.toml").write_text('licence = "own"\nartist = "Ada"\nstyle = "folk"')
    return folder


def test_check_as_json(songs: Path, capsys):
    assert main(["data", "check", f"folder:{songs}", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["clips"], report["usable"], report["groups"]) == (4, 2, 2)
    assert report["hours"] == 0.02
    assert report["refused_for_training"] == 1
    assert report["licences"]["LicenseRef-own"] == {"clips": 1, "groups": 1, "hours": 0.01}
    assert set(report["styles"]) == {"folk", "not stated"}
    assert [(Path(bad["path"]).name, bad["reason"].split(":")[0]) for bad in report["unusable"]] == [
        ("broken.ogg", "unreadable"),
        ("silent.wav", "silent"),
    ]


def test_check_for_people(songs: Path, capsys):
    assert main(["data", "check", f"folder:{songs}"]) == 0
    out = capsys.readouterr().out
    assert "silent.wav: silent: its peak is below -80 dBFS" in out
    assert "2 of 4 clips usable, 0.02 h, 2 groups; 1 refused for training" in out


def test_list(songs: Path, capsys):
    assert main(["data", "list"]) == 0
    assert "dawg data get debian_games" in capsys.readouterr().out
    assert main(["data", "list", "--json"]) == 0
    rows = {row["dataset"]: row for row in json.loads(capsys.readouterr().out)["datasets"]}
    assert rows["debian_games"]["here"] is False


def test_requests_that_are_off_leave_with_2_and_say_what_is_right(songs: Path, capsys):
    assert main(["data", "check", "debian_gamse"]) == 2
    assert "there are: " in capsys.readouterr().err
    assert main(["data", "check", "debian_games"]) == 2
    assert "get it with: dawg data get debian_games" in capsys.readouterr().err
    assert main(["data", "get", "debian_games", "--from", str(songs)]) == 2
    assert "holds none of the packages" in capsys.readouterr().err
