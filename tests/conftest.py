"""Fixtures that several folders of tests use; each is there only for those that name it."""

import itertools
import shutil
from pathlib import Path

import pytest

from dawg_ai import plugins
from dawg_ai.plugin import load

TOYS = Path(__file__).parent / "toy_plugins"
NUMBERS = itertools.count()


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
