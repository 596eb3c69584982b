"""Ours and a peer's, turn by turn in one run, so that other load on the machine hits both."""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RUNS = 15
RESULTS = Path(__file__).parent / "results"


def compared(work: str, one: Callable[[], object], other: Callable[[], object]) -> dict[str, Any]:
    """A row of the table: both sides' median CPU time; spread is the middle half of the ratios, over their median."""
    pairs = []
    for _ in range(RUNS + 1):
        times = []
        for each in (one, other):
            start = time.process_time()
            each()
            times.append(time.process_time() - start)
        pairs.append(times)
    pairs = pairs[1:]  # the first run warms up
    ratios = [b / a for a, b in pairs]
    low, ratio, high = statistics.quantiles(ratios, n=4)
    a, b = (1000 * statistics.median(side) for side in zip(*pairs, strict=True))
    return {
        "work": work,
        "ours": round(a, 2),
        "peer": round(b, 2),
        "unit": "ms CPU",
        "ratio": round(ratio, 2),
        "runs": RUNS,
        "spread": round((high - low) / ratio, 3),
    }


def save(name: str, rows: list[dict[str, Any]]) -> None:
    """Write `results/<name>.json` and print the table."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(rows, indent=1) + "\n")
    for row in rows:
        print("{work}: {ours} {unit}, peer {peer}: {ratio} x (spread {spread}, {runs} runs)".format(**row))
