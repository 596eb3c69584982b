"""The command line with the files, names and terminals that people have."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import dawg_ai
from dawg_ai import audio, cli, files, terminal
from dawg_ai.analysis import FIGURES
from dawg_ai.cli import analyse as verb
from dawg_ai.cli import main
from dawg_ai.errors import DawgError

RATE_HZ = 8_000
NOISE = np.random.default_rng(4).normal(0, 0.1, (2, 12_000)).astype(np.float32)
GATE = '{"format": 1, "chain": [{"effect": "gate"}]}'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A song and a recipe in the working directory."""
    monkeypatch.chdir(tmp_path)
    audio.write(Path("song.wav"), NOISE, RATE_HZ)
    Path("recipe.json").write_text(GATE)
    return tmp_path


def dawg(*words, **kwargs):
    environment = {**os.environ, "PYTHONPATH": str(Path(dawg_ai.__file__).parents[1])}
    return subprocess.run([sys.executable, "-m", "dawg_ai", *words], env=environment, capture_output=True, **kwargs)


@pytest.mark.skipif(os.name != "posix", reason="names are text elsewhere")
def test_names_that_are_no_text_are_read_written_and_printed(folder):
    name = os.fsdecode(b"mod\xe0.wav")
    Path("song.wav").rename(name)
    audio.write(Path("ok.wav"), NOISE, RATE_HZ)
    done = dawg("analyse", "--report", "page.html", "ok.wav", name, check=False)
    assert done.returncode == 0, done.stderr
    assert rb"mod\udce0.wav" in done.stdout and rb"mod\udce0.wav" in Path("page.html").read_bytes()
    found = json.loads(dawg("analyse", "--json", "ok.wav", name, check=True).stdout)
    assert [each["path"] for each in found["files"]] == ["ok.wav", name]
    done = dawg("render", "ok.wav", name, "out", "--recipe", "recipe.json", check=False)
    assert done.returncode == 0 and rb"out/mod\udce0.wav is written" in done.stdout
    assert {os.fsencode(path.name) for path in Path("out").iterdir()} == {b"ok.wav", b"mod\xe0.wav"}
    done = dawg("data", "check", f"folder:{folder}", check=False)
    assert done.returncode == 0 and b"3 of 4" not in done.stdout and b"Traceback" not in done.stderr


def test_good_files_are_answered_beside_one_that_breaks_the_program(folder, monkeypatch, capsys):
    """Whatever an odd file brings to light in the reader."""
    opened = audio.open

    def breaking(path):
        if path.name == "odd.wav":
            raise ValueError("array is too big;\n it has 2^63 samples")
        return opened(path)

    monkeypatch.setattr(audio, "open", breaking)
    assert main(["analyse", "odd.wav", "song.wav", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [each["path"] for each in found["files"]] == ["song.wav"]
    (unusable,) = found["unusable"]
    assert unusable["path"] == "odd.wav" and "ValueError: array is too big; it has 2^63 samples" in unusable["reason"]
    assert main(["render", "odd.wav", "song.wav", "out", "--recipe", "recipe.json", "--json"]) == 1
    done = json.loads(capsys.readouterr().out)
    assert done["rendered"] == [str(Path("out/song.wav"))] and "array is too big" in done["failed"]["odd.wav"]


@pytest.mark.parametrize("out", ["new/", "new", "there", "there/"])
def test_one_song_goes_into_a_folder(folder, bundle, out, capsys):
    Path("there").mkdir()
    assert main(["render", "song.wav", out, "--recipe", "recipe.json"]) == 0
    np.testing.assert_array_equal(audio.read(Path(out) / "song.wav")[0].shape, NOISE.shape)
    (Path(out) / "song.wav").unlink()
    assert main(["apply", "auto_gain", "song.wav", out]) == 0
    assert (Path(out) / "song.wav").is_file()


def test_what_is_a_file_is_not_taken_for_a_folder(folder, capsys):
    Path("notes").write_text("mine")
    assert main(["render", "song.wav", "notes", "--recipe", "recipe.json"]) == 2
    assert "notes is a file; name a folder, or a file that ends with .wav" in capsys.readouterr().err
    assert Path("notes").read_text() == "mine"


@pytest.mark.parametrize(
    "words",
    [
        ("analyse", "."),
        ("apply", "auto_gain", ".", "out.wav"),
        ("apply", "auto_gain", "song.wav", "out.wav", "--reference", "."),
        ("render", ".", "out.wav", "--recipe", "recipe.json"),
        ("render", "song.wav", "out.wav", "--recipe", "."),
        ("listen", "."),
        ("analyse", "song.wav", "--report", "."),
        ("listen", "song.wav", "--out", "."),
    ],
)
def test_a_folder_in_the_place_of_a_file_is_called_one(folder, bundle, words, capsys):
    assert main(list(words)) in (1, 2)
    said = [line for line in capsys.readouterr().err.splitlines() if "is a folder; name" in line]
    assert len(said) == 1 and not Path("out.wav").exists()


@pytest.mark.parametrize("columns", [60, 80, 118])
def test_tables_fit_the_terminal_and_have_a_legend(folder, monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    names = [f"{'a long name of a folder' * 3}/{number:02} {'title ' * number}.wav" for number in range(40)]
    for name in names:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).hardlink_to("song.wav")
    shared = verb.analyse(Path("song.wav"))
    monkeypatch.setattr(verb, "analyse", lambda path: type(shared)(path, *list(vars(shared).values())[1:]))
    assert main(["analyse", *names]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= columns
    for figure in FIGURES:
        assert len(re.findall(rf"(?<!\w){re.escape(figure.label)}(?!\w)", said.split("M max, S max:")[0])) == 1
    assert "PLR, PSR: true peak above" in " ".join(said.split())


@pytest.mark.parametrize("width", [400, 1280])
def test_a_report_fits_its_window_and_has_a_legend(folder, browser, width):
    """Tables scroll in a box of their own; a name of one long word is broken."""
    name = f"{'a_long_name_' * 20}.wav"
    Path(name).hardlink_to("song.wav")
    assert main(["analyse", name, "song.wav", "none.wav", "--report", "page.html"]) == 1
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto((folder / "page.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "PLR, PSR: true peak above" in page.locator("body").inner_text()
    page.close()


def test_a_table_of_markdown_is_aligned(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    lines = terminal.plain("a " * 40 + "\n\n| x | yyy |\n|---|---|\n| **1** | 2 |").splitlines()
    assert max(map(len, lines)) <= 40 and lines[-2:] == ["x  yyy", "1    2"]


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("verb", ["render", "apply", "analyse"])
def test_ctrl_c_ends_it_within_a_second(folder, bundle, verb):
    """While a kernel runs that takes many seconds; nothing half-written is left, and nothing is written after."""
    minutes = 12 if verb == "apply" else 4
    audio.write(Path("long.wav"), np.resize(NOISE, (2, minutes * 60 * 44_100)), 44_100)
    slow = {"effect": "saturation", "knobs": {"oversampling": "8x"}}
    Path("slow.json").write_text(json.dumps({"format": 1, "chain": [slow] * 20}))
    words = {
        "render": ["long.wav", "out.wav", "--recipe", "slow.json"],
        "apply": ["auto_gain", "long.wav", "out.wav", *["--reference", "long.wav"] * 2],
        "analyse": ["long.wav"] * 9,
    }[verb]
    begin = "import sys; from dawg_ai.cli import main; print('begun', flush=True)"
    watched = f"{begin}; sys.argv = {['dawg', verb, *words]!r}; main()"
    environment = {**os.environ, "PYTHONPATH": str(Path(dawg_ai.__file__).parents[1])}
    command = [sys.executable, "-c", watched]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        until_s = time.monotonic() + (2.5 if verb == "analyse" else 30.0)
        while time.monotonic() < until_s and not list(folder.glob(".out*")):  # until it writes
            time.sleep(0.01)
        assert process.poll() is None, process.stderr.read()
        began_s = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1].decode()
        taken_s = time.monotonic() - began_s
    assert process.returncode == 130 and "interrupted; nothing is left half-written" in said
    assert taken_s < 1
    assert {path.name for path in folder.iterdir()} >= {"long.wav"} and not Path("out.wav").exists()
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_writers_that_are_dismissed_leave_nothing(folder):
    try:
        with pytest.raises(OSError), files.atomic_write(Path("late.txt")) as draft:
            files.dismiss_writers()
            assert not draft.exists()
        with pytest.raises(DawgError, match="interrupted"), files.atomic_write(Path("later.txt")):
            pass
    finally:
        files.admit_writers()
    assert not [path for path in folder.iterdir() if "late" in path.name]
    with files.atomic_write(Path("again.txt")) as draft:
        draft.write_text("here")
    assert Path("again.txt").read_text() == "here"


def test_the_first_words_work_in_a_plain_install(capsys, monkeypatch):
    """What `dawg --help` names to begin with needs no PyTorch."""
    with pytest.raises(SystemExit):
        main(["--help"])
    first = re.findall(r"Begin with: dawg (\w+)", capsys.readouterr().out)
    assert first and first[0] not in cli.NEED_TRAIN
