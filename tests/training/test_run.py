"""The same request has the same folder; whatever changes the outcome has another, and says so."""

import json
from dataclasses import replace

import numpy as np
import pytest
from toy_run import make_run

from dawg_ai.data.clip import Clip
from dawg_ai.data.item import Item
from dawg_ai.data.licence import Licence
from dawg_ai.errors import UsageError
from dawg_ai.plugin import Link
from dawg_ai.training.batches import batch, batches, items
from dawg_ai.training.loop import train
from dawg_ai.training.run import DEFAULTS, gather, latest

pytestmark = pytest.mark.usefixtures("toys")


def test_the_same_request_has_the_same_folder():
    assert make_run().folder == make_run().folder


def test_how_often_to_save_does_not_matter():
    assert make_run(save_every_s=1.0).folder == make_run(save_every_s=2.0).folder


def test_nor_does_the_wording_of_the_declaration():
    run = make_run()
    assert replace(run, plugin=replace(run.plugin, summary="Other words.")).folder == run.folder


def test_neither_do_the_songs_it_is_tested_on_nor_where_the_data_lies():
    run = make_run()
    assert replace(run, data=("folder:/elsewhere",), items={**run.items, "test": []}).folder == run.folder


def test_whatever_changes_the_outcome_has_another_folder():
    run = make_run()
    other_style = replace(run.items["train"][0], style="loud")
    others = [
        make_run(seed=1),
        make_run(learning_rate=0.02),
        replace(run, split=1),
        replace(run, features="other kernels"),
        replace(run, plugin=replace(run.plugin, chain=(Link("parametric", ("trim_db",), {"design": 1}),))),
        replace(run, digests={**run.digests, run.items["train"][0].id: "another recording"}),
        replace(run, items={**run.items, "train": [other_style, *run.items["train"][1:]]}),
        replace(run, items={**run.items, "valid": run.items["valid"][:1]}),
    ]
    assert len({run.folder, *(other.folder for other in others)}) == 1 + len(others)


def test_a_changed_setting_is_reported_and_loses_nothing():
    assert make_run().open() == ""
    train(make_run(), steps=3)
    assert make_run().open() == ""
    changed = make_run(learning_rate=0.02, steps=70)
    said = changed.open()
    assert said == f"a new run, since learning_rate 0.1 -> 0.02, steps 60 -> 70 after {make_run().folder.name}"
    assert changed.open() == ""
    assert (make_run().folder / "checkpoint.pt").exists()


def test_the_settings_can_be_read():
    make_run().open()
    settings = json.loads((make_run().folder / "settings.json").read_text())
    assert settings["settings"]["learning_rate"] == 0.1
    assert settings["data"] == ["made"]


def test_the_latest_run_is_the_one_saved_last():
    assert latest("auto_gain") is None
    for seed in (1, 0):
        train(make_run(seed), steps=1)
    assert latest("auto_gain") == make_run(0).folder
    assert latest("auto_gain", seed=1) == make_run(1).folder
    assert latest("auto_gain", split=1) is None


def test_a_part_without_songs_is_reported(tmp_path):
    (tmp_path / "song.wav").write_text("no song")
    with pytest.raises(UsageError, match=r"no clips to train on in split 0 .* 0 usable clips and 1 unusable"):
        gather(make_run().plugin, [f"folder:{tmp_path}"])


def test_songs_are_split_by_group_and_in_order():
    clips = [Clip(f"x/{i:02}", {}, f"artist {i % 20}", Licence("CC0-1.0")) for i in range(60)]
    features = {clip.id: {"song_power": np.ones((1, 1))} for clip in clips[1:]}
    parts = items(clips[::-1], features)
    groups = [{item.group for item in part} for part in parts.values()]
    assert sum(len(part) for part in parts.values()) == 59
    assert sum(len(group) for group in groups) == 20
    assert all([item.id for item in part] == sorted(item.id for item in part) for part in parts.values())


def test_an_official_split_goes_before_the_hash_of_the_group():
    parts_by_id = {f"x/{i}": ("train", "valid", "test")[i % 3] for i in range(9)}
    clips = [Clip(name, {}, "one group", Licence("CC0-1.0"), part=part) for name, part in parts_by_id.items()]
    for split in range(3):
        made = items(clips, {clip.id: {} for clip in clips}, split)
        assert {item.id: part for part, members in made.items() for item in members} == parts_by_id


def test_the_defaults_stay_as_they_are():
    """Another one would make a new run of every plugin that does not set it."""
    assert DEFAULTS == {
        "steps": 10_000, "batch": 32, "learning_rate": 1e-3, "warmup": 0.02, "weight_decay": 0.01,
        "clip": 1.0, "ema": 0.999, "evaluate_every": 500, "save_every_s": 60.0,
    }  # fmt: skip


def test_a_batch_depends_on_seed_and_step_alone():
    run = make_run()
    train_items: list[Item] = list(run.items["train"])
    stream = batches(run.plugin, train_items, 7, 3, 4)
    for step in (3, 4, 5):
        ready, again = next(stream), batch(run.plugin, train_items, 7, step, 4)
        assert ready.keys() == again.keys()
        assert all(np.array_equal(ready[name], again[name]) for name in ready)
    stream.close()
    other = batch(run.plugin, train_items, 8, 5, 4)
    assert not np.array_equal(again["song_power"], other["song_power"])
