"""What `dawg export` makes computes what PyTorch computes, and tells nothing of the machine it was made on."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import dawg_ai
from dawg_ai import ask, network, registry
from dawg_ai import bundle as bundles
from dawg_ai.audio import held
from dawg_ai.cli import main
from dawg_ai.errors import DawgError
from dawg_ai.export import onnx
from dawg_ai.export.make import trained_run
from dawg_ai.training import checkpoint as checkpoints
from dawg_ai.training import loop

FRAMES = [(1, 1), (2, 1), (1, 7), (64, 3), (241, 600)]


@pytest.fixture(scope="module")
def auto_eq():
    """The network of `auto_eq` with random weights that do something, and its graph."""
    chosen = registry.load("auto_eq")
    model = chosen.part("model").build(0).eval()
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(1)
        for weights in model.parameters():
            weights += 0.03 * torch.randn_like(weights)
    return chosen, model, onnx.export(chosen, model)


def music(chosen, batch, frames, reference_frames, seed=0):
    """Inputs such as music has them: levels in dB that fall with frequency, quiet and loud seconds."""
    rng = np.random.default_rng(seed)
    given = onnx.example_inputs(
        chosen, {"batch": batch, "frames": frames, "reference_frames": reference_frames}, seed
    )
    for source in ("song", "reference"):
        shape = given[f"{source}_bands"].shape
        level = rng.normal(-30, 8, (*shape[:2], 1))
        slope = np.linspace(0, -40, shape[2]) + rng.normal(0, 4, shape)
        given[f"{source}_bands"] = (level + slope).astype(np.float32)
        given[f"{source}_loudness"] = level.astype(np.float32)
    given["mode"] = np.eye(3, dtype=np.float32)[rng.integers(3, size=batch)]
    given["style"] = np.eye(given["style"].shape[1], dtype=np.float32)[rng.integers(9, size=batch)]
    return given


@pytest.mark.parametrize(("frames", "reference_frames"), FRAMES)
def test_onnx_runtime_computes_what_pytorch_computes(auto_eq, frames, reference_frames):
    for batch in (1, 3):
        given = music(auto_eq[0], batch, frames, reference_frames, seed=frames)
        assert onnx.difference(*auto_eq, given) < network.TOLERANCE


def test_the_runtime_has_nothing_to_say_about_the_graph(auto_eq, capfd):
    chosen, _, graph = auto_eq
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    session.run(None, music(chosen, 1, 5, 2))
    assert capfd.readouterr() == ("", "")


def test_without_a_reference_too(auto_eq):
    given = music(auto_eq[0], 1, 30, 1)
    given |= {name: np.zeros_like(value) for name, value in given.items() if name.startswith("reference_")}
    given["mode"] = np.eye(3, dtype=np.float32)[:1]
    given["style"] = np.eye(9, dtype=np.float32)[:1]
    assert onnx.difference(*auto_eq, given) < network.TOLERANCE


def test_the_outputs_are_within_the_knobs(auto_eq):
    chosen, _, graph = auto_eq
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    knobs, doubt_db = session.run(["knobs", "doubt_db"], music(chosen, 16, 9, 4))
    for knob, values in zip(chosen.chain[0].knobs, knobs.T, strict=True):
        assert (values >= knob.minimum).all() and (values <= knob.maximum).all(), knob.name
    assert (doubt_db > 0).all()


class OneOff(torch.nn.Module):
    """A network of which one value of one output is a little off."""

    def __init__(self, model, output, off, at):
        super().__init__()
        self.model, self.output, self.off, self.at = model, output, off, at

    def forward(self, inputs):
        outputs = dict(self.model(inputs))
        wrong = outputs[self.output].clone()
        wrong.flatten()[self.at] += self.off
        return {**outputs, self.output: wrong}


@pytest.mark.parametrize("at", [0, -1])
@pytest.mark.parametrize("output", [signal.name for signal in registry.load("auto_eq").outputs])
def test_a_difference_in_any_value_of_any_output_is_found(auto_eq, output, at):
    chosen, model, graph = auto_eq
    given = music(chosen, 2, 9, 4)
    before = float(onnx.run(chosen, model, given)[output].flat[at])
    for off in (-0.01, 0.01):
        found = onnx.difference(chosen, OneOff(model, output, off, at), graph, given)
        assert found == pytest.approx(0.01 / max(abs(before + off), 1), rel=0.05)
    assert np.isnan(onnx.difference(chosen, OneOff(model, output, float("nan"), at), graph, given))


def test_the_graph_tells_nothing_of_this_machine_and_is_small(auto_eq):
    graph = auto_eq[2]
    assert len(graph) < 900_000  # a bundle is below 1 MB, and the rest of it is about 30 kB
    assert no_paths_of_this_machine(graph)


def no_paths_of_this_machine(content):
    folders = {Path(dawg_ai.__file__).parents[1], Path.home(), Path(torch.__file__).parents[1], Path.cwd()}
    return not any(str(folder).encode() in content for folder in folders) and b"site-packages" not in content


def test_a_bundle_tells_nothing_of_this_machine(bundle, trained):
    for path in bundle.folder.iterdir():
        content = path.read_bytes()
        assert no_paths_of_this_machine(content), path.name
        assert str(trained).encode() not in content, path.name
        assert b"/tmp" not in content, path.name
    made = bundle.declaration["made"]
    assert made["data"] == ["folder:songs"] and made["command"] in (bundle.folder / "CARD.md").read_text()
    card = (bundle.folder / "CARD.md").read_text()
    assert "dawg train auto_gain --data folder:songs --split 0 --seed 0" in card
    assert "dawg evaluate auto_gain --data folder:songs --splits 0 --seeds 0" in card
    assert "| good |" in card


def test_it_names_whom_to_thank(bundle):
    licences = (bundle.folder / "LICENCES.md").read_text()
    assert licences.count(": LicenseRef-own") == 12 and "by Ada 3: LicenseRef-own" in licences


def test_its_own_example_is_what_the_best_weights_give(bundle):
    network.check(bundle)
    chosen = registry.load("auto_gain")
    model = loop.trained(chosen, trained_run(chosen))
    example = json.loads((bundle.folder / "check.json").read_text())
    inputs = {name: torch.tensor(value) for name, value in example["inputs"].items()}
    with torch.no_grad():
        outputs = model(inputs)
    for name, value in example["outputs"].items():
        np.testing.assert_array_equal(outputs[name].numpy(), np.array(value, np.float32))
    assert abs(outputs["knobs"][0, -1]) > 0.1


def test_a_term_that_keeps_a_logarithm_finite_is_kept(bundle):
    """An optimiser once took x + 1e-9 for x; without a reference the toy then takes the logarithm of zero."""
    song = held(np.full((1, 44_100), 0.1, np.float32), 44_100)
    assert np.isfinite(ask.ask(bundle, {"song": [song]}).memory["knobs"]).all()


def test_a_runtime_that_computes_differently_is_reported(bundle, monkeypatch):
    right = network.run
    monkeypatch.setattr(
        network, "run", lambda bundle, inputs: {name: each * 1.001 for name, each in right(bundle, inputs).items()}
    )
    with pytest.raises(DawgError, match=r"knobs differs by .* \(allowed: 1e-05\)"):
        network.check(bundle)


@pytest.mark.parametrize("output", ["knobs", "confidence"])
def test_every_output_is_checked_alone(bundle, monkeypatch, output):
    right = network.run

    def wrong(bundle, inputs):
        outputs = right(bundle, inputs)
        outputs[output] = outputs[output].copy()
        outputs[output].flat[-1] += 1e-3
        return outputs

    monkeypatch.setattr(network, "run", wrong)
    with pytest.raises(DawgError, match=f"{output} differs by"):
        network.check(bundle)


def test_a_graph_that_differs_in_one_output_and_one_mode_is_not_exported(trained_home, monkeypatch, capsys):
    """The gate compares what the runtime makes of the graph with PyTorch, whatever the outputs are."""
    right, compared = onnx.difference, []

    def difference(plugin, model, graph, inputs):
        compared.append(inputs["mode"].argmax())
        off = 1e-3 if inputs["mode"].argmax() == 0 else 0.0
        return right(plugin, OneOff(model, "confidence", off, 0), graph, inputs)

    monkeypatch.setattr(onnx, "difference", difference)
    assert main(["export", "auto_gain"]) == 1
    assert "in mode fix, ONNX Runtime is 1.0e-03 off from PyTorch" in capsys.readouterr().err
    assert 0 in compared


def test_a_bundle_that_does_not_check_out_does_not_replace_the_one_before(bundle, monkeypatch, capsys):
    before = (bundle.folder / "plugin.json").read_bytes()
    right = network.run
    monkeypatch.setattr(
        network, "run", lambda bundle, inputs: {name: each * 1.001 for name, each in right(bundle, inputs).items()}
    )
    assert main(["export", "auto_gain"]) == 1
    assert "differs by" in capsys.readouterr().err
    assert (bundle.folder / "plugin.json").read_bytes() == before
    assert [path.name for path in bundle.folder.parent.iterdir()] == ["auto_gain"]


def test_a_new_network_in_the_same_folder_is_the_one_that_is_run(bundle, trained_home):
    example = json.loads((bundle.folder / "check.json").read_text())
    inputs = {name: np.array(value, np.float32) for name, value in example["inputs"].items()}
    before = network.run(bundle, inputs)["knobs"]
    (checkpoint,) = trained_home.glob("runs/*/*/checkpoint.pt")
    saved = checkpoints.load(checkpoint.parent)
    saved["best"]["weights"]["layers.3.bias"] += 0.1
    checkpoints.save(checkpoint.parent, saved)
    assert main(["export", "auto_gain", "--json"]) == 0
    after = network.run(bundles.load("auto_gain"), inputs)["knobs"]
    assert abs(after[0, -1] - before[0, -1]) > 0.5


def test_another_folder(trained_home, tmp_path, capsys):
    assert main(["export", "auto_gain", "--out", str(tmp_path / "out"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert Path(said["folder"]) == tmp_path / "out" / "auto_gain"
    assert sum(said["bytes"].values()) < 1_000_000
    assert said["offered"] == ["fix", "reference", "style"] and said["licence"] == "CC0-1.0"


def test_the_graph_names_the_licence_of_its_weights(bundle):
    session = onnxruntime.InferenceSession(bundle.folder / "model.onnx")
    named = session.get_modelmeta().custom_metadata_map["model_license"]
    assert named == bundle.declaration["licence"] == "CC0-1.0"
    assert "The weights are under CC0-1.0" in (bundle.folder / "LICENCES.md").read_text()


def test_what_only_the_user_has_the_right_to_is_not_exported_by_default(trained_home, tmp_path, capsys):
    (run,) = (trained_home / "runs" / "auto_gain").iterdir()
    clips = json.loads((run / "clips.json").read_text())
    clips[3]["spdx"] = "LicenseRef-private"
    (run / "clips.json").write_text(json.dumps(clips))
    assert main(["export", "auto_gain", "--out", str(tmp_path / "out"), "--json"]) == 2
    said = capsys.readouterr().err
    assert f"1 clip whose weights may not be shipped, such as {clips[3]['id']}" in said and "--private" in said
    assert not (tmp_path / "out").exists()
    assert main(["export", "auto_gain", "--out", str(tmp_path / "out"), "--private", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["licence"] == "LicenseRef-private"
    assert "not to be shared" in (tmp_path / "out" / "auto_gain" / "LICENCES.md").read_text()


def test_what_is_not_trained_cannot_be_exported(toys, capsys):
    assert main(["export", "auto_gain"]) == 2
    assert "auto_gain is not trained yet; train it with: dawg train auto_gain" in capsys.readouterr().err


def test_a_mode_that_has_to_be_proven_and_was_not_measured_is_not_offered(trained_home, capsys):
    (judged,) = trained_home.glob("runs/*/*/evaluation.json")
    judged.unlink()
    assert main(["export", "auto_gain", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["offered"] == ["fix", "reference"]
    assert "Not evaluated." in (trained_home / "bundles" / "auto_gain" / "CARD.md").read_text()


RECURRENT = """
import torch
from torch import Tensor, nn


def build(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return Recurrent()


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(1, 4, batch_first=True)
        self.out = nn.Linear(4, 1)

    def forward(self, given: dict[str, Tensor]) -> dict[str, Tensor]:
        states, _ = self.gru(given["song_power"])
        trim_db = self.out(states[:, -1]) + 0 * (given["strength"] + given["mode"].sum() + given["style"].sum())
        return {"knobs": trim_db + 0 * given["reference_power"].sum(), "confidence": torch.ones_like(trim_db)}
"""


def test_every_recurrent_network_keeps_its_time_axis(toy):
    """The exporter freezes that of all but the first that a process exports, so each gets a process of its own."""
    (toy.folder / "model.py").write_text(RECURRENT)
    chosen = toy.load()
    model = chosen.part("model").build(0).eval()
    for _ in range(2):
        graph = onnx.export(chosen, model)
        assert onnx.frozen_axes(chosen, graph) == []
        for frames in (1, 5, 30):
            given = onnx.example_inputs(chosen, {"batch": 2, "frames": frames, "reference_frames": 3})
            assert onnx.difference(chosen, model, graph, given) < network.TOLERANCE


def test_a_frozen_axis_is_found_and_refused(toy, monkeypatch):
    """As when a second recurrent network is exported in a process that has exported one."""
    (toy.folder / "model.py").write_text(RECURRENT)
    chosen = toy.load()
    model = chosen.part("model").build(0).eval()
    graph = onnx.onnx.load_model_from_string(onnx.export(chosen, model))
    graph.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 12
    frozen = graph.SerializeToString()
    assert onnx.frozen_axes(chosen, frozen) == ["frames of song_power is 12"]
    monkeypatch.setattr(onnx.Path, "read_bytes", lambda path: frozen)
    with pytest.raises(DawgError, match=r"has frozen axes .* declared as free: frames of song_power is 12; look in"):
        onnx.export(chosen, model)


def test_what_the_exporter_cannot_do_is_reported(toy):
    (toy.folder / "model.py").write_text(RECURRENT.replace("states[:, -1]", "states[:, int(states.sum())]"))
    chosen = toy.load()
    with pytest.raises(DawgError, match=f"{chosen.name} could not be exported: ") as caught:
        onnx.export(chosen, chosen.part("model").build(0).eval())
    assert "\n" in str(caught.value) and "\\n" not in str(caught.value), "the exporter's words as they are"


def test_an_output_that_is_fed_back_may_be_called_as_the_input(toy):
    toy.edit(
        "__init__.py", "outputs=(", 'outputs=(\n        Signal("song_power", ("batch", "frames", 1), "fed back"),'
    )
    toy.edit("model.py", 'return {"knobs"', 'return {"song_power": 0.5 * given["song_power"], "knobs"')
    chosen = toy.load()
    model = chosen.part("model").build(0).eval()
    graph = onnx.export(chosen, model)
    noise = onnx.example_inputs(chosen, {"batch": 1, "frames": 4, "reference_frames": 2})
    given = {name: abs(values) for name, values in noise.items()}  # powers, of which logarithms are taken
    assert onnx.frozen_axes(chosen, graph) == [] and onnx.difference(chosen, model, graph, given) < network.TOLERANCE


def test_weights_of_another_state_of_the_plugin_are_not_exported(trained_home, monkeypatch, capsys):
    chosen = registry.load("auto_gain")
    (settings,) = trained_home.glob("runs/*/*/settings.json")
    old = json.loads(settings.read_text())
    settings.write_text(json.dumps({**old, "code": "of other examples"}))
    assert main(["export", "auto_gain"]) == 1
    said = capsys.readouterr().err
    assert f"{chosen.name} has changed since it was trained" in said and "dawg train auto_gain --data folder:" in said
