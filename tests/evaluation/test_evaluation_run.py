"""An evaluation reports on the test part and decides by the validation part; its command reproduces it."""

import argparse
import json
import shlex
from dataclasses import replace

import numpy as np
import pytest

from dawg_ai import audio, places
from dawg_ai.cli import evaluate as verb
from dawg_ai.cli import main
from dawg_ai.data.item import Item
from dawg_ai.errors import UsageError
from dawg_ai.evaluation import run as evaluation
from dawg_ai.plugin import Mode, Question
from dawg_ai.registry import load
from dawg_ai.training.run import Run

QUESTIONS = {
    "fix": Question("Fix", rival="nothing"),
    "style": Question("Style", rival="fix"),
    "share": Question("Share", "%", "nothing", less_is_better=False),
}

SEEDS = (0, 2)


def made(split, seed):
    """A run of twelve items, split by chance."""
    rng = np.random.default_rng([split, seed])
    order = rng.permutation(12)
    items = [Item(f"made/{i}", f"artist {i // 2}", {}) for i in order]
    parts = {"train": items[:4], "valid": items[4:8], "test": items[8:]}
    toy = load("auto_gain")
    modes = (Mode("fix", ""), Mode("style", "", proven_by="style"), Mode("share", "", proven_by="share"))
    return Run(replace(toy, modes=modes), ("made",), split, seed, (), parts, {})


@pytest.fixture
def evaluate(toys, monkeypatch):
    """Call it with values by (part, question, method) to evaluate two splits and two seeds with those means."""
    runs = {(split, seed): made(split, seed) for split in (0, 1) for seed in SEEDS}
    plugin = runs[0, 0].plugin
    monkeypatch.setattr(evaluation, "_trained", lambda plugin, specs, split, seed: runs[split, seed])
    monkeypatch.setattr(evaluation.loop, "trained", lambda plugin, folder: None)
    monkeypatch.setattr(plugin.part("measure"), "QUESTIONS", QUESTIONS)

    def run(means):
        def measure(model, parts, clips, seed):
            (here,) = (each for each in runs.values() if each.items["train"] == parts["train"] and each.seed == seed)
            part = next(name for name in ("test", "valid") if here.items[name] == parts["test"])
            rng = np.random.default_rng(0)
            found = {}
            for question, asked in QUESTIONS.items():
                for method in ("network", asked.rival):
                    mean = means[part, question, method]
                    values = {item.id: mean + 0.01 * rng.normal() for item in parts["test"]}
                    found.setdefault(question, {})[method] = values
            return found

        monkeypatch.setattr(plugin.part("measure"), "measure", measure)
        return evaluation.evaluate(plugin, ["demo", "folder:/a b"], [0, 1], list(SEEDS))

    return run


def means(rng):
    """Means of everything, as they may come out."""
    return {
        (part, question, method): float(rng.uniform(1, 3))
        for part in ("valid", "test")
        for question, asked in QUESTIONS.items()
        for method in ("network", asked.rival)
    }


def test_what_comes_out_on_the_test_part_changes_nothing_that_is_offered(evaluate):
    for draw in range(6):
        rng = np.random.default_rng(draw)
        valid = {key: value for key, value in means(rng).items() if key[0] == "valid"}
        wins = {"style": valid["valid", "style", "network"] < valid["valid", "style", "fix"] - 0.05}
        wins["share"] = valid["valid", "share", "network"] > valid["valid", "share", "nothing"] + 0.05
        expected = ["fix", *(name for name, win in wins.items() if win)]
        for _ in range(3):
            assert evaluate({**means(rng), **valid})["offered"] == expected


def test_what_is_reported_comes_from_the_test_part_alone(evaluate):
    first, second = means(np.random.default_rng(1)), means(np.random.default_rng(2))
    test = {key: value for key, value in first.items() if key[0] == "test"}
    result, other = evaluate(first), evaluate({**second, **test})
    assert (result["rows"], result["table"], result["by_run"]) == (other["rows"], other["table"], other["by_run"])
    for row in result["rows"]:
        assert row["mean"] == pytest.approx(first["test", row["question"], row["method"]], abs=0.02)
    tested = {item.id for split in (0, 1) for seed in SEEDS for item in made(split, seed).items["test"]}
    assert result["test_items"] == len(tested) == result["rows"][0]["items"]
    groups = {item.group for split in (0, 1) for seed in SEEDS for item in made(split, seed).items["test"]}
    assert result["test_groups"] == len(groups)


def test_the_means_of_each_run_are_its_own(evaluate):
    given = means(np.random.default_rng(3))
    by_run = evaluate(given)["by_run"]
    assert [(each["split"], each["seed"]) for each in by_run] == [(0, 0), (0, 2), (1, 0), (1, 2)]
    for each in by_run:
        assert each["mean"]["fix"]["network"] == pytest.approx(given["test", "fix", "network"], abs=0.02)


def test_the_command_asks_for_the_same_and_the_result_lies_with_every_run(evaluate):
    result = evaluate(means(np.random.default_rng(0)))
    words = shlex.split(result["command"])
    assert words[:2] == ["dawg", "evaluate"]
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    asked = parser.parse_args(words[2:])
    assert (asked.plugin, asked.data, asked.splits, asked.seeds) == (
        "auto_gain", ["demo", "folder:/a b"], [0, 1], [0, 2],
    )  # fmt: skip
    folders = {made(split, seed).folder for split in (0, 1) for seed in SEEDS}
    found = {path.parent for path in places.runs().rglob("evaluation.json")}
    assert found >= folders and evaluation.saved("auto_gain").parent in found
    assert json.loads(evaluation.saved("auto_gain").read_text())["rows"] == json.loads(json.dumps(result["rows"]))


@pytest.fixture
def songs(tmp_path):
    """A folder of twelve discs of one song each."""
    for i in range(12):
        noise = np.random.default_rng(i).normal(0, 0.01 * (i + 1), (1, 3 * 8_000)).astype(np.float32)
        audio.write(tmp_path / "songs" / f"disc {i}" / "song.wav", noise, 8_000)
    (tmp_path / "songs" / "licence.toml").write_text('licence = "own"\n')
    return tmp_path / "songs"


def test_what_is_not_trained_to_its_end_names_the_command(toys, songs, capsys):
    toy, spec = load("auto_gain"), f"folder:{songs}"
    command = f"dawg train auto_gain --data {spec} --split 0 --seed 3"
    with pytest.raises(UsageError, match=f"not trained on .* in split 0 with seed 3 yet; train it with: {command}"):
        evaluation.evaluate(toy, [spec], [0], [3])
    assert main([*command.split()[1:], "--steps", "20", "--json"]) == 0
    with pytest.raises(UsageError, match="not trained"):
        evaluation.evaluate(toy, [spec], [0], [3])
    assert main([*command.split()[1:], "--json"]) == 0
    result = evaluation.evaluate(toy, [spec], [0], [3])
    assert set(result["questions"]) == {"fix", "style"} and result["test_items"] > 0
    capsys.readouterr()
