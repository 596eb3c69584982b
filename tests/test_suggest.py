"""Asking a bundle from Python: what is given decides, what is off is refused, what comes back can be turned."""

import json

import numpy as np
import pytest

from dawg_ai import suggest
from dawg_ai.dsp import effect
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.export import bundle as bundles
from dawg_ai.plugin import load

RATE_HZ = 22_050


def song(seconds=2.0, level=0.1, channels=2, seed=0, rate_hz=RATE_HZ):
    rng = np.random.default_rng(seed)
    return rng.normal(0, level, (channels, round(seconds * rate_hz))).astype(np.float32), rate_hz


def test_values_are_those_the_knobs_can_take(bundle):
    suggestion = suggest.suggest(bundle, song())
    knobs = effect.load(suggestion.effect).knobs
    assert list(suggestion.knobs) == [knob.name for knob in knobs]
    assert all(knob.nearest(suggestion.knobs[knob.name]) == suggestion.knobs[knob.name] for knob in knobs)
    assert list(suggestion.confidence) == list(dict.fromkeys(knob.group for knob in knobs))
    assert json.loads(json.dumps(suggestion.recipe)) == suggestion.recipe


def test_inputs_are_as_declared_in_every_mode():
    chosen = load("auto_eq")
    frames, three = song(3.5), [song(1.0, seed=1), song(2.2, seed=2), song(0.1, seed=3)]
    fix = suggest.inputs(chosen, frames)
    assert list(fix) == [signal.name for signal in chosen.inputs]
    assert all(value.dtype == np.float32 for value in fix.values())
    assert fix["bands"].shape == (1, 3, 55) and fix["reference_bands"].shape == (1, 1, 55)
    assert not fix["reference_bands"].any() and not fix["reference_loudness"].any() and not fix["style"].any()
    assert fix["mode"].tolist() == [[1, 0, 0]] and fix["strength"].tolist() == [[1]]
    reference = suggest.inputs(chosen, frames, references=three)
    assert reference["reference_bands"].shape == (1, 1 + 2 + 1, 55) and reference["mode"].tolist() == [[0, 1, 0]]
    style = suggest.inputs(chosen, frames, style="rock", strength=0.5)
    assert style["mode"].tolist() == [[0, 0, 1]] and style["style"].sum() == 1 and style["strength"][0, 0] == 0.5


def test_surround_is_heard_as_stereo_and_the_reference_in_frames_of_its_own_rate():
    chosen = load("auto_eq")
    seven = suggest.inputs(chosen, song(2.0, channels=7), references=[song(2.0, channels=1, rate_hz=96_000)])
    assert seven["bands"].shape == (1, 2, 55) and seven["reference_bands"].shape == (1, 2, 55)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"mode": "dream"}, "auto_gain has no mode 'dream'; it has: fix, reference, style"),
        ({"mode": "reference"}, "mode reference takes a reference, and nothing was given"),
        ({"mode": "fix", "references": [song()]}, "mode fix takes neither .*, and a reference was given"),
        ({"mode": "style", "references": [song()]}, "mode style takes a style, and a reference was given"),
        ({"references": [song()] * 3}, "3 references were given; mode reference takes up to 2"),
        ({"references": [song()], "style": "loud"}, "give one or the other"),
        ({"style": "polka"}, "no style called 'polka'; this bundle of auto_gain offers: loud"),
        ({"strength": 1.6}, "strength is 1.6; expected 0"),
        ({"strength": float("nan")}, "strength is nan; expected 0"),
    ],
)
def test_what_cannot_be_asked_is_refused(bundle, asked, complaint):
    with pytest.raises(UsageError, match=complaint):
        suggest.suggest(bundle, song(), **asked)


def test_a_bundle_without_styles_says_so(bundle):
    declared = {**bundle.declaration, "offered_styles": []}
    with pytest.raises(UsageError, match="offers no styles: none is known to be better than no style"):
        suggest.suggest(bundles.Bundle(bundle.folder, declared), song(), style="loud")


@pytest.mark.parametrize("changed", ["inputs", "outputs", "styles", "modes"])
def test_a_bundle_of_another_version_of_the_plugin_is_refused(bundle, changed):
    declared = {**bundle.declaration, changed: bundle.declaration[changed][:-1]}
    with pytest.raises(DawgError, match="was made for another version of auto_gain; make it again with: dawg train"):
        suggest.suggest(bundles.Bundle(bundle.folder, declared), song())


def test_an_answer_that_is_no_number_is_an_error(bundle, monkeypatch):
    broken = [np.full((1, 25), np.nan, np.float32), np.ones((1, 7), np.float32)]
    monkeypatch.setattr(suggest, "run", lambda bundle, inputs: broken)
    with pytest.raises(DawgError, match="has no answer to this song"):
        suggest.suggest(bundle, song())
    with pytest.raises(DawgError, match="knobs differs by nan"):
        suggest.check(bundle)
