"""The table of an evaluation: a plugin beside its baselines, on songs it has never heard, with intervals.

Each song counts once: its errors over splits and seeds are averaged first. Intervals are 95 % bootstrap intervals
over songs (percentiles of 10,000 resamples); differences are paired, song by song.
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dawg_ai import places, progress
from dawg_ai.errors import UsageError
from dawg_ai.files import whole
from dawg_ai.plugin import Plugin
from dawg_ai.training import checkpoint, loop
from dawg_ai.training.run import Run, gather

RESAMPLES = 10_000
RENDERED = 100  # cases checked in rendered sound, shared out among the runs
OURS, RIVAL, NOTHING = "network", "ridge", "nothing"


@dataclass(frozen=True)
class Row:
    """One method on one question, errors in the plugin's unit; `than_rival` is the relative difference in percent."""

    question: str
    method: str
    songs: int
    mean: float
    median: float
    interval: tuple[float, float]
    than_rival: tuple[float, float, float] | None  # difference, and its interval


def evaluate(plugin: Plugin, specs: Sequence[str], splits: Sequence[int], seeds: Sequence[int]) -> dict[str, Any]:
    """Measure the runs of all splits and seeds, and save the table as `evaluation.json` and `.md` with each run.

    Raises:
        UsageError: one of the runs is not trained to its end yet; the message has the command.
    """
    torch.set_num_threads(1)
    runs = [_trained(plugin, specs, split, seed) for split in splits for seed in seeds]
    pooled: dict[str, dict[str, dict[str, list[float]]]] = {}
    by_run: list[dict[str, Any]] = []
    gains: dict[str, list[float]] = {}
    shares: dict[str, list[float]] = {}
    measuring, rendering = plugin.part("measure"), plugin.part("rendered")
    with progress.bar("evaluate", "run", len(runs)) as bar:
        for run in runs:
            model = loop.trained(plugin, run.folder)
            found = measuring.measure(model, run.songs, run.seed)
            by_run.append({"split": run.split, "seed": run.seed, "mean": _means(found)})
            for style, values in measuring.style_gains(model, run.songs["valid"], run.seed).items():
                gains.setdefault(style, []).extend(values)
            for question, methods in found.items():
                for method, errors in methods.items():
                    for song, error in errors.items():
                        pooled.setdefault(question, {}).setdefault(method, {}).setdefault(song, []).append(error)
            tested = {song.id for song in run.songs["test"]}
            clips = [clip for clip in run.clips if clip.id in tested]
            for mode, values in rendering.removed(model, clips, run.seed, -(-RENDERED // len(runs))).items():
                shares.setdefault(mode, []).extend(values)
            bar.update()
    rows = [row for question, methods in pooled.items() for row in _rows(question, methods)]
    groups = {song.group for run in runs for song in run.songs["test"]}
    data = [word for spec in specs for word in ("--data", spec)]
    chosen = ["--splits", *map(str, splits), "--seeds", *map(str, seeds)]
    command = shlex.join(["dawg", "evaluate", plugin.name, *data, *chosen])
    rendered = {mode: _share(values) for mode, values in shares.items()}
    result = {
        "plugin": plugin.name,
        "data": list(specs),
        "splits": list(splits),
        "seeds": list(seeds),
        "test_songs": max((row.songs for row in rows), default=0),
        "test_groups": len(groups),
        "offered_styles": sorted(style for style, values in gains.items() if len(values) > 1 and np.mean(values) > 0),
        "rows": [row.__dict__ for row in rows],
        "by_run": by_run,
        "command": command,
        "rendered": rendered,
        "table": f"{table(rows, measuring.QUESTIONS)}\n\n{in_sound(rendered)}",
    }
    for folder in {run.folder for run in runs} | {places.runs() / plugin.name}:
        with whole(folder / "evaluation.json") as draft:
            draft.write_text(json.dumps(result, indent=1), "utf-8")
    return result


def table(rows: Sequence[Row], questions: Mapping[str, str]) -> str:
    """The rows as Markdown, question by question, the best method first."""
    lines = []
    for question in dict.fromkeys(row.question for row in rows):
        mine = sorted((row for row in rows if row.question == question), key=lambda row: row.mean)
        lines += ["", f"**{question}** ({mine[0].songs} songs). {questions.get(question, '')}.", ""]
        lines += [f"| method | mean | median | 95 % | than {RIVAL} |", "|---|---|---|---|---|"]
        lines += [_line(row) for row in mine]
    return "\n".join(lines).strip()


def in_sound(shares: Mapping[str, Mapping[str, float]]) -> str:
    """What was left of faults in rendered sound, in words."""
    words = "{mean:.0%} (median {median:.0%}, interval {low:.0%} to {high:.0%})"
    each = (f"{mode} {words.format(**share)}" for mode, share in shares.items())
    cases = max((int(share["cases"]) for share in shares.values()), default=0)
    return f"Of faults rendered into {cases} songs, the share removed at equal loudness: {', '.join(each)}."


def _share(values: Sequence[float]) -> dict[str, float]:
    draws = np.random.default_rng(0).choice(np.array(values), (RESAMPLES, len(values)))
    low, high = _interval(draws.mean(1))
    return {
        "cases": len(values),
        "mean": float(np.mean(values)),
        "median": float(np.median(values)),
        "low": low,
        "high": high,
    }


def _line(row: Row) -> str:
    than = ""
    if row.than_rival is not None:
        than = "{:+.1f} % ({:+.1f} to {:+.1f})".format(*row.than_rival)
    low, high = row.interval
    name = f"**{row.method}**" if row.method == OURS else row.method
    return f"| {name} | {row.mean:.3f} | {row.median:.3f} | {low:.3f} to {high:.3f} | {than} |"


def _trained(plugin: Plugin, specs: Sequence[str], split: int, seed: int) -> Run:
    run = gather(plugin, specs, split, seed)
    saved = checkpoint.load(run.folder)
    if saved is None or saved["step"] < run.settings["steps"]:
        data = " ".join(f"--data {spec}" for spec in specs)
        raise UsageError(
            f"{plugin.name} is not trained on {', '.join(specs)} in split {split} with seed {seed} yet; do it with: "
            f"dawg train {plugin.name} {data} --split {split} --seed {seed}"
        )
    return run


def _means(found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    return {
        question: {method: float(np.mean(list(errors.values()))) for method, errors in methods.items()}
        for question, methods in found.items()
    }


def _rows(question: str, methods: Mapping[str, Mapping[str, Sequence[float]]]) -> list[Row]:
    songs = sorted(methods[OURS])
    errors = {method: np.array([np.mean(by_song[s]) for s in songs]) for method, by_song in methods.items()}
    draws = np.random.default_rng(0).integers(len(songs), size=(RESAMPLES, len(songs)))
    means = {method: values[draws].mean(1) for method, values in errors.items()}
    rows = []
    for method, values in errors.items():
        than = None
        if RIVAL in errors and method != RIVAL:
            low, high = _interval(100 * (means[method] / means[RIVAL] - 1))
            than = (float(100 * (values.mean() / errors[RIVAL].mean() - 1)), low, high)
        interval = _interval(means[method])
        rows.append(Row(question, method, len(songs), float(values.mean()), float(np.median(values)), interval, than))
    return rows


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def saved(plugin_name: str) -> Path:
    """Where the last evaluation of a plugin is."""
    return places.runs() / plugin_name / "evaluation.json"
