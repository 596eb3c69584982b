import pytest
import torch
import toy

from dawg_ai import plugins


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of its own for each test, and the toy among the plugins."""
    torch.set_num_threads(1)
    monkeypatch.setenv("DAWG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAWG_PLUGINS", str(toy.PLUGINS))
    monkeypatch.setattr(plugins, "__path__", [*plugins.__path__, str(toy.PLUGINS)])
    return tmp_path / "home"


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Call it to go on in another, empty home."""

    def move():
        monkeypatch.setenv("DAWG_HOME", str(tmp_path / "elsewhere"))

    return move
