"""Measure the engine beside what a first version does: FFT, oversampling, interpolation, filters, harmonics.

    dawg bench upgrades
    dawg bench upgrades --picture docs/upgrades.png

The five first versions are in `dawg_ai/evaluation/naive.py`. Speed beside other programs: benchmarks/ in the sources.
"""

import argparse
import json
from pathlib import Path

from dawg_ai.evaluation import upgrades


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("what", choices=["upgrades"], help="the engine beside five first versions")
    parser.add_argument("--picture", type=Path, metavar="PNG", help="draw spectrograms of both (needs matplotlib)")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    if arguments.picture:
        upgrades.draw(arguments.picture)
    rows = upgrades.measure()
    if arguments.json:
        print(json.dumps({"seconds": upgrades.SECONDS, "rows": rows}))
        return 0
    print(f"{'':14s} {'measured':32s} {'at first':>9s} {'engine':>9s} {'at first':>12s} {'engine':>10s}")
    for row in rows:
        words = "{work:14s} {quality:32s} {naive:9.1f} {engine:9.1f} {naive_ms:9.1f} ms {engine_ms:7.1f} ms"
        print(words.format(**row))
    print(f"CPU time is for {upgrades.SECONDS} s of one channel; less is better in every column.")
    return 0
