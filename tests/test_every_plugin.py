"""What must hold for every plugin there is; a new one is tested the moment its folder exists.

The toy of the tests comes along, found as any plugin from outside the package is.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import dawg_ai
from dawg_ai import audio, chain, plugin, plugins, suggest
from dawg_ai.cli import main
from dawg_ai.dsp import effect
from dawg_ai.training.batches import Song

NAMES = [*plugin.names(), "auto_gain"]
RATE_HZ = 44_100


@pytest.fixture
def chosen(request, toys):
    return plugin.load(request.param)


every_plugin = pytest.mark.parametrize("chosen", NAMES, indirect=True)


def noise(channels=2, seconds=3.0, rate_hz=RATE_HZ, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.1, (channels, round(seconds * rate_hz))).astype(np.float32)


def songs(chosen, count=6):
    """Songs of noise of various tones, two of each artist, some of a style that the plugin knows."""
    made = []
    for index in range(count):
        sound = np.cumsum(noise(seed=index, seconds=6), axis=1) * 0.01 if index % 2 else noise(seed=index, seconds=6)
        style = chosen.styles[index % len(chosen.styles)] if chosen.styles and index % 3 else None
        features = chosen.features.extract(sound.astype(np.float32), RATE_HZ)
        made.append(Song(f"made/{index}", f"artist {index // 2}", style, features))
    return made


def network_inputs(chosen, **asked):
    return suggest.inputs(chosen, (noise(), RATE_HZ), **asked)


def tensors(arrays):
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def every_way_to_ask(chosen):
    for mode in chosen.modes:
        asked = {"mode": mode.name}
        if mode.needs == "reference":
            asked["references"] = [(noise(seed=9), RATE_HZ)] * mode.most
        elif mode.needs == "style":
            asked["style"] = chosen.styles[-1]
        yield asked


@every_plugin
def test_its_folder_is_whole(chosen):
    (folder,) = [Path(root) / chosen.name for root in plugins.__path__ if (Path(root) / chosen.name).is_dir()]
    assert chosen.name == folder.name and chosen.summary
    for file in ("features.py", "examples.py", "model.py", "score.py", "README.md"):
        assert (folder / file).is_file(), f"{folder.name} lacks {file}; see dawg_ai/plugin.py"


@every_plugin
def test_what_it_declares_fits_together(chosen):
    heard = set(chosen.features.outputs)
    declared = {signal.name for signal in chosen.inputs}
    assert declared == heard | {f"reference_{name}" for name in heard} | {"mode", "style", "strength"}
    assert [signal.name for signal in chosen.outputs] == ["knobs", "confidence"]
    assert chosen.effect in effect.names()
    assert all(signal.meaning and signal.shape[0] == "batch" for signal in chosen.inputs + chosen.outputs)
    assert {mode.needs for mode in chosen.modes} <= {"", "reference", "style"}
    assert len({mode.needs for mode in chosen.modes}) == len(chosen.modes), "what is given decides the mode"
    assert all(mode.summary and mode.most >= 1 for mode in chosen.modes)
    assert list(chosen.styles) == sorted(set(chosen.styles), key=chosen.styles.index)


@every_plugin
@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_features_are_as_declared_and_finite(chosen, rate_hz, channels):
    shapes = {signal.name: signal.shape for signal in chosen.inputs}
    size = int(rate_hz * chosen.features.frame_s)
    for sound, frames in ((noise(channels, 2.5, rate_hz), int(2.5 * rate_hz) // size), (np.zeros((channels, 5)), 1)):
        found = chosen.features.extract(np.asarray(sound, np.float32), rate_hz)
        for name in chosen.features.outputs:
            assert found[name].shape == (frames, *shapes[name][2:])
            assert found[name].dtype == np.float32 and np.isfinite(found[name]).all()


@every_plugin
def test_a_batch_has_every_input_and_depends_on_its_seed_alone(chosen):
    made = songs(chosen)
    batch = chosen.part("examples").batch
    one, same, other = (batch(made, np.random.default_rng(seed), 5) for seed in (1, 1, 2))
    free = {}
    for signal in chosen.inputs:
        array = one[signal.name]
        assert array.dtype == np.float32 and np.isfinite(array).all(), signal.name
        assert len(array) == 5 and len(array.shape) == len(signal.shape)
        for declared, size in zip(signal.shape, array.shape, strict=True):
            assert free.setdefault(declared, size) == size if isinstance(declared, str) else declared == size
    for name, array in one.items():
        np.testing.assert_array_equal(array, same[name])
    assert any(not np.array_equal(array, other[name]) for name, array in one.items() if name in same)
    without_style = [Song(song.id, song.group, None, song.features) for song in made]
    assert np.isfinite(batch(without_style, np.random.default_rng(3), 5)["strength"]).all()


@every_plugin
def test_the_network_is_the_same_for_the_same_seed_and_gives_what_is_declared(chosen):
    model, same = (chosen.part("model").build(3).eval() for _ in range(2))
    knobs = effect.load(chosen.effect).knobs
    groups = dict.fromkeys(knob.group for knob in knobs)
    for asked in every_way_to_ask(chosen):
        given = tensors(network_inputs(chosen, **asked))
        with torch.no_grad():
            outputs, again = model(given), same(given)
        assert outputs["knobs"].shape == (1, len(knobs)) and outputs["confidence"].shape == (1, len(groups))
        for name in ("knobs", "confidence"):
            assert torch.equal(outputs[name], again[name]) and outputs[name].dtype == torch.float32
        assert (outputs["confidence"] >= 0).all() and (outputs["confidence"] <= 1).all()
        for knob, value in zip(knobs, outputs["knobs"][0].tolist(), strict=True):
            assert knob.minimum - 1e-4 <= value <= knob.maximum + 1e-4, knob.name


@every_plugin
def test_the_loss_teaches(chosen):
    model = chosen.part("model").build(0)
    made = tensors(chosen.part("examples").batch(songs(chosen), np.random.default_rng(0), 8))
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    losses = []
    for _ in range(12):
        optimiser.zero_grad()
        loss = chosen.part("score").loss(model(made), made)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert np.isfinite(losses).all() and min(losses[-3:]) < losses[0]
    assert all(torch.isfinite(weights.grad).all() for weights in model.parameters() if weights.grad is not None)


@every_plugin
def test_the_error_is_the_same_when_measured_again(chosen):
    model = chosen.part("model").build(0).eval()
    with torch.no_grad():
        first, second = (chosen.part("score").error(model, songs(chosen), 0) for _ in range(2))
    assert np.isfinite(first) and first == second


@every_plugin
def test_at_strength_nought_the_sound_is_left_alone(chosen):
    model = chosen.part("model").build(0).eval()
    with torch.no_grad():
        for weights in model.parameters():
            weights += 0.05 * torch.randn(weights.shape, generator=torch.Generator().manual_seed(1))
    knobs = effect.load(chosen.effect).knobs
    for asked in every_way_to_ask(chosen):
        with torch.no_grad():
            values = model(tensors(network_inputs(chosen, strength=0.0, **asked)))["knobs"][0].tolist()
        set_to = {knob.name: knob.nearest(value) for knob, value in zip(knobs, values, strict=True)}
        recipe = {"format": 1, "chain": [{"effect": chosen.effect, "knobs": set_to}]}
        np.testing.assert_allclose(chain.render(recipe, noise(), RATE_HZ), noise(), atol=1e-6)


def test_a_second_plugin_is_one_new_folder_and_nothing_else(toy, home, tmp_path, capsys):
    """A folder outside of the package is enough: it trains, is exported and works on a song."""
    name = toy.folder.name
    assert not (Path(dawg_ai.__file__).parent / "plugins" / name).exists()

    def dawg(*words):
        assert main([*words, "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    for index in range(12):
        audio.write(tmp_path / "songs" / f"disc {index}" / "song.wav", noise(seconds=2, seed=index), RATE_HZ)
    (tmp_path / "songs" / "licence.toml").write_text('licence = "own"\n')
    data = ("--data", f"folder:{tmp_path / 'songs'}")
    dawg("features", name, *data, "--workers", "1")
    assert dawg("train", name, *data)["finished"]
    assert dawg("export", name)["plugin"] == name
    song = tmp_path / "songs" / "disc 1" / "song.wav"
    figures = dawg("apply", name, str(song), str(tmp_path / "out.wav"), "--reference", str(song))
    assert figures["recipe"]["chain"][0]["effect"] == "eq"
    assert audio.read(tmp_path / "out.wav")[0].shape == audio.read(song)[0].shape
    assert {path.name for path in home.iterdir()} == {"bundles", "features", "runs"}
