"""Compute and store a plugin's features for every clip.

    dawg features auto_eq --data demo --data folder:/home/me/songs
    dawg features auto_eq --data fma_full --shard 3/16              # the third of 16 jobs, as on Slurm
    dawg features auto_eq --data fma_full --cluster 10.0.0.1:6379   # on a Ray cluster that shares the data

Stored features are not computed again. Clips without usable audio, or whose licence does not allow training, are left
out and named with the reason.

With --shard or --cluster, features are computed in shards of 200 clips, one tar and one index each (WebDataset
layout). Jobs share nothing but the folder of shards, or --storage; a job that was killed goes on with its shards that
are missing. The same command without --shard takes what is in shards from there.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dawg_ai import data, places, progress, registry, shards, storage, store, workers
from dawg_ai.command import command
from dawg_ai.data.clip import Clip
from dawg_ai.errors import UsageError
from dawg_ai.plugin import Plugin


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("plugin", help=f"one of: {', '.join(registry.names())}")
    parser.add_argument(
        "--data", action="append", metavar="SPEC", help="a dataset, or folder:PATH; default: what the plugin declares"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes; default: one per core")
    parser.add_argument("--shard", metavar="I/N", help="compute the shards of job I of N, and end")
    parser.add_argument("--cluster", metavar="ADDRESS", help="compute all shards on a Ray cluster (pip install ray)")
    parser.add_argument(
        "--storage", metavar="URL", help="a folder of shards that machines share, such as s3://bucket/x"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    if arguments.workers is not None and arguments.workers < 1:
        raise UsageError(f"--workers is {arguments.workers}; expected 1 or more")
    began = time.monotonic()
    chosen = registry.load(arguments.plugin)
    specs = arguments.data or list(chosen.data)
    clips, refused = store.trainable([clip for spec in specs for clip in data.load(spec).clips()])
    if arguments.shard or arguments.cluster:
        return _compute_shards(chosen, clips, refused, arguments)
    if arguments.storage:
        storage.pull(arguments.storage, store.sharded(chosen, clips)[1])
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


def _compute_shards(
    chosen: Plugin, clips: Sequence[Clip], refused: Mapping[str, str], arguments: argparse.Namespace
) -> int:
    """Compute the shards of a job, or all of them on a cluster."""
    began = time.monotonic()
    everything, folder = store.sharded(chosen, clips)
    mine = shards.share(arguments.shard or "1/1", everything)
    folder.mkdir(parents=True, exist_ok=True)
    done = storage.present(arguments.storage) if arguments.storage else {each.stem for each in folder.glob("*.json")}
    missing = [each for each in mine if each.name not in done]
    function: Callable[..., Path] = storage.make if arguments.storage else shards.make
    jobs = [(each, folder, *([arguments.storage] if arguments.storage else [])) for each in missing]
    with progress.bar("features", "shard", len(mine), len(mine) - len(missing)) as bar:
        if arguments.cluster:
            from dawg_ai import cluster

            running = cluster.each(function, jobs, arguments.cluster)
        else:
            running = workers.each(function, jobs, arguments.workers)
        for _ in running:
            bar.update()
    figures = {
        "plugin": chosen.name,
        "folder": str(folder),
        "shards": len(mine),
        "of": len(everything),
        "computed": len(missing),
        "clips": sum(len(each.clips) for each in mine),
        "rejected": dict(refused),
        "seconds": round(time.monotonic() - began, 1),
    }
    if arguments.json:
        print(json.dumps(figures))
    else:
        print(f"{len(mine)} of {len(everything)} shards are in {folder}, {len(missing)} of them computed now")
    return 0
