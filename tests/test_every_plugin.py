"""What must hold for every plugin there is; a new one is tested the moment its folder exists.

The toys of the tests come along, found as any plugin from outside the package is: one that sets a knob, one that sets
three effects and has a solver, one that takes notes, samples with a seed, and plays an instrument.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import dawg_ai
from dawg_ai import ask, audio, plugin, plugins, registry
from dawg_ai import bundle as bundles
from dawg_ai.audio import held
from dawg_ai.cli import main
from dawg_ai.data.item import Item
from dawg_ai.dsp import effect
from dawg_ai.dsp.instance import Native
from dawg_ai.export import make, onnx
from dawg_ai.features.audio import AudioFeatures
from dawg_ai.plugin import OURS

TOYS = ["auto_gain", "tiny_drums", "tiny_master"]
NAMES = [*registry.names(), *TOYS]
RATE_HZ = 44_100


@pytest.fixture
def chosen(request, toys):
    return registry.load(request.param)


every_plugin = pytest.mark.parametrize("chosen", NAMES, indirect=True)


def noise(channels=2, seconds=3.0, rate_hz=RATE_HZ, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.1, (channels, round(seconds * rate_hz))).astype(np.float32)


def pattern(seed=0, count=24):
    """Notes of drums, a row each, sorted."""
    rng = np.random.default_rng(seed)
    starts = np.sort(rng.integers(32, size=count)) / 8
    columns = [starts, np.full(count, 0.1), rng.choice([36, 38, 42], count), rng.uniform(0.2, 1, count)]
    return np.float32([*columns, np.zeros(count), np.zeros(count)]).T


def material(source, seed=0, seconds=3.0):
    """What a source may be given."""
    if isinstance(source.features, AudioFeatures):
        return held(noise(seed=seed, seconds=seconds), RATE_HZ)
    return pattern(seed)


def items(chosen, count=6):
    """Items of noise of various tones, or of various patterns, two of each artist, some of a style."""
    made = []
    for index in range(count):
        features = {}
        for name, source in chosen.computed.items():
            given = material(source, index, 6.0)
            if index % 2 and isinstance(source.features, AudioFeatures):
                given = held((np.cumsum(given.audio(), axis=1) * 0.01).astype(np.float32), RATE_HZ)
            found = source.features.extractor.extract(Native(chosen.training_module), given)
            features |= {f"{name}_{output}": array for output, array in found.items()}
        styles = [choice for knob in chosen.controls if knob.name == "style" for choice in knob.choices[1:]]
        style = styles[index % len(styles)] if styles and index % 3 else None
        made.append(Item(f"made/{index}", f"artist {index // 2}", features, style))
    return made


def tensors(arrays):
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def every_way_to_ask(chosen):
    """Files by source, controls and mode."""
    needed = {name for mode in chosen.modes for name in mode.needs}
    for mode in chosen.modes:
        given = {
            source.name: [material(source, seed) for seed in range(source.most)]
            for source in chosen.sources
            if source.asked and (source.name in mode.needs or source.name not in needed)
        }
        yield given, {knob.name: knob.maximum for knob in chosen.controls if knob.name in mode.needs}, mode.name


def host(chosen, model):
    return ask.Host.of(chosen, lambda inputs: onnx.run(chosen, model, inputs))


@every_plugin
def test_its_folder_is_whole(chosen):
    (folder,) = [Path(root) / chosen.name for root in plugins.__path__ if (Path(root) / chosen.name).is_dir()]
    assert chosen.name == folder.name and chosen.summary
    for file in ("features.py", "examples.py", "model.py", "score.py", "measure.py", "README.md"):
        assert (folder / file).is_file(), f"{folder.name} lacks {file}; see dawg_ai/plugin.py"


@every_plugin
def test_what_it_declares_fits_together(chosen):
    asked = {source.name for source in chosen.sources if source.asked}
    controls = {knob.name for knob in chosen.controls}
    arrays = {f"{s.name}_{output}" for s in chosen.sources if s.asked for output in s.features.names}
    kernels = set(chosen.module.arrays())
    assert len(asked | controls) == len(asked) + len(controls), "a source and a control share a name"
    for signal in chosen.inputs:
        assert signal.name in arrays | controls | {"mode"} | kernels, f"nothing makes the input {signal.name}"
    assert all(signal.meaning is not None and signal.shape[0] == "batch" for signal in chosen.inputs + chosen.outputs)
    for mode in chosen.modes:
        assert mode.summary and set(mode.needs) <= asked | controls, mode.name
        assert not mode.proven_by or mode.proven_by in chosen.part("measure").QUESTIONS
    assert len({frozenset(mode.needs) for mode in chosen.modes}) == len(chosen.modes), (
        "what is given decides the mode"
    )
    for link in chosen.chain:
        assert link.effect in effect.names() and len(link.knobs) == len(link.sets)
        effect.load(link.effect).vector(link.fixed)
        assert not set(link.fixed) & set(link.sets)
    if any(link.sets for link in chosen.chain):
        assert "knobs" in {signal.name for signal in chosen.outputs} | kernels, "nothing makes the knobs"
    assert set(chosen.meters) <= set(plugin.METERS) and bool(chosen.refine) == bool(chosen.meters)
    assert chosen.data and all(spec for spec in chosen.data)


@every_plugin
@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_features_are_as_declared_and_finite(chosen, rate_hz, channels):
    shapes = {signal.name: signal.shape for signal in chosen.inputs}
    for source in chosen.sources:
        if isinstance(source.features, AudioFeatures):
            frame = int(rate_hz * source.features.frame_s)
            hop = int(rate_hz * (source.features.hop_s or source.features.frame_s))
            long = noise(channels, 2.5 * source.features.frame_s, rate_hz)
            short = np.zeros((channels, 5), np.float32)
            cases = [(held(long, rate_hz), 1 + (long.shape[1] - frame) // hop), (held(short, rate_hz), 1)]
        else:
            cases = [(pattern(), None), (np.zeros((0, 6), np.float32), None)]
        for given, frames in cases:
            found = source.features.extractor.extract(Native(chosen.training_module), given)
            assert set(found) == set(source.features.names)
            for name, array in found.items():
                assert array.dtype == np.float32 and np.isfinite(array).all()
                if f"{source.name}_{name}" in shapes and name in source.features.outputs:
                    assert array.shape[1:] == shapes[f"{source.name}_{name}"][2:]
                    assert len(array) >= 1 and frames in (None, len(array))


@every_plugin
def test_a_batch_has_every_input_and_depends_on_its_seed_alone(chosen):
    made = items(chosen)
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
    without_style = [Item(item.id, item.group, item.features) for item in made]
    for array in batch(without_style, np.random.default_rng(3), 5).values():
        assert np.isfinite(array).all()


@every_plugin
def test_the_network_is_the_same_for_the_same_seed_and_gives_what_is_declared(chosen):
    model, same = (chosen.part("model").build(3).eval() for _ in range(2))
    knobs = [knob for link in chosen.chain for knob in link.knobs]
    for given, controls, mode in every_way_to_ask(chosen):
        made = host(chosen, model)
        inputs = made.inputs(made.memory(given, controls, mode))
        outputs, again = (onnx.run(chosen, each, inputs) for each in (model, same))
        assert list(outputs) == [signal.name for signal in chosen.outputs]
        for signal in chosen.outputs:
            array = outputs[signal.name]
            np.testing.assert_array_equal(array, again[signal.name])
            assert array.dtype == np.float32 and array.ndim == len(signal.shape) and np.isfinite(array).all()
        if "confidence" in outputs:
            assert outputs["confidence"].shape == (1, sum(len(link.groups) for link in chosen.chain))
            assert (outputs["confidence"] >= 0).all() and (outputs["confidence"] <= 1).all()
        for knob, value in zip(knobs, outputs.get("knobs", np.zeros((1, len(knobs))))[0].tolist(), strict=True):
            assert knob.minimum - 1e-4 <= value <= knob.maximum + 1e-4 or "knobs" not in outputs, knob.name


@every_plugin
def test_its_answer_renders_and_is_the_same_again(chosen):
    model = chosen.part("model").build(3).eval()
    for given, controls, mode in every_way_to_ask(chosen):
        one, same = (host(chosen, model).ask(given, controls, mode) for _ in range(2))
        assert one.recipe == same.recipe and json.loads(json.dumps(one.recipe)) == one.recipe
        rendered = ask.rendered(one.recipe, given).audio()
        assert np.isfinite(rendered).all() and rendered.shape[1]


@every_plugin
def test_the_loss_teaches(chosen):
    model = chosen.part("model").build(0)
    made = tensors(chosen.part("examples").batch(items(chosen), np.random.default_rng(0), 8))
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
        first, second = (chosen.part("score").error(model, items(chosen), 0) for _ in range(2))
    assert np.isfinite(first) and first == second


@every_plugin
def test_every_kernel_and_both_loops_give_the_same_bits_in_webassembly(chosen):
    """The host with the compiled kernels, as `dawg apply` and the browser have it, beside the native one."""
    wasm, entry = make.build.compile_module(f"{plugins.__name__}.{chosen.name}:PLUGIN")
    model = chosen.part("model").build(3).eval()
    native = host(chosen, model)
    compiled = ask.Host(native.bundle, lambda: ask.Compiled(wasm, entry), native.network)
    for given, controls, mode in every_way_to_ask(chosen):
        one, other = (each.ask(given, controls, mode) for each in (native, compiled))
        assert one.recipe == other.recipe
        assert one.memory.keys() == other.memory.keys()
        for name, value in one.memory.items():
            np.testing.assert_array_equal(value, other.memory[name], err_msg=name)


def test_at_strength_zero_the_audio_is_unchanged(toys):
    for chosen in map(registry.load, NAMES):
        if "strength" not in {knob.name for knob in chosen.controls}:
            continue
        model = chosen.part("model").build(0).eval()
        with torch.no_grad():
            for weights in model.parameters():
                weights += 0.05 * torch.randn(weights.shape, generator=torch.Generator().manual_seed(1))
        for given, controls, mode in every_way_to_ask(chosen):
            recipe = host(chosen, model).ask(given, {**controls, "strength": 0.0}, mode).recipe
            rendered = ask.rendered(recipe, given).audio()
            np.testing.assert_allclose(rendered, given["song"][0].audio(), atol=1e-6)


@pytest.mark.parametrize("name", ["auto_gain", "tiny_master", "tiny_drums"])
def test_a_plugin_is_one_new_folder_and_nothing_else(name, toys, home, tmp_path, capsys):
    """A folder outside of the package is enough: it trains, is evaluated, exported, and works."""
    assert not (Path(dawg_ai.__file__).parent / "plugins" / name).exists()

    def dawg(*words):
        assert main([*map(str, words), "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    songs = tmp_path / "songs"
    for index in range(12):
        folder = songs / f"disc {index}"
        audio.write(folder / "song.wav", noise(seconds=2, seed=index), RATE_HZ)
        rows = pattern(index).tolist()
        (folder / "song.notes.json").write_text(json.dumps({"format": 1, "notes": rows}))
    (songs / "licence.toml").write_text('licence = "own"\n')
    data = ("--data", f"folder:{songs}")
    assert dawg("features", name, *data, "--workers", "1")["clips"] == 12
    assert dawg("train", name, *data)["finished"]
    measured = dawg("evaluate", name, *data)
    assert {row["question"] for row in measured["rows"]} == set(registry.load(name).part("measure").QUESTIONS)
    assert all(
        any(row["method"] == OURS for row in measured["rows"] if row["question"] == q) for q in measured["questions"]
    )
    assert dawg("export", name)["plugin"] == name
    card = (bundles.load(name).folder / "CARD.md").read_text()
    assert measured["table"] in card and "LicenseRef-own" in (bundles.load(name).folder / "LICENCES.md").read_text()
    song = songs / "disc 1" / "song.wav"
    given = {
        "auto_gain": (song, tmp_path / "out.wav", "--reference", song),
        "tiny_master": (song, tmp_path / "out.wav", "--loudness-lufs", "-18"),
        "tiny_drums": (tmp_path / "out.wav", "--pattern", songs / "disc 1" / "song.notes.json", "--seed", "7"),
    }[name]
    figures = dawg("apply", name, *given)
    effects = {"auto_gain": ["parametric"], "tiny_master": ["parametric", "stereo", "limiter"], "tiny_drums": ["kit"]}
    assert [link["effect"] for link in figures["recipe"]["chain"]] == effects[name]
    rendered = audio.read(tmp_path / "out.wav")[0]
    assert rendered.shape == audio.read(song)[0].shape or name == "tiny_drums"
    (tmp_path / "recipe.json").write_text(json.dumps(figures))
    if name != "tiny_drums":
        assert (
            main(["render", str(song), str(tmp_path / "again.wav"), "--recipe", str(tmp_path / "recipe.json")]) == 0
        )
        np.testing.assert_array_equal(audio.read(tmp_path / "again.wav")[0], rendered)
    assert {path.name for path in home.iterdir()} == {"bundles", "features", "runs"}
