"""Offline, in Node: the same samples as Python's, to the bit."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import instruments

from dawg_ai import bundle, chain
from dawg_ai.ask import ask
from dawg_ai.audio import held, write
from dawg_ai.dsp import effect

RATE = 44_100
NOTES = [[0.0, 0.1, 36, 0.9, 0, 0], [0.1, 0.2, 45, 0.7, 0, 0], [0.25, 0.1, 50, 0.8, 0, 0]]


class Refused(Exception):  # noqa: N818, it is what the package does
    """In the package's words."""


def music(samples, channels=2, seed=3):
    """Beats of noise over two decaying tones."""
    rng = np.random.default_rng(seed)
    t = np.arange(samples) / RATE
    tones = np.sin(2 * np.pi * 220 * t) * np.exp(-3 * (t % 0.5)) + 0.5 * np.sin(2 * np.pi * 1760 * t)
    beats = rng.standard_normal((channels, samples)) * np.exp(-20 * (t % 0.25))
    return (0.2 * tones + 0.25 * beats).astype(np.float32)


def node(folder, project, job):
    if not shutil.which("node"):
        pytest.skip("no Node.js")
    path = folder / "job.json"
    path.write_text(json.dumps(job))
    command = ["node", Path(__file__).with_name("render.mjs"), project, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(done.stderr.strip())
    return json.loads(done.stdout)


def material(path, audio, rate=RATE):
    np.ascontiguousarray(audio, np.float32).tofile(path)
    return {"file": str(path), "channels": len(audio), "rate": rate}


def rendered(folder, project, jobs):
    """Each recipe's render: (recipe, audio or None, tail, sounds)."""
    renders = [
        {
            "recipe": recipe,
            "sound": None if audio is None else material(folder / f"in{i}.f32", audio),
            "tail": tail,
            "sounds": {name: material(folder / f"{i}{name}.f32", each) for name, each in sounds.items()},
        }
        for i, (recipe, audio, tail, sounds) in enumerate(jobs)
    ]
    said = node(folder, project, {"renders": renders})
    return [np.fromfile(each["file"], np.float32).reshape(each["channels"], -1) for each in said]


def link(name, seed=12):
    """An effect with random knobs at their steps, and what it plays."""
    rng, loaded = np.random.default_rng(seed), effect.load(name)
    knobs = {k.name: k.nearest(rng.uniform(k.minimum, k.maximum)) for k in loaded.knobs}
    named = {k.name: k.choices[int(knobs[k.name])] if k.choices else knobs[k.name] for k in loaded.knobs}
    rows = NOTES if loaded.plays == "notes" else instruments.rows(loaded).tolist() if loaded.play else None
    return {"effect": name, "knobs": named, **({loaded.plays: rows} if rows else {})}


@pytest.mark.parametrize("channels", [1, 2])
def test_every_effect_renders_what_python_renders(project, tmp_path, channels):
    audio = music(30_000, channels)
    audio[:, 15_000:] *= np.float32(1e-3)  # closes a gate
    recipes = {name: {"format": 1, "chain": [link(name)]} for name in effect.names()}
    found = rendered(tmp_path, project, [(recipe, audio, False, {}) for recipe in recipes.values()])
    for (name, recipe), mine in zip(recipes.items(), found, strict=True):
        expected = chain.render(recipe, audio, RATE, exact=True)
        assert np.array_equal(mine, expected), name
        assert name == "convolution" or np.abs(expected - audio).max() > 1e-5, name


def test_a_chain_with_sounds_tails_and_an_instrument(project, tmp_path):
    room, pump = music(4_000, seed=5), music(9_000, seed=6)
    write(tmp_path / "room.wav", room, RATE, bits="32f")
    write(tmp_path / "pump.wav", pump, RATE, bits="32f")
    links = [
        {"effect": "kit", "knobs": {}, "notes": NOTES},
        {"effect": "convolution", "knobs": {"mix_percent": 40}, "sound": "room.wav"},
        {"effect": "compressor", "knobs": {"threshold_db": -40}, "key": "pump.wav"},
        {"effect": "reverb", "knobs": {}, "bypass": True},
        {"effect": "limiter", "knobs": {"drive_db": 6}},
    ]
    recipe = {"format": 1, "chain": links}
    sounds = {"room.wav": room, "pump.wav": pump}
    audio = music(20_000)
    found, alone = rendered(
        tmp_path, project, [(recipe, audio, True, sounds), ({"format": 1, "chain": links[:1]}, None, False, {})]
    )
    placed = [
        {**each, **{role: str(tmp_path / each[role]) for role in ("sound", "key") if role in each}} for each in links
    ]
    assert np.array_equal(found, chain.render({"format": 1, "chain": placed}, audio, RATE, exact=True, tail=True))
    silence = np.zeros((2, 0), np.float32)
    assert np.array_equal(alone, chain.render({"format": 1, "chain": links[:1]}, silence, RATE, tail=True))


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({"format": 1, "chain": [{"effect": "warmth"}]}, 'no effect called "warmth"; there are: bass, compressor'),
        ({"format": 1, "chain": [{"effect": "delay", "knobs": {"glow": 1}}]}, 'delay has no knob "glow"'),
        ({"format": 2, "chain": []}, "the recipe has format 2; expected 1"),
        ({"chain": {}}, "not a recipe"),
        (
            {"format": 1, "chain": [{"effect": "convolution", "sound": "hall.wav"}]},
            'the recipe names the sound "hall.wav", which was not given in sounds',
        ),
    ],
)
def test_what_does_not_fit_is_said(project, tmp_path, recipe, words):
    with pytest.raises(Refused) as refused:
        rendered(tmp_path, project, [(recipe, music(100), False, {})])
    assert words in str(refused.value)


def test_a_plugin_answers_as_in_python(project, tmp_path):
    """Its network's arithmetic is another runtime's, so a knob may be a step away, as in the studio."""
    song, reference = music(3 * RATE), music(3 * RATE, seed=8)[:, ::-1] * np.float32(0.5)
    given = {"song": material(tmp_path / "song", song), "reference": material(tmp_path / "reference", reference)}
    (found,) = node(tmp_path, project, {"ask": ["auto_eq", given, {"strength": 0.8}, ""]})
    shipped = bundle.read(bundle.SHIPPED / "auto_eq")
    heard = {"song": [held(song, RATE)], "reference": [held(np.ascontiguousarray(reference), RATE)]}
    expected = ask(shipped, heard, {"strength": 0.8})
    assert len(found["recipe"]["chain"]) == len(expected.recipe["chain"]) == 1
    ours, theirs = found["recipe"]["chain"][0]["knobs"], expected.recipe["chain"][0]["knobs"]
    steps = {knob.name: knob.step for knob in effect.load("parametric").knobs}
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        assert value == theirs[name] or abs(value - theirs[name]) < max(1.001 * steps[name], 1e-3 * abs(value)), name
    assert found["confidence"][0].keys() == expected.confidence[0].keys()
    assert found["remarks"] == list(expected.remarks)


def test_a_plugin_that_is_not_there_is_said(project, tmp_path):
    given = {"song": material(tmp_path / "song", music(RATE))}
    with pytest.raises(Refused, match='no plugin called "auto_tune"; there are: auto_eq'):
        node(tmp_path, project, {"ask": ["auto_tune", given, {}, ""]})
