"""Compute and store a plugin's features for every clip.

    dawg features auto_eq --data demo --data folder:/home/me/songs

Stored features are not computed again. Clips without usable audio, or whose licence does not allow training, are left
out and named with the reason.
"""

import argparse
import json
import sys
import time

from dawg_ai import data, places, registry, store
from dawg_ai.command import command
from dawg_ai.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("plugin", help=f"one of: {', '.join(registry.names())}")
    parser.add_argument(
        "--data", action="append", metavar="SPEC", help="a dataset, or folder:PATH; default: what the plugin declares"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes; default: one per core")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    if arguments.workers is not None and arguments.workers < 1:
        raise UsageError(f"--workers is {arguments.workers}; expected 1 or more")
    began = time.monotonic()
    chosen = registry.load(arguments.plugin)
    specs = arguments.data or list(chosen.data)
    clips, refused = store.trainable([clip for spec in specs for clip in data.load(spec).clips()])
    features = store.build(chosen, clips, workers=arguments.workers)
    rejected = {**refused, **features.rejected}
    next_command = command("train", chosen.name, specs)
    if arguments.json:
        figures = {
            "plugin": chosen.name,
            "data": specs,
            "folder": str(places.features() / chosen.name / features.key),
            "clips": len(features),
            "computed": features.computed,
            "rejected": rejected,
            "seconds": round(time.monotonic() - began, 1),
            "next": next_command,
        }
        print(json.dumps(figures))
        return 0
    for clip_id, reason in rejected.items():
        print(f"left out: {clip_id}: {reason}", file=sys.stderr)
    print(f"{len(features)} clips are ready, {features.computed} of them computed now, {len(rejected)} left out")
    print(f"next: {next_command}")
    return 0
