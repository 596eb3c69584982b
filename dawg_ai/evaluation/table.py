"""The table of an evaluation.

The values of a clip are averaged over splits and seeds first, so each clip counts once. Intervals are 95 % bootstrap
intervals over clips (percentiles of 10,000 resamples); differences are paired by clip.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawg_ai.plugin import OURS, Question

RESAMPLES = 10_000

Pooled = dict[str, dict[str, dict[str, list[float]]]]  # question -> method -> clip id -> values of all runs
Interval = tuple[float, float]


@dataclass(frozen=True)
class Row:
    """One method on one question.

    Args:
        question: name of the question.
        method: the network or a baseline.
        items: number of clips.
        mean: mean over clips, in the question's unit.
        median: median over clips.
        interval: 95 % interval of the mean.
        difference: mean minus the rival's, with its interval; None for the rival itself.
        relative: the difference in percent of the rival's mean; None if that is not positive.
        wins: whether this is the network and it is better than the rival by the whole interval.
    """

    question: str
    method: str
    items: int
    mean: float
    median: float
    interval: Interval
    difference: tuple[float, float, float] | None
    relative: tuple[float, float, float] | None
    wins: bool


def rows(name: str, question: Question, methods: Mapping[str, Mapping[str, Sequence[float]]]) -> list[Row]:
    """Rows of one question.

    Args:
        name: name of the question.
        question: the question.
        methods: method -> clip id -> values of all runs.

    Returns:
        A row for each method.

    >>> errors = {"network": {"a": [1.0], "b": [2.0]}, "ridge": {"a": [2.0], "b": [4.0]}}
    >>> ours, ridge = rows("fix", Question("Nothing but the song is given"), errors)
    >>> ours.mean, ours.relative, ours.wins, ridge.wins
    (1.5, (-50.0, -50.0, -50.0), True, False)
    """
    items = sorted(methods[OURS])
    values = {method: np.array([np.mean(by_item[item]) for item in items]) for method, by_item in methods.items()}
    draws = np.random.default_rng(0).integers(len(items), size=(RESAMPLES, len(items)))
    means = {method: each[draws].mean(1) for method, each in values.items()}
    found = []
    for method, each in values.items():
        difference = relative = None
        if question.rival in values and method != question.rival:
            rival, rivals = float(values[question.rival].mean()), means[question.rival]
            difference = (float(each.mean()) - rival, *interval(means[method] - rivals))
            if rival > 0 and rivals.min() > 0:
                relative = (float(100 * (each.mean() / rival - 1)), *interval(100 * (means[method] / rivals - 1)))
        wins = method == OURS and difference is not None
        if difference is not None and wins:
            wins = difference[2] < 0 if question.less_is_better else difference[1] > 0
        mean, median = float(each.mean()), float(np.median(each))
        row = Row(name, method, len(items), mean, median, interval(means[method]), difference, relative, wins)
        found.append(row)
    return found


def interval(values: NDArray[np.float64]) -> Interval:
    """The 2.5th and 97.5th percentile of resampled values, (resamples,)."""
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def markdown(rows: Sequence[Row], questions: Mapping[str, Question]) -> str:
    """Format rows as Markdown, a table for each question, the best method first.

    Args:
        rows: rows of all questions.
        questions: the questions by name.
    """
    lines = []
    for name in dict.fromkeys(row.question for row in rows):
        question = questions[name]
        mine = sorted((row for row in rows if row.question == name), key=lambda row: row.mean)
        mine = mine if question.less_is_better else mine[::-1]
        better = "less" if question.less_is_better else "more"
        lines += [
            "",
            f"**{name}** ({mine[0].items} clips, {question.unit}, {better} is better). {question.summary}.",
            "",
        ]
        lines += [f"| method | mean | median | 95 % | against {question.rival} |", "|---|---|---|---|---|"]
        lines += [_line(row) for row in mine]
    return "\n".join(lines).strip()


def _line(row: Row) -> str:
    than = ""
    if row.relative is not None:
        than = "{:+.1f} % ({:+.1f} to {:+.1f})".format(*row.relative)
    elif row.difference is not None:
        than = "{:+.3f} ({:+.3f} to {:+.3f})".format(*row.difference)
    low, high = row.interval
    name = f"**{row.method}**" if row.method == OURS else row.method
    return f"| {name} | {row.mean:.3f} | {row.median:.3f} | {low:.3f} to {high:.3f} | {than} |"
