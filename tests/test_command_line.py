"""The dispatcher: every verb helps, every failure is one line and a code, and starting is quick."""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import dawg_ai
from dawg_ai import cli
from dawg_ai.cli import main, verbs
from dawg_ai.errors import DawgError, UsageError

ROOT = Path(dawg_ai.__file__).parents[1]


def dawg(*words, **kwargs):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "dawg_ai", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, **kwargs)


@pytest.fixture
def fails(monkeypatch):
    """Let the verb `studio` raise something; gives what `main` returns."""

    def run(error):
        def raising(arguments: argparse.Namespace) -> int:
            raise error

        monkeypatch.setattr("dawg_ai.cli.studio.run", raising)
        return main(["studio"])

    return run


@pytest.mark.parametrize("verb", verbs())
def test_help_shows_an_example(verb, capsys):
    with pytest.raises(SystemExit) as left:
        main([verb, "--help"])
    assert left.value.code == 0
    said = capsys.readouterr().out
    assert re.search(rf"^    dawg {verb}\b", said, re.MULTILINE), said
    first = said.split("\n\n")[1]
    assert first.strip().endswith((".", ":")), "the first line of the docstring is the help in `dawg --help`"


def test_verbs_come_in_the_order_of_the_pipeline(capsys):
    assert [v for v in verbs() if v in cli.ORDER] == [v for v in cli.ORDER if v in verbs()]
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    at = [re.search(rf"^    {verb}(?: |$)", said, re.MULTILINE).start() for verb in verbs()]
    assert at == sorted(at)


def test_an_unknown_verb_is_answered_with_those_there_are(capsys):
    with pytest.raises(SystemExit) as left:
        main(["whistle"])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert "'whistle'" in said and all(verb in said for verb in verbs())


def test_no_verb_at_all(capsys):
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == 2
    assert "VERB" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (DawgError("the disk is full"), 1, "dawg studio: the disk is full\n"),
        (UsageError("no such plugin"), 2, "dawg studio: no such plugin\n"),
        (KeyboardInterrupt(), 130, "dawg studio: interrupted; nothing is left half-written\n"),
        (OSError(28, "No space left on device", "a.wav"), 1, "dawg studio: No space left on device: a.wav\n"),
        (OSError("odd"), 1, "dawg studio: odd\n"),
    ],
)
def test_failures_are_one_line_and_a_code(fails, capsys, error, code, said):
    assert fails(error) == code
    assert capsys.readouterr().err == said


def test_an_interruption_while_a_compiled_module_loads_is_one(fails, capsys):
    error = ImportError("initialization failed")
    error.__cause__ = KeyboardInterrupt()
    assert fails(error) == 130 and "interrupted" in capsys.readouterr().err
    with pytest.raises(ImportError, match="no such module"):
        fails(ImportError("there is no such module"))


def test_a_package_of_an_extra_that_is_missing_is_named(fails, capsys):
    assert fails(ModuleNotFoundError("", name="matplotlib.figure")) == 2
    said = capsys.readouterr().err
    assert "matplotlib" in said and "pip install 'dawg-ai[train]'" in said and "whl/cpu" in said
    with pytest.raises(ModuleNotFoundError):
        fails(ModuleNotFoundError("", name="dawg_ai.gone"))


def test_a_mistake_of_ours_is_not_hidden(fails):
    with pytest.raises(ZeroDivisionError):
        fails(ZeroDivisionError())


def test_a_reader_that_has_gone_is_no_error():
    command = [sys.executable, "-m", "dawg_ai", "data", "list"]
    read, write = os.pipe()
    os.close(read)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_version():
    assert dawg("--version").stdout.strip() == dawg_ai.__version__


@pytest.mark.parametrize("words", [["--help"], ["apply", "--help"]])
def test_a_second_start_is_quick_and_loads_no_heavy_library(words):
    code = (
        "import sys, runpy; sys.argv[1:] = sys.argv[1:]\n"
        "try: runpy.run_module('dawg_ai', run_name='__main__')\n"
        "except SystemExit: print(*sorted({'torch', 'onnxruntime', 'matplotlib'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *words]
    times_s = []
    for _ in range(3):
        began = time.monotonic()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        times_s.append(time.monotonic() - began)
        assert done.stdout.splitlines()[-1] == "", done.stdout
    assert min(times_s) < 5  # 1 s on two idle cores; these may be busy


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["data", "check", "demo"], 2, "demo is not here yet; get it with: dawg data get demo"),
        (["features", "auto_eq"], 2, "debian_games is not here yet; get it with: dawg data get debian_games"),
        (["train", "auto_eq"], 2, "debian_games is not here yet; get it with: dawg data get debian_games"),
        (["evaluate", "auto_eq"], 2, "debian_games is not here yet; get it with: dawg data get debian_games"),
        (["export", "auto_eq"], 2, "auto_eq is not trained yet; train it with: dawg train auto_eq"),
        (["apply", "auto_gain", "a.wav", "b.wav"], 2, "dawg train auto_gain && dawg export auto_gain"),
    ],
)
def test_in_an_empty_home_each_verb_says_what_comes_before_it(toys, words, code, complaint, capsys):
    assert main(words) == code
    said = capsys.readouterr()
    assert complaint in said.err and said.out == ""
    assert len(said.err.splitlines()) == 1
