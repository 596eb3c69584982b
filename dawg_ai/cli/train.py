"""Train a plugin from scratch on one or more datasets.

    dawg train auto_eq --data demo --data folder:/home/me/songs

Missing features are computed first. Ctrl-C saves and stops. The same command resumes a run that was stopped or
killed, and ends with the same weights as without interruption. A changed setting, seed or song starts a new run.

With --lease, as in the sessions of `dawg launch`, the exit code is 0: finished, 75: go on in another session, 76: out
of budget, 1: failed; status.json beside the lease says the same.

Needs PyTorch. On Linux the second line alone would bring gigabytes of CUDA, which only a graphics card needs:

    pip install torch --index-url https://download.pytorch.org/whl/cpu
    pip install 'dawg-ai[train]'
"""

import argparse
import json
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from dawg_ai import registry
from dawg_ai.command import command
from dawg_ai.errors import UsageError
from dawg_ai.launch import trainer
from dawg_ai.plugin import Plugin


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("plugin", help=f"one of: {', '.join(registry.names())}")
    parser.add_argument(
        "--data", action="append", metavar="SPEC", help="a dataset, or folder:PATH; default: what the plugin declares"
    )
    parser.add_argument(
        "--split",
        type=int,
        default=0,
        metavar="N",
        help="number of the split into train, validation and test; default: 0",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of weights and batches; default: 0")
    parser.add_argument("--steps", type=int, metavar="N", help="stop after step N; default: the plugin's setting")
    parser.add_argument("--hours", type=float, metavar="H", help="stop after this time; the same command resumes")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of PyTorch; default: 1")
    parser.add_argument("--lease", type=Path, metavar="FILE", help="train within the lease of a session")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    for name in ("steps", "hours", "threads"):
        value = getattr(arguments, name)
        if value is not None and not value > 0:
            raise UsageError(f"--{name} is {value}; expected a positive number")
    if arguments.lease and arguments.hours:
        raise UsageError("--hours and --lease both say for how long; leave one out")
    chosen = registry.load(arguments.plugin)
    chosen.part("model")  # reports missing PyTorch before any work is done
    with ExitStack() as stack:
        session = stack.enter_context(trainer.Session(arguments.lease, chosen.name)) if arguments.lease else None
        return _train(arguments, chosen, session)


def _train(arguments: argparse.Namespace, chosen: Plugin, session: trainer.Session | None) -> int:
    from dawg_ai.training import loop
    from dawg_ai.training.run import gather

    specs = arguments.data or list(session.lease.data if session else chosen.data)
    request = gather(chosen, specs, arguments.split, arguments.seed)
    for clip_id, reason in request.rejected.items():
        print(f"left out: {clip_id}: {reason}", file=sys.stderr)
    limits: dict[str, Any] = {"hours": arguments.hours}
    if session:
        session.begin(request)
        if session.hours <= 0:
            return session.no_time()
        saved = partial(session.saved, request.folder)
        limits = {"hours": session.hours, "save_every_s": session.lease.save_every_s, "on_save": saved}
    print(request.open() or f"in {request.folder}", file=sys.stderr)
    result = loop.train(request, steps=arguments.steps, threads=arguments.threads, **limits)
    finished = result.step >= result.steps
    figures = {
        "plugin": chosen.name,
        "data": specs,
        "split": arguments.split,
        "seed": arguments.seed,
        "items": {part: len(items) for part, items in request.items.items()},
        "rejected": dict(request.rejected),
        "folder": str(result.folder),
        "step": result.step,
        "steps": result.steps,
        "finished": finished,
        "error": result.error,
        "best_step": result.best_step,
        "seconds": round(result.seconds, 3),
        "steps_per_second": round(result.steps_per_second, 2),
        "floor_steps_per_second": round(result.floor_steps_per_second, 2),
        "cost_usd": 0.0,
        "next": _command("evaluate", arguments, specs) if finished else _command("train", arguments, specs),
    }
    print(json.dumps(figures) if arguments.json else _in_words(figures))
    if session:
        return session.end(result)
    return 130 if result.interrupted and not finished else 0


def _command(verb: str, arguments: argparse.Namespace, specs: list[str]) -> str:
    """The command that resumes or evaluates this run."""
    plural = "s" if verb == "evaluate" else ""
    chosen = {f"{name}{plural}": getattr(arguments, name) for name in ("split", "seed") if getattr(arguments, name)}
    if verb == "train" and arguments.threads > 1:
        chosen["threads"] = arguments.threads  # a stop by --steps or --hours is over
    return command(verb, arguments.plugin, specs, **chosen)


def _in_words(figures: dict[str, Any]) -> str:
    state = "trained" if figures["finished"] else "stopped"
    error = "not evaluated yet"
    if figures["error"] is not None:
        error = f"error {figures['error']:.4g} (lower is better) at step {figures['best_step']}"
    return (
        f"{figures['plugin']} is {state} at step {figures['step']} of {figures['steps']}: {error}\n"
        f"{figures['seconds'] / 60:.1f} minutes in all, ${figures['cost_usd']:.0f}; "
        f"{figures['steps_per_second']:.1f} steps per second "
        f"({figures['floor_steps_per_second']:.1f} for forward and backward alone)\n"
        f"kept in {figures['folder']}\n"
        f"next: {figures['next']}"
    )
