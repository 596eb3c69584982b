"""Recipes: rendered in blocks as in one piece, refused when they are of another kind, told in words."""

import numpy as np
import pytest

from dawg_ai import chain
from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Processor
from dawg_ai.errors import UsageError

NOISE = (0.1 * np.random.default_rng(3).standard_normal((2, 200_017))).astype(np.float32)
BRIGHT = {"band6_db": 6.0, "band6_hz": 4000.0}


def recipe(*links):
    return {"format": 1, "chain": [{"effect": name, "knobs": knobs} for name, knobs in links]}


@pytest.mark.parametrize("channels", [1, 2, 7])
def test_long_audio_in_blocks_is_the_effect_in_one_piece(channels):
    audio = np.resize(NOISE, (channels, NOISE.shape[1]))
    whole = Processor(effect.load("eq"), 44_100, BRIGHT, channels).process(audio)
    before = audio.copy()
    np.testing.assert_array_equal(chain.render(recipe(("eq", BRIGHT)), audio, 44_100), whole)
    np.testing.assert_array_equal(audio, before)


def test_effects_follow_one_another():
    twice = chain.render(recipe(("eq", BRIGHT), ("eq", {"trim_db": -6})), NOISE, 48_000)
    once = chain.render(recipe(("eq", BRIGHT)), NOISE, 48_000)
    np.testing.assert_array_equal(twice, chain.render(recipe(("eq", {"trim_db": -6})), once, 48_000))


def test_an_empty_chain_changes_nothing():
    np.testing.assert_array_equal(chain.render(recipe(), NOISE, 44_100), NOISE)


def test_what_comes_late_is_brought_back_in_time():
    """A click stays where it is through effects that look ahead or filter at a higher rate."""
    click = np.zeros((2, 20_000), np.float32)
    click[:, 9_000] = 0.5
    links = recipe(("limiter", {}), ("saturation", {}), ("compressor", {"lookahead_ms": 5}))
    late = chain.Chain(links, 44_100, 2).latency_samples
    assert late > 200
    rendered = chain.render(links, click, 44_100)
    assert rendered.shape == click.shape
    assert np.abs(rendered).argmax(axis=1).tolist() == [9_000, 9_000]


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ({"chain": []}, "of format None; expected 1"),
        ({"format": 2, "chain": []}, "of format 2; expected 1"),
        (recipe(("fuzz", {})), "no effect called 'fuzz'; there are: .*eq"),
        (recipe(("eq", {"volume": 1})), "eq has no knob 'volume'"),
        (recipe(("eq", {"trim_db": 99})), "trim_db is 99; expected"),
    ],
)
def test_what_cannot_be_rendered_is_refused(bad, complaint):
    with pytest.raises(UsageError, match=complaint):
        chain.render(bad, NOISE, 44_100)


def test_in_words():
    knobs = {knob.name: knob.default for knob in effect.load("eq").knobs} | {"band6_db": -2.5, "band6_hz": 11_000}
    lines = chain.in_words("eq", knobs, {"Band 6": 0.71}).splitlines()
    assert len(lines) == 7
    assert lines[5] == "Band 6  high shelf   Frequency  11000 Hz  Gain    -2.5 dB  Q    0.71  sure 71%"
    assert "sure" not in lines[0]
