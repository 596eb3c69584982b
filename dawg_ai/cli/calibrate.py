"""Measure how fast plugins train here, which is what `dawg plan` plans with.

    dawg calibrate                          # all plugins, on this computer
    dawg calibrate auto_eq --data demo
    dawg calibrate --platform kaggle --device T4 --out speeds    # run there; copy the files of `speeds` home

Trains each plugin for 20 steps and then for 120 that are timed, by the real model on real batches, and times a
checkpoint and an evaluation. Nothing of it is kept but the figures. Features that are missing are computed first.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from dawg_ai import registry
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.planning import devices, platform, speeds
from dawg_ai.planning.calibrate import calibrate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("plugins", nargs="*", metavar="PLUGIN", help=f"of: {', '.join(registry.names())}")
    parser.add_argument(
        "--data", action="append", metavar="SPEC", help="a dataset, or folder:PATH; default: what the plugin declares"
    )
    parser.add_argument("--platform", metavar="NAME", help="where this is; default: this computer")
    parser.add_argument("--device", metavar="NAME", help="the device, as the platform's prices call it")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of PyTorch; default: 1")
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep the figures here; default: where plans look")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    if arguments.threads < 1:
        raise UsageError(f"--threads is {arguments.threads}; expected a positive number")
    names = arguments.plugins or registry.names()
    plugins = [registry.load(name) for name in names]
    where, device = _place(arguments.platform, arguments.device)
    plugins[0].part("model")  # reports missing PyTorch before any work is done
    found, failed = [], {}
    for plugin in plugins:
        try:
            measured = calibrate(plugin, arguments.data, arguments.threads, where, device)
        except DawgError as error:
            failed[plugin.name] = str(error)
            print(f"{plugin.name}: {error}", file=sys.stderr)
            continue
        speeds.save(measured, arguments.out)
        found.append(measured)
        if not arguments.json:
            print(_in_words(measured))
    if arguments.json:
        print(json.dumps({"measured": [asdict(each) for each in found], "failed": failed}))
    return 1 if failed else 0


def _place(name: str | None, device: str | None) -> tuple[str, str]:
    """Platform and device, or "" for this computer's."""
    if not name:
        if device:
            raise UsageError(f"--device {device} needs --platform; one of: {', '.join(platform.names())}")
        return "", ""
    there = [price.device for price in platform.load(name).prices]
    chosen = device or (there[0] if len(set(there)) == 1 else "")
    if chosen not in there or chosen not in devices.known():
        raise UsageError(f"--device is {device!r}; {name} has: {', '.join(dict.fromkeys(there))}")
    return name, chosen


def _in_words(found: speeds.Measurement) -> str:
    return (
        f"{found.plugin} on {found.hardware}: {found.steps_per_second:.1f} steps per second (nine times in ten above "
        f"{found.low_steps_per_second:.1f}), {found.memory_gib:.2f} GiB; an evaluation {found.evaluation_s:.1f} s, "
        f"a checkpoint {found.save_s:.2f} s, {found.checkpoint_bytes / 1e6:.1f} MB, the start {found.start_s:.1f} s"
    )
