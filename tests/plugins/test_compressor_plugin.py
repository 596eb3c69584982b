"""The compressor: envelopes beside the effect, gradients, the solver, baselines."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dawg_ai import ask, audio, chain, registry
from dawg_ai import bundle as bundles
from dawg_ai.data.item import Item
from dawg_ai.dsp.instance import Native
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.plugins.compressor import (
    PLUGIN,
    STYLES,
    ballistics,
    baselines,
    envelope,
    examples,
    measure,
    model,
    rendered,
    score,
)
from dawg_ai.plugins.compressor.features import FEATURES

RATE_HZ = 44_100


def beat(seconds=6, channels=2, seed=0):
    """Noise in strokes of several levels and decays, over a hum: (channels, samples)."""
    rng = np.random.default_rng(seed)
    time = np.arange(seconds * RATE_HZ) / RATE_HZ
    level = 0.01 + sum(
        gain * np.exp(-((time - late) % period) / decay_s)
        for gain, late, period, decay_s in ((0.5, 0.0, 0.5, 0.05), (0.25, 0.25, 1.0, 0.15), (0.1, 0.125, 0.25, 0.02))
    )
    sound = rng.normal(0, 0.3, (channels, len(time))) * level + 0.02 * np.sin(2 * np.pi * 90 * time)
    return sound.astype(np.float32)


def features(sound):
    return FEATURES.extractor.extract(Native(PLUGIN.module), audio.held(sound, RATE_HZ))


def made_up_songs(count=6, seconds=24):
    """Songs of envelopes alone: strokes whose pattern, decay and level differ from song to song."""
    songs = []
    for index in range(count):
        rng = np.random.default_rng(index)
        ms = np.arange(seconds * 1000)
        strokes = sum(
            rng.uniform(-12, 0) - (ms - rng.integers(500)) % rng.integers(200, 900) * rng.uniform(0.03, 0.3)
            for _ in range(2)
        )
        power_db = np.maximum(-20 + strokes + rng.normal(0, 2, len(ms)), -70).reshape(seconds, 1000)
        arrays = {"song_power_db": power_db, "song_peak_db": power_db + 6, "song_loudness": power_db[:, ::10]}
        songs.append(Item(f"song{index}", f"artist{index // 2}", {k: np.float32(v) for k, v in arrays.items()}))
    return songs


SETTINGS = [
    {"threshold_db": -30.0, "ratio": 4.0, "knee_db": 6.0, "attack_ms": 10.0, "release_ms": 100.0},
    {"threshold_db": -22.0, "ratio": 8.0, "knee_db": 0.0, "attack_ms": 1.0, "release_ms": 40.0},
    {
        "threshold_db": -36.0,
        "ratio": 2.0,
        "knee_db": 12.0,
        "attack_ms": 60.0,
        "release_ms": 500.0,
        "mix_percent": 50.0,
    },
]


@pytest.mark.parametrize("knobs", SETTINGS)
@pytest.mark.parametrize("channels", [1, 2])
def test_the_envelopes_give_the_gain_reduction_of_the_effect(knobs, channels):
    sound = beat(channels=channels)
    right = rendered.gain_reduction_db(sound, RATE_HZ, knobs)
    power_db = features(sound)["power_db"]
    level_db, found = np.empty_like(power_db), np.empty_like(power_db)
    envelope.detect(power_db, level_db)
    values = [knobs[name] for name in examples.SETTINGS]
    envelope.reduce(level_db, *values, knobs.get("mix_percent", 100.0) / 100.0, -60.0, found)
    assert right.max() > 2
    assert np.abs(found.ravel() - right).mean() < (0.03 if channels == 1 else 0.2)


def test_the_features_are_the_levels_of_the_samples():
    sound = beat(seconds=2, channels=1)
    found = features(sound)
    seconds = sound[0, :RATE_HZ].astype(np.float64)
    assert found["peak_db"][0].max() == pytest.approx(20 * np.log10(np.abs(seconds).max()), abs=1e-3)
    mean = 10 * np.log10((10 ** (found["power_db"][0].astype(np.float64) / 10)).mean())
    assert mean == pytest.approx(10 * np.log10((seconds**2).mean()), abs=0.02)


def test_the_differentiable_compressor_is_the_kernel_and_has_its_slope():
    drawn = examples.batch(made_up_songs(), np.random.default_rng(0), 6)
    batch = {name: torch.from_numpy(array).double() for name, array in drawn.items()}
    threshold_db, ratio, knee_db, attack_ms, release_ms = batch["settings"].unbind(1)
    level_db = batch["song_level_db"]
    threshold_db = threshold_db + batch["gated_level_db"][:, 0]
    found = ballistics.reduction_db(level_db, threshold_db, ratio, knee_db, attack_ms, release_ms)
    torch.testing.assert_close(found, batch["reduction_db"], atol=1e-4, rtol=0)
    given = [each.detach()[:2].requires_grad_() for each in (threshold_db, ratio, knee_db, attack_ms, release_ms)]
    short = level_db[:2, :300]
    assert torch.autograd.gradcheck(
        lambda *values: ballistics.reduction_db(short, *values, torch.full((2,), 0.7).double()), given, atol=1e-4
    )


def test_what_the_network_sees_does_not_depend_on_loudness_and_the_gate_is_the_kernels():
    power_db, peak_db = (torch.from_numpy(features(beat())[name])[None] for name in ("power_db", "peak_db"))
    plain, louder = (model.measures(*model.relative(power_db + by, peak_db + by)) for by in (0.0, 9.0))
    torch.testing.assert_close(plain, louder, atol=1e-3, rtol=0)
    power, _ = model.relative(power_db, peak_db)
    gated = 10 * torch.log10(torch.pow(10.0, power_db / 10).mean() / power.mean())
    assert float(gated) == pytest.approx(envelope.gated_level_db(power_db[0].numpy()), abs=1e-3)
    silent = torch.full((1, 3, 1000), -120.0)
    assert model.measures(*model.relative(silent, silent)).isfinite().all()


def test_a_batch_has_the_reduction_that_its_settings_make():
    songs = made_up_songs()
    drawn = examples.draw(songs, np.arange(6), np.random.default_rng(0), replace(examples.TESTING, same=1.0))
    taken = drawn["song_power_db"] - drawn["reference_power_db"]
    np.testing.assert_allclose(taken.reshape(6, -1), drawn["reduction_db"], atol=1e-4)
    assert drawn["reduction_db"].mean() > 1 and drawn["settings"][:, 1].min() >= 1.5
    apart = examples.draw(songs, np.arange(6), np.random.default_rng(0), examples.TESTING)
    assert not np.allclose(apart["song_power_db"], apart["reference_power_db"], atol=30)


def solved(sound, style="glue", amount=1.0, settings=None, doubt_db=0.3):
    solver = Native(PLUGIN.module)
    for name, rows in features(sound).items():
        solver.set(f"song_{name}", rows)
    solver.set("mode", np.float32([settings is None, settings is not None]))
    solver.set("settings", np.float32([0, 10, 100, 1] if settings is None else settings))
    solver.set("doubt_db", np.float32([doubt_db]))
    solver.call("decode", {"style": float(STYLES.index(style)), "amount": amount})
    knobs = dict(zip(PLUGIN.chain[0].sets, solver.get("knobs"), strict=True))
    found = (solver.get(name) for name in ("asked", "made"))
    gain_db = solver.get("makeup_db") - solver.get("reduction_db")
    return knobs, *found, float(solver.get("confidence")[0]), -gain_db


@pytest.mark.parametrize("style", STYLES)
def test_a_style_makes_what_it_asks_for_in_the_rendered_sound(style):
    sound = beat(seed=3)
    knobs, asked, made, sure, reduction_db = solved(sound, style)
    assert asked[0] > 1 and 0 <= sure <= 1
    assert made[0] == pytest.approx(asked[0], abs=0.2)
    recipe = {"format": 1, "chain": [{"effect": "compressor", "knobs": _named(knobs)}]}
    after = chain.render(recipe, sound, RATE_HZ)
    changed = rendered.crest_db(after, RATE_HZ) - rendered.crest_db(sound, RATE_HZ)
    assert changed == pytest.approx(made[1], abs=0.5)
    assert integrated_lufs(after, RATE_HZ) == pytest.approx(integrated_lufs(sound, RATE_HZ), abs=0.35)
    gain = rendered.gain_reduction_db(sound, RATE_HZ, recipe["chain"][0]["knobs"])
    assert np.abs(gain - reduction_db.ravel()).mean() < 0.3, "dry and wet are made up alike"


def _named(knobs):
    known = {knob.name: knob for knob in PLUGIN.chain[0].knobs}
    return {"detector": "RMS", **{name: known[name].nearest(float(value)) for name, value in knobs.items()}}


def test_more_is_asked_for_with_the_amount_and_nothing_without():
    sound = beat()
    asked = [solved(sound, "control", amount)[1][0] for amount in (0.0, 0.5, 1.0)]
    assert asked[0] == 0 and asked[1] == pytest.approx(asked[2] / 2)
    knobs, _, made, *_ = solved(sound, "control", 0.0)
    assert made[0] < 0.05 and knobs["makeup_db"] < 0.05


def test_a_steady_sound_needs_nothing():
    steady = np.random.default_rng(0).normal(0, 0.1, (2, 4 * RATE_HZ)).astype(np.float32)
    for style in STYLES:
        _, asked, made, *_ = solved(steady, style)
        assert asked[0] == 0 and made[0] < 0.05


def test_punch_leaves_the_strokes_and_control_takes_them():
    sound = beat()
    crests = {style: solved(sound, style)[2][1] for style in ("punch", "control")}
    assert crests["punch"] > 0.3 and crests["control"] < -0.3


def test_the_settings_of_the_network_are_kept_and_an_amount_moves_the_threshold():
    sound = beat()
    full, half = (solved(sound, amount=amount, settings=[-4, 20, 150, 1]) for amount in (1.0, 0.5))
    level = envelope.gated_level_db(features(sound)["power_db"])
    assert full[0]["threshold_db"] == pytest.approx(level - 4, abs=0.051)
    assert (full[0]["attack_ms"], full[0]["release_ms"], full[0]["mix_percent"]) == (20, 150, 100)
    assert half[2][0] == pytest.approx(full[2][0] / 2, abs=0.15) and half[0]["threshold_db"] > full[0]["threshold_db"]


def test_confidence_falls_with_the_expected_error():
    sure = [solved(beat(), settings=[-4, 20, 150, 1], doubt_db=doubt)[3] for doubt in (0.05, 0.3, 1.0, 5.0)]
    assert (np.diff(sure) < 0).all() and sure[0] - sure[-1] > 0.3 and min(sure) > 0 and max(sure) < 1


def test_silence_is_left_alone():
    for settings in (None, [-4, 20, 150, 1]):
        knobs, _, made, sure, _ = solved(np.zeros((2, RATE_HZ), np.float32), settings=settings)
        assert made[0] == 0 and knobs["makeup_db"] == 0 and np.isfinite(sure)


def test_the_solver_gives_the_same_bits_in_the_bundle():
    shipped = bundles.SHIPPED / "compressor"
    if not shipped.is_dir():
        pytest.skip("not exported yet")
    sound = beat(seconds=3)
    given = {"song": [audio.held(sound, RATE_HZ)], "reference": [audio.held(beat(seconds=3, seed=1), RATE_HZ)]}
    bundle = bundles.read(shipped)
    native = ask.Host(bundle, lambda: Native(PLUGIN.module), lambda inputs: ask.network.run(bundle, inputs))
    one, other = (each(given, mode="reference") for each in (native.ask, lambda *a, **k: ask.ask(bundle, *a, **k)))
    assert one.recipe == other.recipe and one.memory["knobs"].tobytes() == other.memory["knobs"].tobytes()
    assert one.memory["reduction_db"].tobytes() == other.memory["reduction_db"].tobytes()


def test_perfect_settings_have_no_error_and_the_rules_come_in_order(monkeypatch):
    monkeypatch.setattr(baselines, "EXAMPLES_PER_SONG", 80)
    songs = made_up_songs(8)
    cases = score.cases(songs[4:], 0, 3)
    right, _ = baselines.curve_errors(cases["settings"].astype(np.float64), cases)
    assert right.max() < 1e-3
    held = measure._with_measures(cases)
    rules = baselines.fit(songs[:4], held, 0, examples.TESTING)
    errors = {name: baselines.curve_errors(rule(held), held)[0].mean() for name, rule in rules.items()}
    assert errors["nothing"] > errors["preset"] > min(errors["ridge"], errors["trees"])


def test_every_question_is_measured_for_every_song(monkeypatch):
    monkeypatch.setattr(
        rendered,
        "answers",
        lambda network, rules, clips, seed: {
            name: {"network": {"song4": 1.0}} for name in measure.QUESTIONS if name.startswith("rendered")
        },
    )
    songs = made_up_songs(6)
    parts = {"train": songs[:2], "valid": songs[2:4], "test": songs[4:]}
    found = measure.measure(model.build(0), parts, dict.fromkeys((song.id for song in songs), None), 0)
    assert set(found) == set(measure.QUESTIONS)
    for question, methods in found.items():
        assert "network" in methods
        for values in () if question.startswith("rendered") else methods.values():
            assert set(values) == {"song4", "song5"} and np.isfinite(list(values.values())).all()


def test_training_beats_a_usual_setting_in_a_few_steps():
    songs = made_up_songs(4)
    network = model.build(0)
    before = score.error(network, songs, 0)
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3)
    for step in range(25):
        network.train()
        drawn = examples.batch(songs, np.random.default_rng([0, step]), 24)
        batch = {name: torch.from_numpy(array) for name, array in drawn.items()}
        optimiser.zero_grad()
        score.loss(network(batch), batch).backward()
        optimiser.step()
    assert score.error(network, songs, 0) < 0.95 * before


def test_the_declaration_is_loaded_by_name():
    assert registry.load("compressor") is PLUGIN
