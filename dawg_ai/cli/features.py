"""Compute what a plugin hears in every clip, once.

    dawg features auto_eq --data demo --data folder:/home/me/songs

Clips that are done are not computed again. Clips without usable sound, or whose licence does not allow training, are
named with the reason and left out.
"""

import argparse
import json
import shlex
import sys
import time

from dawg_ai import data, places, plugin
from dawg_ai.errors import UsageError
from dawg_ai.features import store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("plugin", help=f"one of: {', '.join(plugin.names())}")
    parser.add_argument("--data", action="append", metavar="SPEC", help="a dataset, or folder:PATH; default: demo")
    parser.add_argument("--workers", type=int, metavar="N", help="processes; default: one per core")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    if arguments.workers is not None and arguments.workers < 1:
        raise UsageError(f"--workers is {arguments.workers}; expected 1 or more")
    began = time.monotonic()
    chosen = plugin.load(arguments.plugin)
    specs = arguments.data or ["demo"]
    clips, refused = store.trainable([clip for spec in specs for clip in data.load(spec).clips()])
    features = store.build(chosen, clips, workers=arguments.workers)
    rejected = {**refused, **features.rejected}
    command = shlex.join(["dawg", "train", chosen.name, *(word for spec in specs for word in ("--data", spec))])
    if arguments.json:
        figures = {
            "plugin": chosen.name,
            "data": specs,
            "folder": str(places.features() / chosen.name / features.key),
            "clips": len(features),
            "computed": features.computed,
            "rejected": rejected,
            "seconds": round(time.monotonic() - began, 1),
            "next": command,
        }
        print(json.dumps(figures))
        return 0
    for clip_id, reason in rejected.items():
        print(f"left out: {clip_id}: {reason}", file=sys.stderr)
    print(f"{len(features)} clips are ready, {features.computed} looked at now, {len(rejected)} left out")
    print(f"next: {command}")
    return 0
