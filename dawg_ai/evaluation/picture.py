"""The picture of an evaluation: every method's mean error with its interval, a panel for each question."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from dawg_ai.evaluation.report import OURS
from dawg_ai.files import whole

_OURS, _OTHERS = "#d9480f", "#868e96"


def draw(result: Mapping[str, Any], path: Path) -> None:
    """Write the picture of what `report.evaluate` returned as PNG."""
    questions = list(dict.fromkeys(row["question"] for row in result["rows"]))
    figure = Figure(figsize=(9, 1.2 + 1.9 * len(questions)), layout="constrained")
    for axes, question in zip(figure.subplots(len(questions), squeeze=False)[:, 0], questions, strict=True):
        rows = sorted((row for row in result["rows"] if row["question"] == question), key=lambda row: -row["mean"])
        means = [row["mean"] for row in rows]
        spread = [
            [row["mean"] - row["interval"][0] for row in rows],
            [row["interval"][1] - row["mean"] for row in rows],
        ]
        colours = [_OURS if row["method"].startswith(OURS) else _OTHERS for row in rows]
        axes.barh([row["method"] for row in rows], means, xerr=spread, color=colours, height=0.7)
        for index, mean in enumerate(means):
            axes.text(0.02 * max(means), index, f"{mean:.2f}", va="center", color="white", fontsize=9)
        axes.set_title(f"{question} ({rows[0]['songs']} songs)", loc="left", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("error in dB, 95 % interval over songs; less is better")
    figure.suptitle(f"{result['plugin']} on {', '.join(result['data'])}, songs never heard", fontsize=12)
    with whole(path) as draft:
        figure.savefig(draft, dpi=120)
