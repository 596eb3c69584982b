"""Measure a trained plugin beside its baselines on songs it has never heard, and print the table.

    dawg evaluate auto_eq --data demo
    dawg evaluate auto_eq --data debian_games --splits 0 1 2 3 4 --seeds 0 1 2

The runs of all splits and seeds have to be trained; the table, with 95 % intervals over songs, is saved with them as
JSON and goes into the model card of what is exported from them.
"""

import argparse
import json
import sys

from dawg_ai import plugin


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("plugin", help=f"one of: {', '.join(plugin.names())}")
    parser.add_argument("--data", action="append", metavar="SPEC", help="a dataset, or folder:PATH; default: demo")
    parser.add_argument("--splits", type=int, nargs="+", default=[0], metavar="N", help="default: 0")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], metavar="N", help="default: 0")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    chosen = plugin.load(arguments.plugin)
    chosen.part("model")  # says what to install if PyTorch is missing
    from dawg_ai.evaluation import picture, report

    result = report.evaluate(chosen, arguments.data or ["demo"], arguments.splits, arguments.seeds)
    path = report.saved(chosen.name)
    picture.draw(result, path.with_suffix(".png"))
    if arguments.json:
        print(json.dumps(result))
    else:
        print(result["table"])
        print(f"\nstyles that are better than none: {', '.join(result['offered_styles']) or 'none'}")
    print(f"saved in {path} and {path.with_suffix('.png').name}", file=sys.stderr)
    return 0
