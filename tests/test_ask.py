"""Asking a bundle from Python: what is given decides, what is off is refused, what comes back can be rendered."""

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest

import dawg_ai
from dawg_ai import ask, chain, network, request
from dawg_ai import bundle as bundles
from dawg_ai.audio import held
from dawg_ai.dsp import effect
from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.plugin import Signal
from dawg_ai.registry import load

RATE_HZ = 22_050


def song(seconds=2.0, level=0.1, channels=2, seed=0, rate_hz=RATE_HZ):
    rng = np.random.default_rng(seed)
    return held(rng.normal(0, level, (channels, round(seconds * rate_hz))).astype(np.float32), rate_hz)


def asked(bundle, *references, mode="", **controls):
    return ask.ask(bundle, {"song": [song()], "reference": list(references)}, controls, mode)


def host(name):
    return ask.Host.of(load(name), lambda inputs: {})


def inputs(name, *references, **controls):
    made = host(name)
    return made.inputs(made.memory({"song": [song(3.5)], "reference": list(references)}, controls))


def test_values_are_those_the_knobs_can_take(bundle):
    answer = asked(bundle)
    (link,) = answer.recipe["chain"]
    knobs = {knob.name: knob for knob in effect.load(link["effect"]).knobs}
    assert list(link["knobs"]) == ["trim_db"]
    assert all(knobs[name].nearest(value) == value for name, value in link["knobs"].items())
    assert [list(each) for each in answer.confidence] == [["All bands"]] and answer.remarks == ()
    assert json.loads(json.dumps(answer.recipe)) == answer.recipe
    assert json.loads(json.dumps(answer.confidence)) == [dict(each) for each in answer.confidence]
    assert "song_power" in answer.memory and "song_power" not in repr(answer)


def test_inputs_are_as_declared_in_every_mode():
    chosen = load("auto_eq")
    three = [song(1.0, seed=1), song(2.2, seed=2), song(0.1, seed=3)]
    fix = inputs("auto_eq")
    assert list(fix) == [signal.name for signal in chosen.inputs]
    assert all(value.dtype == np.float32 for value in fix.values())
    assert fix["song_bands"].shape == (1, 3, 55) and fix["reference_bands"].shape == (1, 1, 55)
    assert not fix["reference_bands"].any() and not fix["reference_loudness"].any()
    assert fix["style"].tolist() == [[1] + [0] * 8]
    assert fix["mode"].tolist() == [[1, 0, 0]]
    reference = inputs("auto_eq", *three)
    assert reference["reference_bands"].shape == (1, 1 + 2 + 1, 55) and reference["mode"].tolist() == [[0, 1, 0]]
    style = inputs("auto_eq", style=7)
    assert style["mode"].tolist() == [[0, 0, 1]] and style["style"][0, 7] == 1


def test_the_network_runs_again_only_where_it_is_told_to(bundle):
    calls = []
    patient = replace(bundle, declaration=bundle.declaration | {"max_passes": 3})
    made = ask.Host(
        patient, lambda: ask.kernels(bundle), lambda inputs: calls.append(0) or network.run(bundle, inputs)
    )
    made.ask({"song": [song()]})
    assert len(calls) == 1


def test_a_control_is_an_input_as_its_nearest_step(bundle):
    gain = ask.Host(bundle, lambda: ask.kernels(bundle), lambda inputs: {})
    asked = gain.inputs(gain.memory({"song": [song()]}, {"strength": 0.512}))
    assert asked["strength"].tolist() == [[0.5]]


def test_surround_is_folded_and_the_reference_is_in_frames_of_its_own_rate():
    made = host("auto_eq")
    seven, other = song(2.0, channels=7), song(2.0, channels=1, rate_hz=96_000)
    memory = made.memory({"song": [seven], "reference": [other]})
    assert memory["song_bands"].shape == (2, 55) and memory["reference_bands"].shape == (2, 55)


@pytest.mark.parametrize(
    ("given", "controls", "mode", "complaint"),
    [
        ({}, {}, "dream", "auto_gain offers no mode 'dream'; it offers: fix, reference, style"),
        ({}, {}, "reference", "mode reference takes reference, but nothing more was given"),
        ({"reference": [song()]}, {}, "fix", "mode fix takes nothing more, but reference was given"),
        ({"reference": [song()]}, {}, "style", "mode style takes style, but reference was given"),
        ({"reference": [song()] * 3}, {}, "", "3 files were given as reference; auto_gain takes up to 2"),
        (
            {"reference": [song()]},
            {"style": 2},
            "",
            "no mode of auto_gain takes reference and style; its modes: fix takes nothing",
        ),
        ({}, {"style": 3}, "", "style is 3; expected 0 to 2"),
        ({}, {"strength": 1.6}, "", "strength is 1.6; expected 0 to 1.5"),
        ({}, {"strength": float("nan")}, "", "strength is nan; expected 0 to 1.5"),
        ({}, {"warmth": 1}, "", "auto_gain has no control 'warmth'; it has: strength, style"),
        ({"melody": [song()]}, {}, "", "auto_gain takes no melody; it takes: song, reference"),
        ({"song": []}, {}, "", "auto_gain needs song, but none was given"),
    ],
)
def test_what_cannot_be_asked_is_refused(bundle, given, controls, mode, complaint):
    with pytest.raises(UsageError, match=complaint):
        ask.ask(bundle, {"song": [song()], **given}, controls, mode)


def test_a_mode_that_is_not_offered_is_refused(bundle):
    declared = {**bundle.declaration, "offered": ["fix", "reference"]}
    with pytest.raises(
        UsageError,
        match="no mode of auto_gain takes style; its modes: fix takes nothing more; reference takes",
    ):
        asked(bundles.Bundle(bundle.folder, declared), style=2)


def test_an_effect_that_has_changed_is_remarked(bundle):
    (link,) = bundle.declaration["chain"]
    declared = {**bundle.declaration, "chain": [{**link, "sha256": "0" * 64}]}
    answer = asked(bundles.Bundle(bundle.folder, declared))
    assert answer.remarks == ("the effect parametric has changed since auto_gain was trained",)


def test_effects_that_are_gone_are_named_before_any_file_is_read(bundle):
    (link,) = bundle.declaration["chain"]
    gone = bundles.Bundle(bundle.folder, {**bundle.declaration, "chain": [{**link, "effect": "fuzz"}]})
    with pytest.raises(DawgError, match="sets the effect 'fuzz', which does not exist"):
        request.refuse(gone, {"song": 1}, {})


@pytest.mark.parametrize(("gain_db", "remarks"), [(0.449, 1), (-0.449, 1), (0.451, 0), (-0.451, 0)])
def test_a_song_that_needs_nothing_is_remarked(gain_db, remarks):
    """What counts are the knobs as they are set: in steps of 0.1 dB, and the gains of bands alone."""
    equaliser = host("auto_eq")
    (link,) = equaliser.bundle.chain
    knobs = np.array([knob.default for knob in link.knobs])
    knobs[[knob.role == "gain" for knob in link.knobs]] = [0, 0, gain_db, 0, 0, 0]
    knobs[-1] = 2.0  # the trim
    answer = equaliser.answer({"knobs": knobs})
    assert answer.remarks == ("nothing to mend: every band of parametric stays below 0.5 dB",) * remarks
    assert len(answer.recipe["chain"]) == 1


def test_a_link_that_is_not_sure_is_left_out(bundle):
    unsure = bundles.Bundle(bundle.folder, {**bundle.declaration, "min_confidence": 1.1})
    answer = asked(unsure)
    assert answer.recipe["chain"] == [] and answer.remarks == (
        "not sure: parametric is left out, and the sound left alone",
    )


def test_a_control_at_its_default_counts_as_given_if_it_is_given(bundle):
    assert request.refuse(bundle, {"song": 1}, {"style": 0}).name == "style"
    assert request.refuse(bundle, {"song": 1}, {"style": 0}, "style").name == "style"
    assert request.refuse(bundle, {"song": 1}, {}).name == "fix"


@pytest.mark.parametrize(
    ("knobs", "confidence", "complaint"),
    [(2, 1, "gives 2 knobs and 1 values of confidence; its chain has 1 knobs in 1 groups"), (1, 3, "gives 1 knobs")],
)
def test_an_answer_of_another_size_is_an_error(bundle, monkeypatch, knobs, confidence, complaint):
    outputs = {"knobs": np.zeros((1, knobs), np.float32), "confidence": np.ones((1, confidence), np.float32)}
    monkeypatch.setattr(network, "run", lambda bundle, inputs: outputs)
    with pytest.raises(DawgError, match=complaint):
        asked(bundle)


@kernel
def steps(steps: Annotated[F32, "steps", 3], votes: Annotated[F32, "steps", 3], seed: float) -> int:
    """Count a pass."""
    steps[0, 0] += np.float32(1.0)
    return 1


def fed_back(outputs, most=3, capacity=8):
    """The drummer with a kernel whose arrays have a free dimension, and a network that counts its inputs."""
    shapes = []

    def network(inputs):
        shapes.append(inputs["steps"].shape)
        return {name: np.zeros((1, count, 3), np.float32) for name, count in outputs.items()}

    shape = ("batch", "steps", 3)
    chosen = replace(
        load("tiny_drums"),
        inputs=(Signal("steps", shape, ""), Signal("mode", ("batch", 2), "")),
        outputs=tuple(Signal(name, shape, "") for name in outputs),
        chain=(),
        decode=steps,
        max_passes=most,
        capacity={"steps": capacity},
    )
    return ask.Host.of(chosen, network), shapes


def test_kernels_arrays_are_there_from_the_first_pass_and_outputs_are_fed_back(toys):
    host, shapes = fed_back({"steps": 4, "votes": 4})
    memory = host.ask({}).memory
    assert shapes == [(1, 1, 3), (1, 4, 3), (1, 4, 3)]
    assert host.inputs({"mode": np.zeros(2)})["steps"].shape == (1, 1, 3), "an output that has not been yet"
    assert memory["steps"].shape == (4, 3) and memory["steps"][0, 0] == 1.0  # the network's zeros, counted up once


def test_a_dimension_with_two_sizes_and_one_that_is_too_long_are_errors(toys):
    with pytest.raises(DawgError, match=r"tiny_drums: votes has 5 steps, and another array 4"):
        fed_back({"steps": 4, "votes": 5})[0].ask({})
    with pytest.raises(UsageError, match=r"has 9 steps; tiny_drums takes up to 8: give it a shorter part"):
        fed_back({"steps": 9, "votes": 9})[0].ask({})


def test_an_answer_that_is_no_number_is_an_error(bundle, monkeypatch):
    broken = {"knobs": np.full((1, 1), np.nan, np.float32), "confidence": np.ones((1, 1), np.float32)}
    monkeypatch.setattr(network, "run", lambda bundle, inputs: broken)
    with pytest.raises(DawgError, match="has no answer to this"):
        asked(bundle)
    with pytest.raises(DawgError, match="knobs differs by nan"):
        network.check(bundle)


def test_a_bundle_works_without_the_folder_of_its_plugin(bundle, tmp_path):
    """Another process, which knows no toy plugins and has no PyTorch, gives the same answer."""
    np.save(tmp_path / "song.npy", song().audio())
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import json, numpy as np; from pathlib import Path; from dawg_ai.audio import held\n"
        "from dawg_ai import ask, bundle, registry\n"
        "assert 'auto_gain' not in registry.names()\n"
        "opened = bundle.read(Path(sys.argv[1]))\n"
        f"answer = ask.ask(opened, {{'song': [held(np.load(sys.argv[2]), {RATE_HZ})]}})\n"
        "print(json.dumps(answer.recipe))"
    )
    command = [sys.executable, "-c", code, str(bundle.folder), str(tmp_path / "song.npy")]
    environment = {"PATH": "", "PYTHONPATH": str(Path(dawg_ai.__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert json.loads(done.stdout) == asked(bundle).recipe


def test_the_solver_meets_a_loudness(toys):
    """`refine` of a toy that sets three effects: rendered and measured again until it is met."""
    chosen = load("tiny_master")
    knobs = np.float32(
        [
            [
                1.0,
                -2.0,
                110.0,
                0.0,
                0.0,
            ]
        ]
    )
    made = ask.Host.of(chosen, lambda inputs: {"knobs": knobs, "confidence": np.ones((1, 4), np.float32)})
    for loudness_lufs in (-20.0, -14.0):
        sound = song(4.0, level=0.02)
        answer = made.ask({"song": [sound]}, {"loudness_lufs": loudness_lufs, "ceiling_db": -2.0})
        from dawg_ai.dsp.meters.meter import measure

        found = measure(chain.rendered(answer.recipe, sound).audio(), RATE_HZ)
        assert abs(found.integrated_lufs - loudness_lufs) < 0.15  # a step of the drive is 0.1 dB
        assert found.true_peak_db <= -2.0 + 0.05
        assert [link["effect"] for link in answer.recipe["chain"]] == ["parametric", "stereo", "limiter"]
        np.testing.assert_array_equal(answer.memory["measured"], [found.integrated_lufs, found.true_peak_db])


def drums(seed=0, logits=0.0, **controls):
    calls = []

    def network(inputs):
        calls.append(inputs["grid"].copy())
        return {"logits": np.full((1, 32, 3), logits, np.float32)}

    answer = ask.Host.of(load("tiny_drums"), network).ask({}, {"seed": seed, **controls})
    return answer.recipe["chain"][0]["notes"], calls


def test_a_sampler_runs_the_network_until_it_is_done(toys):
    notes, calls = drums()
    assert len(calls) == 4 and not calls[0].any()
    assert all(
        (later[0, : 8 * turn] >= before[0, : 8 * turn]).all()
        for turn, (before, later) in enumerate(pairwise(calls), 1)
    )
    assert calls[3][0, :24].any() and not calls[3][0, 24:].any()
    assert drums()[0] == notes != drums(seed=1)[0]
    assert drums(logits=20.0)[0][-1][0] == np.float32(31 * 15 / 120) and len(drums(logits=20.0)[0]) == 96
    assert drums(logits=-20.0)[0] == []
    assert 20 < len(notes) < 76


def test_what_is_generated_sounds_and_ends(toys):
    notes, _ = drums(tempo_bpm=200)
    recipe = {"format": 1, "chain": [{"effect": "kit", "knobs": {}, "notes": notes}]}
    sound = chain.render(recipe, np.zeros((2, 0), np.float32), 44_100, tail=True)
    assert 31 * 15 / 200 < sound.shape[1] / 44_100 < 5 and np.abs(sound).max() > 0.1
    assert np.abs(sound[:, -10:]).max() < 1e-3
    loud, soft = (np.abs(sound[:, at : at + 400]).max() for at in (int(notes[0][0] * 44_100), sound.shape[1] - 400))
    assert loud > 100 * soft
