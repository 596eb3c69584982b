"""Evaluate trained runs: the network beside its baselines on the test part, pooled over splits and seeds.

The test part is for reporting alone: what has to be proven before it is offered is proven on the validation part.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dawg_ai import places, progress
from dawg_ai.command import command
from dawg_ai.errors import UsageError
from dawg_ai.evaluation import table
from dawg_ai.evaluation.table import Pooled
from dawg_ai.files import atomic_write
from dawg_ai.plugin import Plugin, Question
from dawg_ai.training import checkpoint, loop
from dawg_ai.training.run import Run, gather


def evaluate(plugin: Plugin, specs: Sequence[str], splits: Sequence[int], seeds: Sequence[int]) -> dict[str, Any]:
    """Evaluate the runs of all splits and seeds, and save the result as `evaluation.json` in the folder of each run.

    Args:
        plugin: the plugin.
        specs: datasets, as `dawg_ai.data.load` takes them.
        splits: numbers of the splits.
        seeds: seeds of the runs.

    Returns:
        The questions, a row for each method on each of them, means by run, the table as Markdown, the modes that are
        proven on the validation part or need no proof (`offered`), and the command that reproduces it.

    Raises:
        UsageError: the training of a run is not finished (the message has the command), or it has no clips to test
            on.
    """
    torch.set_num_threads(1)
    runs = [_trained(plugin, specs, split, seed) for split in splits for seed in seeds]
    measuring = plugin.part("measure")
    questions: Mapping[str, Question] = measuring.QUESTIONS
    proven_by = {mode.proven_by for mode in plugin.modes if mode.proven_by}
    pooled: Pooled = {}
    proof: Pooled = {}
    by_run: list[dict[str, Any]] = []
    with progress.bar("evaluate", "run", len(runs)) as bar:
        for run in runs:
            model = loop.trained(plugin, run.folder)
            clips = {clip.id: clip for clip in run.clips}
            found = measuring.measure(model, run.items, clips, run.seed)
            by_run.append({"split": run.split, "seed": run.seed, "mean": _means(found)})
            assert found.keys() <= questions.keys(), "measure answers what QUESTIONS does not ask"
            _pool(pooled, found)
            if proven_by:
                _pool(proof, measuring.measure(model, {**run.items, "test": run.items["valid"]}, clips, run.seed))
            bar.update()
    rows = _rows(questions, pooled)
    tested = [item for run in runs for item in run.items["test"]]
    result = {
        "plugin": plugin.name,
        "data": list(specs),
        "splits": list(splits),
        "seeds": list(seeds),
        "test_items": len({item.id for item in tested}),
        "test_groups": len({item.group for item in tested}),
        "offered": offered(plugin, _rows(questions, {name: proof[name] for name in proven_by if name in proof})),
        "questions": {name: question.__dict__ for name, question in questions.items()},
        "rows": [row.__dict__ for row in rows],
        "by_run": by_run,
        "command": command("evaluate", plugin.name, specs, splits=splits, seeds=seeds),
        "table": table.markdown(rows, questions),
    }
    for folder in {run.folder for run in runs} | {places.runs() / plugin.name}:
        with atomic_write(folder / "evaluation.json") as draft:
            draft.write_text(json.dumps(result, indent=1), "utf-8")
    return result


def offered(plugin: Plugin, rows: Sequence[table.Row]) -> list[str]:
    """Names of the modes to offer: those without `proven_by`, and those where the network beats the baseline.

    Args:
        plugin: the plugin.
        rows: rows of the evaluation on the validation part.
    """
    won = {row.question for row in rows if row.wins}
    return [mode.name for mode in plugin.modes if not mode.proven_by or mode.proven_by in won]


def _pool(pooled: Pooled, found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    """Add the values of a run."""
    for question, methods in found.items():
        for method, values in methods.items():
            for item, value in values.items():
                pooled.setdefault(question, {}).setdefault(method, {}).setdefault(item, []).append(value)


def _rows(questions: Mapping[str, Question], pooled: Pooled) -> list[table.Row]:
    return [row for name in questions if name in pooled for row in table.rows(name, questions[name], pooled[name])]


def saved(plugin_name: str) -> Path:
    """The file of a plugin's last evaluation."""
    return places.runs() / plugin_name / "evaluation.json"


def _trained(plugin: Plugin, specs: Sequence[str], split: int, seed: int) -> Run:
    run = gather(plugin, specs, split, seed)
    if not run.items["test"]:
        raise UsageError(
            f"no clips to test on in split {split} of {', '.join(specs)}; name more data, or another split"
        )
    state = checkpoint.load(run.folder)
    if state is None or state["step"] < run.settings["steps"]:
        raise UsageError(
            f"{plugin.name} is not trained on {', '.join(specs)} in split {split} with seed {seed} yet; "
            f"train it with: {command('train', plugin.name, specs, split=split, seed=seed)}"
        )
    return run


def _means(found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    return {
        question: {method: float(np.mean(list(values.values()))) for method, values in methods.items()}
        for question, methods in found.items()
    }
