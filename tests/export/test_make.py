"""The command in a bundle trains the same run again, and nothing in it says where the data lay."""

import argparse
import shlex

import numpy as np
import pytest

from dawg_ai.cli import train
from dawg_ai.command import command
from dawg_ai.export import make
from dawg_ai.features.audio import AudioExtractor
from dawg_ai.registry import load


@pytest.mark.parametrize("data", [["demo"], ["demo", "folder:it's here"]], ids=len)
@pytest.mark.parametrize(("split", "seed"), [(0, 3), (4, 0), (2, 2)])
def test_the_command_asks_for_the_same_run(toys, data, split, seed):
    words = shlex.split(command("train", "auto_gain", data, split=split, seed=seed))
    assert words[:2] == ["dawg", "train"]
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    asked = parser.parse_args(words[2:])
    assert (asked.plugin, asked.data, asked.split, asked.seed) == ("auto_gain", data, split, seed)


@pytest.mark.parametrize(
    ("spec", "public"),
    [("demo", "demo"), ("folder:/home/me/my songs", "folder:my songs"), ("debian_games:/mnt/x", "debian_games")],
)
def test_only_the_last_folder_of_a_path_is_told(spec, public):
    assert make._public(spec) == public


def test_every_mode_is_compared_on_one_frame_and_on_several(toys):
    """The mode that needs most comes last: its example is the one that goes into the bundle."""
    plugin = load("auto_gain")
    found = list(make.examples(plugin))
    assert [mode for mode, _ in found] == ["fix", "fix", "style", "style", "reference", "reference"]
    for turn, (mode, inputs) in enumerate(found):
        frames = (1, 4)[turn % 2]
        assert inputs["song_power"].shape == (1, frames, 1) and (inputs["song_power"] > 0).all()
        assert inputs["reference_power"].any() == (mode == "reference")
        assert inputs["mode"].argmax() == [each.name for each in plugin.modes].index(mode)
        assert inputs["style"].argmax() == (2 if mode == "style" else 0)
    again = dict(make.examples(plugin))["fix"]
    np.testing.assert_array_equal(again["song_power"], found[1][1]["song_power"])


def test_notes_to_compare_with_are_notes(toys):
    """In order, of the pitches of drums, and as loud as notes are."""
    (source,) = load("tiny_drums").sources or (None,)
    assert source is None or not isinstance(source.features.extractor, AudioExtractor)
    if source:
        rows = make._noise(source, np.random.default_rng(0), 4)
        assert rows.shape == (16, 6) and (np.diff(rows[:, 0]) == 0.25).all()
        assert (rows[:, 2] >= 36).all() and (rows[:, 2] < 48).all()
        assert (rows[:, 3] >= 0.1).all() and (rows[:, 3] <= 1).all() and not rows[:, 4:].any()


def test_what_was_not_trained_names_the_command(toys):
    with pytest.raises(Exception, match="auto_gain is not trained yet; train it with: dawg train auto_gain"):
        make.trained_run(load("auto_gain"))
