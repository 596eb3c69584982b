"""Fixtures that several folders of tests use; each is there only for those that name it."""

import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from dawg_ai import audio, plugins
from dawg_ai import bundle as bundles
from dawg_ai.cli import main
from dawg_ai.registry import load

TOYS = Path(__file__).parent / "toy_plugins"
NUMBERS = itertools.count()
QUIET = ("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update")


@pytest.fixture(scope="session")
def browser():
    """Chromium; one for all, since Playwright runs once in a process."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found:
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-sync", *QUIET])
        yield browser
        browser.close()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home."""
    monkeypatch.setenv("DAWG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Call it to go on in another, empty home."""
    return lambda: monkeypatch.setenv("DAWG_HOME", str(tmp_path / "elsewhere"))


@pytest.fixture
def add_plugins(monkeypatch):
    """Call it with a folder of plugins to have them, as with `DAWG_PLUGINS` from the start."""

    def add(folder):
        monkeypatch.setenv("DAWG_PLUGINS", str(folder))
        monkeypatch.setattr(plugins, "__path__", [*plugins.__path__, str(folder)])

    return add


@pytest.fixture
def toys(home, add_plugins):
    """The toy plugins among the plugins, and an empty home."""
    add_plugins(TOYS)


class Toy:
    """A plugin whose files may be edited."""

    def __init__(self, folder):
        self.folder = folder

    def load(self):
        return load(self.folder.name)

    def edit(self, file, old, new):
        source = (self.folder / file).read_text()
        assert old in source
        (self.folder / file).write_text(source.replace(old, new))


@pytest.fixture
def toy(home, tmp_path, add_plugins):
    """A copy of the toy under a name of its own, and an empty home."""
    name = f"toy_{next(NUMBERS)}"  # a module is imported once, so no two tests may share one
    copy = Toy(tmp_path / "plugins" / name)
    shutil.copytree(TOYS / "auto_gain", copy.folder, ignore=shutil.ignore_patterns("__pycache__"))
    copy.edit("__init__.py", "auto_gain", name)
    add_plugins(copy.folder.parent)
    return copy


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A folder of songs, and a home in which `auto_gain` is trained on them, judged and exported."""
    root = tmp_path_factory.mktemp("trained")
    songs = root / "songs"
    for i in range(12):
        noise = np.random.default_rng(i).normal(0, 0.01 * (i + 1), (1, 3 * 8_000)).astype(np.float32)
        audio.write(songs / f"disc {i}" / "song.wav", noise, 8_000)
        (songs / f"disc {i}" / "licence.toml").write_text(f'licence = "own"\nartist = "Ada {i}"\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAWG_HOME", str(root / "home"))
        patch.setenv("DAWG_PLUGINS", str(TOYS))
        patch.setattr(plugins, "__path__", [*plugins.__path__, str(TOYS)])
        assert main(["features", "auto_gain", "--data", f"folder:{songs}", "--workers", "1"]) == 0
        assert main(["train", "auto_gain", "--data", f"folder:{songs}", "--json"]) == 0
        (run,) = (root / "home" / "runs" / "auto_gain").iterdir()
        command = f"dawg evaluate auto_gain --data folder:{songs} --splits 0 --seeds 0"
        modes = ["fix", "reference", "style"]
        judged = {"data": [f"folder:{songs}"], "command": command, "offered": modes, "table": "| good |"}
        (run / "evaluation.json").write_text(json.dumps(judged))
        assert main(["export", "auto_gain", "--json"]) == 0
    return root


@pytest.fixture
def trained_home(trained, tmp_path, monkeypatch, add_plugins):
    """A copy of that home; its path."""
    copy = shutil.copytree(trained / "home", tmp_path / "home")
    monkeypatch.setenv("DAWG_HOME", str(copy))
    add_plugins(TOYS)
    return copy


@pytest.fixture
def bundle(trained_home):
    """The bundle of `auto_gain`."""
    return bundles.load("auto_gain")
