"""Interpreted, native and WebAssembly: the same bits."""

import json

import instruments
import numpy as np
import parity
import pytest

from dawg_ai.dsp import effect
from dawg_ai.plugins.auto_eq.features import FEATURES
from dawg_ai.wasm import build

RATE = 44_100
NOTES = [[0.0, 0.1, 36, 0.9, 0, 0], [0.01, 0.1, 42, 0.5, 0, 0], [0.02, 0.1, 38, 0.7, 0, 0], [0.3, 0.1, 50, 0.8, 0, 0]]
SIZES = [1, 4096, 17, 128, 1000, 2, 3, 5]
FEATURES_PATH = "dawg_ai.plugins.auto_eq:PLUGIN"


def noise(samples, channels=2):
    return (0.2 * np.random.default_rng(10).standard_normal((channels, samples))).astype(np.float32)


def music(samples):
    """Four decaying chords and a drum, the second channel a little later."""
    t = np.arange(samples) / RATE
    since = t % 0.5
    chord = np.array([[220, 277.2, 329.6], [196, 246.9, 293.7], [174.6, 220, 261.6], [164.8, 207.7, 246.9]])
    hz = chord[(t / 0.5).astype(int) % 4]
    tones = sum((np.sin(2 * np.pi * k * hz * since[:, None]) / k).sum(1) for k in range(1, 6)) * np.exp(-3 * since)
    drum = np.sin(2 * np.pi * 60 * since) * np.exp(-20 * since)
    left = 0.1 * tones + 0.5 * drum
    return np.stack([left, np.roll(left, 37)]).astype(np.float32)


def effect_job(name, audio):
    rng = np.random.default_rng(11)
    knobs = [knob.nearest(rng.uniform(knob.minimum, knob.maximum)) for knob in effect.load(name).knobs]
    load = 1000 if effect.load(name).load else 0
    loaded = effect.load(name)
    play = NOTES if loaded.plays == "notes" else instruments.rows(loaded).tolist() if loaded.play else []
    path, keep = f"dawg_ai.dsp.effects.{name}:EFFECT", ["y", "state"]
    return parity.Job(path, audio, "process", keep, {"knobs": knobs}, SIZES, load=load, play=play)


def loudness_job(audio):
    return parity.Job(
        "dawg_ai.dsp.meters.loudness:MODULE", audio, "block", ["state", "progress"], {}, SIZES,
        free={"steps": 40}, last="integrated",
    )  # fmt: skip


def features_job(audio, rate):
    keep = [*FEATURES.outputs, "spectrum"]
    return parity.Job(FEATURES_PATH, audio, "frame", keep, {}, [rate], sample_rate_hz=float(rate))


def second_pass_job(name, audio):
    keep = ["y", "segment", "progress"]
    return parity.Job(
        f"dawg_ai.dsp.effects.{name}:EFFECT", 3 * audio, "analyse", keep, {}, SIZES, into="y", last="apply"
    )


@pytest.mark.parametrize("name", effect.names())
@pytest.mark.parametrize("audio", [noise(60_000), noise(20_000, 1), music(60_000)], ids=["noise", "mono", "music"])
def test_effects_in_node_equal_native(name, audio, tmp_path):
    job = effect_job(name, audio)
    expected, _ = parity.native(job)
    found, report = parity.node(job, tmp_path, *parity.built(name))
    assert parity.same(found, expected)
    assert report["imports"] == ["env.__linear_memory"]
    assert report["pages"] == parity.built(name)[1]["bytes"] // 65_536  # memory does not grow


@pytest.mark.parametrize("name", [name for name in effect.names() if effect.load(name).apply])
def test_second_passes_in_node_equal_native(name, tmp_path):
    job = second_pass_job(name, music(60_000))
    assert parity.same(parity.node(job, tmp_path, *parity.built(name))[0], parity.native(job)[0])


def test_a_changed_sample_would_be_noticed(tmp_path):
    audio = music(5_000)
    expected, _ = parity.native(effect_job("parametric", audio))
    audio[1, 2_000] = np.nextafter(audio[1, 2_000], np.float32(1))
    found, _ = parity.node(effect_job("parametric", audio), tmp_path, *parity.built("parametric"))
    assert not parity.same(found, expected)


def short_jobs():
    """One of every module, short enough to be interpreted."""
    effects = [effect_job(name, music(2_000)) for name in effect.names()]
    return [
        *effects,
        second_pass_job("limiter", music(2_000)),
        loudness_job(music(20_000)),
        features_job(noise(8_000), 8_000),
    ]


def test_interpreted_equals_native(tmp_path):
    jobs = short_jobs()
    for job, found in zip(jobs, parity.elsewhere(jobs, tmp_path, NUMBA_DISABLE_JIT="1"), strict=True):
        expected = parity.native(job)
        assert parity.same(found[0], expected[0]) and found[1] == expected[1], job.path


def test_loudness_in_node_equals_native(tmp_path):
    job = loudness_job(music(60_000))
    expected, lufs = parity.native(job)
    found, report = parity.node(job, tmp_path, *parity.built("loudness"))
    assert parity.same(found, expected) and report["returned"] == lufs and np.isfinite(lufs)


@pytest.mark.parametrize("rate, channels", [(44_100, 2), (44_100, 1), (8_000, 2), (96_000, 2)])
def test_features_in_node_equal_native(rate, channels, features_wasm, tmp_path):
    job = features_job(noise(2 * rate, channels), rate)
    assert parity.same(parity.node(job, tmp_path, *features_wasm)[0], parity.native(job)[0])


def test_manifest_says_what_the_declarations_say():
    manifest = json.loads((build.BUILT / "manifest.json").read_text("utf-8"))
    assert manifest["format"] == build.FORMAT and set(manifest["modules"]) >= {*effect.names(), "loudness"}
    for name in effect.names():
        declared = effect.load(name)
        assert [knob["name"] for knob in manifest["modules"][name]["knobs"]] == [knob.name for knob in declared.knobs]
