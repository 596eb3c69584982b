"""Plugins are found by folder, and ask for PyTorch only where they need it."""

import subprocess
import sys
from pathlib import Path

import pytest

import dawg_ai
from dawg_ai import registry
from dawg_ai.errors import UsageError


def test_the_folder_is_the_list():
    folder = Path(dawg_ai.__file__).parent / "plugins"
    assert set(registry.names()) == {path.parent.name for path in folder.glob("*/__init__.py")}


def test_folders_from_elsewhere_add_to_it(toys):
    assert {"auto_eq", "auto_gain"} <= set(registry.names())
    assert registry.load("auto_gain").name == "auto_gain"


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(UsageError, match=r"no plugin called 'auto_tune'; there are: .*auto_eq"):
        registry.load("auto_tune")


def test_without_pytorch_it_says_how_to_install_it(monkeypatch):
    chosen = registry.load("auto_eq")
    for name in [name for name in sys.modules if name.startswith("dawg_ai.plugins.auto_eq.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(UsageError, match=r"needs PyTorch.*pip install 'dawg-ai\[train\]'"):
        chosen.part("model")


def test_declaration_and_suggestion_need_no_pytorch():
    code = (
        "import sys; sys.modules['torch'] = None; import dawg_ai.ask, dawg_ai.cli.apply; "
        "from dawg_ai import registry; registry.load('auto_eq')"
    )
    root = Path(dawg_ai.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
