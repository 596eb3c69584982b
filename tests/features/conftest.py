import itertools
import shutil
from pathlib import Path

import pytest

from dawg_ai import plugins
from dawg_ai.plugin import load

TOY = Path(__file__).parents[1] / "toy_plugins" / "auto_gain"
NUMBERS = itertools.count()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DAWG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def toy(home, tmp_path, monkeypatch):
    """A copy of the toy under a name of its own, so that its source can be changed: its folder and its load()."""
    name = f"toy_{next(NUMBERS)}"  # a module is imported once, so no two tests may share one
    folder = tmp_path / "plugins" / name
    shutil.copytree(TOY, folder, ignore=shutil.ignore_patterns("__pycache__"))
    declaration = folder / "__init__.py"
    declaration.write_text(declaration.read_text().replace("auto_gain", name))
    monkeypatch.setenv("DAWG_PLUGINS", str(folder.parent))
    monkeypatch.setattr(plugins, "__path__", [*plugins.__path__, str(folder.parent)])
    return Toy(folder)


class Toy:
    def __init__(self, folder):
        self.folder = folder

    def load(self):
        return load(self.folder.name)

    def edit(self, file, old, new):
        source = (self.folder / file).read_text()
        assert old in source
        (self.folder / file).write_text(source.replace(old, new))
