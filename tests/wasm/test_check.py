"""`dawg check`: what the browser lacks is named."""

import json
import shutil

import pytest

from dawg_ai.cli import main
from dawg_ai.wasm import build, check


@pytest.fixture
def built(tmp_path, monkeypatch):
    """A copy of what is shipped, to be damaged."""
    shutil.copytree(build.BUILT, tmp_path / "built")
    monkeypatch.setattr(build, "BUILT", tmp_path / "built")
    return tmp_path / "built"


def change_manifest(folder, change):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    change(manifest["modules"])
    path.write_text(json.dumps(manifest), "utf-8")


def less(modules):
    del modules["limiter"]["exports"]["apply"]
    del modules["gate"]
    modules["parametric"]["knobs"][0]["maximum"] = 99
    modules["wah"] = modules["meter"]


def test_all_that_is_shipped_is_there(built, capsys):
    assert main(["check", "--quick"]) == 0
    assert "has all" in capsys.readouterr().out


def test_everything_that_is_lacking_is_named(built, capsys):
    (built / "delay.wasm").unlink()
    code = bytearray((built / "reverb.wasm").read_bytes())
    code[-1] ^= 1
    (built / "reverb.wasm").write_bytes(code)
    change_manifest(built, less)
    assert main(["check", "--quick", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    words = {
        "delay": "missing",
        "reverb": "damaged",
        "limiter": "apply",
        "gate": "not built",
        "parametric": "another declaration",
    }
    assert said["lacks"].keys() == {*words, "wah"}
    for name, word in words.items():
        assert word in said["lacks"][name], name
    assert main(["check", "--quick"]) == 1
    assert "python -m dawg_ai.wasm" in capsys.readouterr().out


def test_without_a_manifest_nothing_is_built(built):
    (built / "manifest.json").unlink()
    found = check.problems(built, check.declared(built))
    assert len(found) == len(build.engine_paths()) and set(found.values()) == {"is not built"}


def test_other_sources_are_distinguished(built, fresh):
    """Code that was compiled now, and code of which one module was compiled from something else."""
    engine = build.engine({path: fresh[path] for path in build.engine_paths()})
    assert check.problems(built, engine) == {}
    change_manifest(built, lambda modules: modules["parametric"].update(sha256=modules["meter"]["sha256"]))
    shutil.copy(built / "meter.wasm", built / "parametric.wasm")
    assert check.problems(built, engine) == {"parametric": "was built from other sources"}
