"""`dawg effects`: every effect and knob is listed, and every example renders as it is printed."""

import json

import numpy as np
import pytest

from dawg_ai import audio, recipe
from dawg_ai.cli import main
from dawg_ai.dsp import effect


@pytest.fixture
def effects(capsys):
    def run(*words):
        code = main(["effects", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_all_are_listed_within_the_terminal(effects, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    _, said, _ = effects()
    lines = said.splitlines()
    assert max(map(len, lines)) <= 60
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == effect.names()
    assert set(json.loads(effects("--json")[1])["effects"]) == set(effect.names())


@pytest.mark.parametrize("name", effect.names())
def test_every_knob_is_there_and_the_example_renders(effects, tmp_path, name):
    """The recipe that is printed, and the JSON as it is, change a sound the same way."""
    _, said, _ = effects(name)
    assert all(choice in " ".join(said.split()) for knob in effect.load(name).knobs for choice in knob.choices)
    (tmp_path / "printed.json").write_text(said[said.index('{"format"') :])
    (tmp_path / "declared.json").write_text(effects(name, "--json")[1])
    declared = json.loads((tmp_path / "declared.json").read_text())
    assert [knob["name"] for knob in declared["knobs"]] == [knob.name for knob in effect.load(name).knobs]
    assert declared["takes"] == recipe.keys(effect.load(name))
    defaults = {knob["name"]: knob["default"] for knob in declared["knobs"]}
    checked = recipe.parse({"format": 1, "chain": [{"effect": name, "knobs": defaults}]}).recipe["chain"][0]
    assert recipe.values(checked) == {knob.name: knob.default for knob in effect.load(name).knobs}
    noise = np.random.default_rng(3).normal(0, 0.2, (2, 20_000))  # that fades
    sound = (noise * np.geomspace(1, 1e-3, 20_000)).astype(np.float32)
    audio.write(tmp_path / "in.wav", sound, 44_100)
    rendered = []
    for source in ("printed", "declared"):
        out = tmp_path / f"{source}.wav"
        assert main(["render", str(tmp_path / "in.wav"), str(out), "--recipe", str(tmp_path / f"{source}.json")]) == 0
        rendered.append(audio.read(out)[0])
    np.testing.assert_array_equal(*rendered)
    changed = np.abs(rendered[0] - sound).max() > 1e-3
    assert changed or effect.load(name).load  # convolution has nothing to work with


def test_knobs_of_bands_share_a_line_each(effects):
    _, said, _ = effects("parametric")
    assert "band1_kind ... band24_kind" in said and "Band 1 to 24" in said and "band7" not in said
    assert len(said.splitlines()) < 40


def test_a_former_name_is_answered_and_an_unknown_one_refused(effects):
    assert effects("eq")[1].startswith("parametric: ")
    code, said, complaint = effects("phaser")
    assert (code, said) == (2, "") and 'no effect called "phaser"; there are: bass, compressor' in complaint
