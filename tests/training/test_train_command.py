"""`dawg features` and `dawg train`, as a user runs them."""

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import dawg_ai
from dawg_ai import audio
from dawg_ai.cli import evaluate, main
from dawg_ai.training import checkpoint
from dawg_ai.training.loop import Result
from dawg_ai.training.run import Run


@pytest.fixture
def songs(tmp_path):
    """Twelve discs of one song of three seconds, and a file that is no song."""
    root = tmp_path / "songs"
    for i in range(12):
        noise = np.random.default_rng(i).normal(0, 0.01 * (i + 1), (1, 3 * 8_000)).astype(np.float32)
        audio.write(root / f"disc {i}" / "song.wav", noise, 8_000)
    (root / "licence.toml").write_text('licence = "own"\n')
    (root / "notes.wav").write_text("not a song")
    return root


def dawg(*words, **environment):
    command = [sys.executable, "-m", "dawg_ai", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(Path(dawg_ai.__file__).parents[1]), **environment}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_stopped_by_sigterm_it_saves_at_once_and_goes_on(toy, songs, home, tmp_path):
    endless = toy.folder.name
    toy.edit("__init__.py", '"steps": 60', '"steps": 1_000_000')
    words = ("train", endless, "--data", f"folder:{songs}", "--json")
    assert main(["features", endless, "--data", f"folder:{songs}", "--workers", "1"]) == 0
    elsewhere = shutil.copytree(home, tmp_path / "elsewhere")
    with dawg(*words, DAWG_HOME=str(home)) as training:
        while not list(home.glob("runs/*/*/checkpoint.pt")):
            assert training.poll() is None, training.stderr.read()
            time.sleep(0.05)
        training.send_signal(signal.SIGTERM)
        asked_at = time.monotonic()
        said, _ = training.communicate(timeout=60)
        assert time.monotonic() - asked_at < 5.0
    assert training.returncode == 130
    stopped = json.loads(said)
    assert (
        not stopped["finished"]
        and stopped["step"] > 0
        and stopped["next"] == f"dawg train {endless} --data folder:{songs}"
    )
    assert list(stopped["rejected"].values()) == ["unreadable: Format not recognised"]

    # As far as another run goes that nobody stops.
    with dawg(*words, "--steps", str(stopped["step"]), DAWG_HOME=str(elsewhere)) as uninterrupted:
        said, complaint = uninterrupted.communicate(timeout=60)
    assert uninterrupted.returncode == 0, complaint
    a, b = (checkpoint.load(Path(json.loads(each)["folder"])) for each in (json.dumps(stopped), said))
    assert a["step"] == b["step"] == stopped["step"]
    for part in ("weights", "average"):
        assert all(torch.equal(a[part][name], b[part][name]) for name in a[part])


def test_features_says_what_it_did(toys, songs, capsys):
    words = ["features", "auto_gain", "--data", f"folder:{songs}", "--workers", "1", "--json"]
    assert main(words) == 0
    first = json.loads(capsys.readouterr().out)
    assert (first["clips"], first["computed"]) == (12, 13)
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["computed"] == 0


def test_training_in_words(toys, songs, capsys):
    words = ["train", "auto_gain", "--data", f"folder:{songs}"]
    assert main(["features", "auto_gain", "--data", f"folder:{songs}", "--workers", "1"]) == 0
    assert main([*words, "--steps", "30"]) == 0
    assert "auto_gain is stopped at step 30 of 60: error" in capsys.readouterr().out
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "auto_gain is trained at step 60 of 60: error" in said
    assert "$0" in said and "next: dawg evaluate auto_gain" in said


@pytest.fixture
def no_training(monkeypatch):
    """Accept every request as done up to the step that was asked for; returns what was asked."""
    asked = []

    def gathered(plugin, specs, split=0, seed=0, *, workers=None):
        return Run(plugin, tuple(specs), split, seed, (), {"train": [], "valid": [], "test": []}, {})

    def train(request, *, steps=None, hours=None, threads=1):
        asked.append((request.plugin.name, request.data, request.split, request.seed, threads))
        step = steps or 60
        return Result(request.folder, step, 60, 1.0, step, 1.0, 1.0, 1.0, step < 60)

    monkeypatch.setattr("dawg_ai.training.run.gather", gathered)
    monkeypatch.setattr("dawg_ai.training.loop.train", train)
    return asked


@pytest.mark.parametrize("data", [[], ["demo"], ["demo", "folder:/a b/it's"]], ids=len)
@pytest.mark.parametrize("split", [0, 3])
@pytest.mark.parametrize(("seed", "threads"), [(0, 1), (7, 1), (0, 2)])
def test_the_command_to_go_on_asks_for_the_same_run(toys, no_training, capsys, data, split, seed, threads):
    """All that tells one run from another is in it, quoted as a shell needs it."""
    words = ["train", "auto_gain", *(word for spec in data for word in ("--data", spec))]
    words += ["--split", str(split), "--seed", str(seed), "--threads", str(threads)]
    assert main([*words, "--steps", "30", "--json"]) == 130
    said = capsys.readouterr()
    again = shlex.split(json.loads(said.out)["next"])
    assert again[0] == "dawg" and main([*again[1:], "--json"]) == 0
    assert no_training[0] == no_training[1] == ("auto_gain", tuple(data) or ("demo",), split, seed, threads)
    evaluating = shlex.split(json.loads(capsys.readouterr().out)["next"])
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    assert evaluating[:2] == ["dawg", "evaluate"]
    parsed = parser.parse_args(evaluating[2:])
    assert (parsed.plugin, tuple(parsed.data)) == ("auto_gain", no_training[0][1])
    assert (list(parsed.splits), list(parsed.seeds)) == ([split], [seed])


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["train", "auto_gain", "--steps", "0"], "--steps is 0; expected a positive number"),
        (["train", "nothing"], "no plugin called 'nothing'"),
        (["train", "auto_gain", "--data", "nothing"], "there is no dataset 'nothing'"),
        (["train", "auto_gain"], "dawg data get demo"),
        (["features", "auto_gain", "--workers", "0"], "--workers is 0; expected 1 or more"),
    ],
)
def test_an_invalid_request_is_reported_in_one_line(toys, words, complaint, capsys):
    assert main(words) == 2
    said = capsys.readouterr().err
    assert complaint in said and len(said.splitlines()) == 1
