import json
import shutil

import pytest

from dawg_ai.cli import main
from dawg_ai.dsp import effect
from dawg_ai.dsp.kernel import signature
from dawg_ai.wasm import build


@pytest.fixture
def built(fresh, tmp_path, monkeypatch):
    """A copy of the shipped files that may be spoiled; the sources are compiled once for all tests."""
    folder = tmp_path / "built"
    shutil.copytree(build.BUILT, folder)
    monkeypatch.setattr(build, "BUILT", folder)
    monkeypatch.setattr(build, "compile_modules", lambda _: fresh)
    return folder


def kernels(name):
    return sorted(f"{name}.{signature(each).name}" for each in effect.load(name).module.kernels)


def check(capsys):
    code = main(["check", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert code == (1 if found["lacks"] or found["stale"] else 0)
    return sorted(found["lacks"]), sorted(found["stale"])


def test_what_is_shipped_is_whole(built, capsys):
    assert check(capsys) == ([], [])


def test_a_lost_file_is_seen(built, capsys):
    (built / "delay.wasm").unlink()
    assert check(capsys) == (kernels("delay"), [])
    assert main(["check"]) == 1
    assert "delay.process: lacks" in capsys.readouterr().out


def test_a_file_of_other_sources_is_seen(built, capsys):
    path = built / "gate.wasm"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert check(capsys) == ([], kernels("gate"))


def test_a_kernel_that_came_later_is_seen(built, capsys):
    """As when a limiter learns a second pass and nobody builds."""
    path = built / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    del manifest["modules"]["limiter"]["exports"]["listen"]
    path.write_text(json.dumps(manifest), "utf-8")
    rest = [name for name in kernels("limiter") if name != "limiter.listen"]
    assert check(capsys) == (["limiter.listen"], rest)


def test_knobs_that_changed_are_seen(built, capsys):
    path = built / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["modules"]["eq"]["knobs"][0]["default"] += 1
    path.write_text(json.dumps(manifest), "utf-8")
    assert check(capsys) == ([], kernels("eq"))


def test_nothing_is_there(built, capsys):
    shutil.rmtree(built)
    lacking, stale = check(capsys)
    assert set(kernels("limiter")) < set(lacking) and not stale
