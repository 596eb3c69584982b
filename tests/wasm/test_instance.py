"""A module at work in Python by its manifest entry alone."""

import numpy as np
import parity
import pytest
from test_parity import music

from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Processor
from dawg_ai.wasm.instance import Compiled


def test_an_effect_plays_as_it_does_natively():
    sound, knobs = music(4_000), {"threshold_db": -30.0, "ratio": 4.0}
    compressor = effect.load("compressor")
    instance = Compiled(*parity.built("compressor"))
    instance.set("knobs", compressor.vector(knobs))
    instance.call("prepare", {"sample_rate_hz": 44_100.0})
    out = []
    for start in (0, 1_000):
        block = sound[:, start : start + 1_000]
        instance.set("x", block)
        instance.set("key", block)
        instance.set("y", np.zeros_like(block))
        instance.call("process", {"sample_rate_hz": 44_100.0})
        out.append(instance.get("y"))
    expected = Processor(compressor, 44_100, knobs, 2).process(sound[:, :2_000])
    np.testing.assert_array_equal(np.hstack(out), expected)
    assert np.abs(expected - sound[:, :2_000]).max() > 0.01


def test_two_instances_share_nothing():
    one, two = (Compiled(*parity.built("gate")) for _ in range(2))
    one.set("knobs", np.ones(one.get("knobs").shape))
    assert one.get("knobs").all() and not two.get("knobs").any()
    one.get("knobs")[:] = 0
    assert one.get("knobs").all(), "what is given out is a copy"
    assert one.get("x").shape == (1, 1), "before its size is known"


def test_what_does_not_fit_is_refused():
    instance = Compiled(*parity.built("gate"))
    instance.set("x", np.full((2, 4096), 0.5, np.float32))
    assert instance.get("x").shape == (2, 4096) and (instance.get("x") == 0.5).all()
    with pytest.raises(ValueError, match=r"x has shape \(4096,\)"):
        instance.set("x", np.zeros(4096, np.float32))
    with pytest.raises(ValueError, match=r"x has shape \(2, 5000\); its capacity is \(2, 4096\)"):
        instance.set("x", np.zeros((2, 5_000), np.float32))
    assert instance.declared("x").shape == ("channels", "samples") and instance.declared("z") is None
    assert (instance.capacity("channels"), instance.capacity("samples")) == (2, 4096)
    assert "knobs" in instance.arguments("prepare")
