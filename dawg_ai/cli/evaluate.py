"""Evaluate a trained plugin beside its baselines on the test part, and print the table.

    dawg evaluate auto_eq --data demo
    dawg evaluate auto_eq --data debian_games --splits 0 1 2 3 4 --seeds 0 1 2

The runs of all splits and seeds must be trained. The table, with 95 % intervals over clips, is saved with them as
JSON, and `dawg export` copies it into the model card.
"""

import argparse
import json
import sys

from dawg_ai import registry, terminal

LEGEND = (
    "mean, median: over clips. 95 %: bootstrap interval of the mean over clips.\n"
    "against ...: the difference from that method, in percent or in the unit, with its 95 % interval."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("plugin", help=f"one of: {', '.join(registry.names())}")
    parser.add_argument(
        "--data", action="append", metavar="SPEC", help="a dataset, or folder:PATH; default: what the plugin declares"
    )
    parser.add_argument("--splits", type=int, nargs="+", default=[0], metavar="N", help="default: 0")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], metavar="N", help="default: 0")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    chosen = registry.load(arguments.plugin)
    chosen.part("model")  # reports missing PyTorch before any work is done
    from dawg_ai.evaluation import run as evaluation
    from dawg_ai.report import evaluation as picture

    result = evaluation.evaluate(chosen, arguments.data or list(chosen.data), arguments.splits, arguments.seeds)
    path = evaluation.saved(chosen.name)
    picture.draw(result, path.with_suffix(".png"))
    if arguments.json:
        print(json.dumps(result))
    else:
        print(terminal.plain(result["table"]), LEGEND, sep="\n\n")
        print(f"\nmodes that are offered: {', '.join(result['offered']) or 'none'}")
    print(f"saved in {path} and {path.with_suffix('.png').name}", file=sys.stderr)
    return 0
