"""The picture of an evaluation: each method's mean with its interval, one panel for each question."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from dawg_ai.files import atomic_write
from dawg_ai.plugin import OURS
from dawg_ai.report.plot import ACCENT, INK

_OTHERS = "#868e96"


def draw(result: Mapping[str, Any], path: Path) -> None:
    """Write the picture of an evaluation as PNG: bars with error bars, the lowest mean on top.

    Args:
        result: What `evaluation.run.evaluate` returns: `plugin`, `data`, `questions`, and `rows` with `question`,
            `method`, `mean`, `interval` (low, high) and the number of `items`.
        path: The file to write.
    """
    questions = list(dict.fromkeys(row["question"] for row in result["rows"]))
    figure = Figure(figsize=(9, 1.2 + 1.9 * len(questions)), layout="constrained")
    for axes, question in zip(figure.subplots(len(questions), squeeze=False)[:, 0], questions, strict=True):
        rows = sorted((row for row in result["rows"] if row["question"] == question), key=lambda row: -row["mean"])
        means = [row["mean"] for row in rows]
        spread = [
            [row["mean"] - row["interval"][0] for row in rows],
            [row["interval"][1] - row["mean"] for row in rows],
        ]
        colours = [ACCENT if row["method"].startswith(OURS) else _OTHERS for row in rows]
        axes.barh([row["method"] for row in rows], means, xerr=spread, color=colours, ecolor=INK, height=0.7)
        for index, mean in enumerate(means):
            axes.text(0.02 * max(means), index, f"{mean:.2f}", va="center", color="white", fontsize=9)
        asked = result["questions"][question]
        better = "less" if asked["less_is_better"] else "more"
        title = f"{question} ({rows[0]['items']} clips, {asked['unit']}, {better} is better)"
        axes.set_title(title, loc="left", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("mean, and its 95 % interval over clips")
    figure.suptitle(
        f"{result['plugin']} on {', '.join(result['data'])}, clips that were not in training", fontsize=12
    )
    with atomic_write(path) as draft:
        figure.savefig(draft, dpi=120)
