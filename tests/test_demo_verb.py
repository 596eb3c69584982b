"""`dawg demo` from an empty home, with few songs and a moment of training."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest

from dawg_ai import audio, bundle, registry
from dawg_ai.cli import demo, main
from dawg_ai.data.sets import demo as songs
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.evaluation import run as evaluations

EVALUATION = {
    "plugin": "auto_eq",
    "data": ["demo"],
    "command": "dawg evaluate auto_eq --data demo --splits 0 --seeds 0",
    "offered": ["fix", "reference"],
    "test_items": 4,
    "table": "**fix** (4 songs).\n\n| method | mean |\n|---|---|\n| **network** | 1.5 |",
}


@pytest.fixture
def small(home, monkeypatch):
    """Two styles instead of six, ten steps, and a table that is there already."""
    chosen = registry.load(demo.PLUGIN)
    few = {style: songs.ARTISTS[style] for style in ("house", demo.STYLE)}
    monkeypatch.setattr(songs, "ARTISTS", few)
    settings = {**chosen.settings, "steps": 10, "batch": 8, "evaluate_every": 10}
    monkeypatch.setattr(registry, "load", lambda name: dataclasses.replace(chosen, settings=settings))
    monkeypatch.setattr(evaluations, "evaluate", lambda *words: EVALUATION)
    return home


def test_it_leaves_sounds_a_picture_and_a_report(small, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["demo", str(out), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    names = {"before.wav", "after.wav", "after_reference.wav", "original.wav", "curve.png", "report.html"}
    assert {path.name for path in out.iterdir()} == {*names, "home"}
    assert not small.exists(), "the toy must not take the place of a person's own plugin"
    assert Path(figures["bundle"]) == out / "home" / "bundles" / demo.PLUGIN
    assert bundle.read(Path(figures["bundle"])).origin["data"] == ["demo"]
    assert sorted(figures["files"]) == sorted(str(out / name) for name in names)
    sounds = {path.stem: audio.read(path) for path in out.glob("*.wav")}
    loudness = [integrated_lufs(*sound) for sound in sounds.values()]
    assert max(loudness) - min(loudness) < 0.02
    assert np.abs(sounds["before"][0] - sounds["after"][0]).max() > 1e-3
    assert figures["cost_usd"] == 0 and figures["tone_error_db"]["original"] == 0
    assert figures["tone_error_db"]["before"] > 1
    assert figures["song"].startswith(f"demo/{demo.STYLE}-")
    html = (out / "report.html").read_text()
    assert html.count("<audio") == 4 and "CC0" in html and "$0" in html and "data:image/png" in html
    assert not re.findall(r"(?:src|href)=[\"'](?!data:)", html)
    assert 'class="ours"' in html

    said = demo._in_words(figures)
    assert (
        "report.html" in said
        and "cost: $0" in said
        and re.search(r"next: open .* and: DAWG_HOME=\S*out/home .*studio", said)
    )


def test_a_file_in_the_way_is_named(small, tmp_path, capsys):
    (tmp_path / "out").write_text("")
    assert main(["demo", str(tmp_path / "out")]) == 2
    assert "out is a file; name a folder" in capsys.readouterr().err
