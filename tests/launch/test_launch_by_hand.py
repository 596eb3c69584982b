"""Where a person has to press the button, `dawg launch` says which; and what it refuses is one line."""

import pytest
from sessions import states

from dawg_ai import launch
from dawg_ai.cli import main
from dawg_ai.launch import folders
from dawg_ai.planning import platform


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--on", "colab"], "press Runtime > Run all, which the rules of Colab leave to a person"),
        (["--on", "colab_pro"], "press Runtime > Run all"),
        (["--on", "modal", "--budget", "20"], "modal run session.py"),
        (["--on", "hugging_face", "--budget", "20"], "hf jobs run --flavor"),
        (["--on", "sagemaker", "--budget", "20"], "aws sagemaker create-training-job"),
    ],
)
def test_what_a_person_presses_or_runs_is_said_in_one_line(toys, capsys, words, said):
    assert main(["launch", "auto_gain", *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("dawg launch: not started: ") and said in error and error.count("\n") == 1
    (folder,) = folders.sessions().iterdir()
    assert str(folder) in error and len(list(folder.iterdir())) >= 3
    assert states() == {}


def test_every_platform_is_launched_or_says_how(toys):
    there = {name for name in platform.names() if not platform.load(name).local}
    assert there <= set(launch.names())
    for name in launch.names():
        module = launch._module(name)
        assert hasattr(module, "files") and hasattr(module, "launcher") != hasattr(module, "by_hand"), name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["auto_gain", "--on", "kagle"], "no platform called 'kagle' can be launched on; there are: colab, "),
        (["nothing", "--on", "local"], "no plugin called 'nothing'"),
        (["auto_gain", "--budget", "-1"], "--budget is -1; expected dollars, 0 or more"),
        (["auto_gain", "--hours", "0"], "--hours is 0; expected a positive number"),
        (["auto_gain", "--on", "vast", "--device", "RTX 9090"], "Vast.ai has no RTX 9090; it has: RTX 4090"),
        (["auto_gain", "--on", "vast", "--device", "RTX 3090", "--kind", "interruptible"], "Vast.ai has no RTX 3090"),
        (["auto_gain", "--on", "kaggle", "--hours", "13"], "--hours is 13; a session of Kaggle has 11.66 at most"),
        (["."], "has no sessions; make a plan that has with: dawg plan --out"),
    ],
)
def test_a_wrong_request_is_one_line(toys, tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    assert main(["launch", *words]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and states() == {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name one session, or say --all"),
        (["x", "--all"], "name one session, or say --all"),
        (["nothing"], "no session is called 'nothing'"),
    ],
)
def test_a_wrong_stop_is_one_line(home, capsys, words, said):
    assert main(["stop", *words]) == 2
    assert said in capsys.readouterr().err


def test_nothing_to_look_at_is_said(home, capsys):
    assert main(["status"]) == 0 and main(["stop", "--all"]) == 0
    assert "No session is open" in capsys.readouterr().out
