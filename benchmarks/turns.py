"""Interleaved timing of ours and a peer's, so that other load on the machine affects both."""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RUNS = 15
RESULTS = Path(__file__).parent / "results"


def compared(work: str, one: Callable[[], object], other: Callable[[], object]) -> dict[str, Any]:
    """Measure CPU time of both, interleaved; a row of the table."""
    pairs = []
    for _ in range(RUNS + 1):
        times = []
        for each in (one, other):
            start = time.process_time()
            each()
            times.append(time.process_time() - start)
        pairs.append(times)
    return row(work, [(1000 * a, 1000 * b) for a, b in pairs[1:]], "ms CPU")  # without the first run, a warm-up


def row(work: str, pairs: list[tuple[float, float]], unit: str) -> dict[str, Any]:
    """Medians of both; `ratio` is the median of peer / ours, `spread` its interquartile range over that median."""
    low, ratio, high = statistics.quantiles([peer / ours for ours, peer in pairs], n=4)
    ours, peer = (statistics.median(side) for side in zip(*pairs, strict=True))
    return {
        "work": work,
        "ours": round(ours, 2),
        "peer": round(peer, 2),
        "unit": unit,
        "ratio": round(ratio, 2),
        "runs": len(pairs),
        "spread": round((high - low) / ratio, 3),
    }


def save(name: str, rows: list[dict[str, Any]]) -> None:
    """Write `results/<name>.json` and print the table."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(rows, indent=1) + "\n")
    for row in rows:
        print("{work}: {ours} {unit}, peer {peer}: {ratio} x (spread {spread}, {runs} runs)".format(**row))
