"""Dependencies point one way: no part of `dawg_ai` imports in a circle, wherever in a file the import is."""

import ast
from collections import defaultdict
from pathlib import Path

import dawg_ai
from dawg_ai.dsp import effect

ROOT = Path(dawg_ai.__file__).parent


def imported(tree):
    """The modules that a file imports, by full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def graph(root):
    """Which of the package's parts import which."""
    parts = {path.stem for path in root.iterdir()}
    found = defaultdict(set)
    for path in root.rglob("*.py"):
        own = path.relative_to(root).with_suffix("").parts[0]
        for name in imported(ast.parse(path.read_text("utf-8"))):
            package, _, rest = name.partition(".")
            other = rest.partition(".")[0]
            if package == root.name and other in parts and other != own:
                found[own].add(other)
    return found


def circle(edges):
    """Parts that import one another in a circle; empty where there are none."""
    left = {part: set(others) for part, others in edges.items()}
    while free := {part for part in left if not left[part] & left.keys()}:
        left = {part: others for part, others in left.items() if part not in free}
    return sorted(left)


def test_no_part_imports_in_a_circle():
    edges = graph(ROOT)
    assert len(edges) > 15 and "ask" in edges["cli"]
    assert circle(edges) == []


def test_a_circle_would_be_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "e": {"a"}}) == ["a", "b", "c", "e"]


def test_what_is_general_knows_no_plugin_by_name():
    """Only the demo names one, since it shows one, and a verb that is one plugin's own.

    Words that name other things as well, such as an effect, a stem or the beats of a song, do not count.
    """
    names = {path.name for path in (ROOT / "plugins").iterdir() if (path / "__init__.py").is_file()}
    names -= {*effect.names(), "beats", "vocals"}
    assert {"auto_eq", "mastering"} <= names
    for path in ROOT.rglob("*.py"):
        inside = path.relative_to(ROOT).parts
        if inside[0] == "plugins" or inside in (("cli", "demo.py"), ("cli", "master.py")):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            code = isinstance(node, ast.Constant) and node.value in names
            assert not code and not (isinstance(node, ast.ImportFrom) and "plugins." in (node.module or "")), path
