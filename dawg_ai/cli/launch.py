"""Start a training somewhere, within a hard budget: here, on a computer of yours, or on a platform.

    dawg launch auto_eq --on local                  # in the background, here
    dawg launch auto_eq --on ssh:gpu-box --hours 3  # on a computer that `ssh gpu-box` reaches
    dawg launch plan --on kaggle                    # the next session of a plan (dawg plan --out plan)
    dawg launch plan --on vast --budget 10          # it starts only if all that may be spent stays within $10

The worst case of the session, its longest time at its highest price, is reserved in the ledger before anything is
called, beside all that is settled and reserved; what does not fit is not started. An unfinished run goes on where it
is, its checkpoint travelling there and home. `dawg status` looks after what runs; `dawg stop` ends it.

Keys stay where the platforms' own clients keep them (`kaggle`, `vastai`), or in RUNPOD_API_KEY and LAMBDA_API_KEY.
Needs, for Kaggle and Vast.ai, their clients: pip install 'dawg-ai[cloud]'
"""

import argparse
import json
import sys

from dawg_ai import launch, registry
from dawg_ai.errors import UsageError
from dawg_ai.launch import folders
from dawg_ai.launch.control import Control
from dawg_ai.launch.request import Wanted, lease
from dawg_ai.planning.ledger import MICRO, Ledger
from dawg_ai.planning.platform import KINDS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("what", metavar="PLAN|PLUGIN", help=f"a plan's folder, or of: {', '.join(registry.names())}")
    parser.add_argument("--on", default="", metavar="PLATFORM", help=f"one of: {', '.join(launch.names())}; ssh:HOST")
    parser.add_argument("--budget", type=float, metavar="USD", help="what may be spent in all; needed where it costs")
    parser.add_argument("--data", action="append", metavar="SPEC", help="a dataset; default: as planned or declared")
    parser.add_argument("--device", default="", metavar="NAME", help="such as 'RTX 4090'; default: the cheapest")
    parser.add_argument("--kind", default="", choices=KINDS, help="of the price; default: the cheapest")
    parser.add_argument("--hours", type=float, metavar="H", help="for how long at most; default: as planned, or 6")
    parser.add_argument("--max-price", type=float, metavar="USD", help="an hour; default: as planned")
    parser.add_argument(
        "--checkpoints",
        default="",
        metavar="PLACE",
        help="where they travel: a folder or a URL",
    )
    parser.add_argument("--package", default="", metavar="SPEC", help="what pip installs there, such as a URL")
    parser.add_argument("--anew", action="store_true", help="do not send the unfinished run that is here")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    for name, value in (("--budget", arguments.budget), ("--max-price", arguments.max_price)):
        if value is not None and not value >= 0:
            raise UsageError(f"{name} is {value:g}; expected dollars, 0 or more")
    if arguments.hours is not None and not arguments.hours > 0:
        raise UsageError(f"--hours is {arguments.hours:g}; expected a positive number")
    wanted = Wanted(
        what=arguments.what,
        on=arguments.on,
        data=tuple(arguments.data or ()),
        device=arguments.device,
        kind=arguments.kind,
        hours=arguments.hours,
        max_usd_per_hour=arguments.max_price,
        checkpoints=arguments.checkpoints,
        package=arguments.package,
        anew=arguments.anew,
    )
    budget = None if arguments.budget is None else round(arguments.budget * MICRO)
    ledger = Ledger()
    try:
        session = lease(wanted, ledger, budget)
        launcher = launch.launcher(session.platform)
        if launcher is None:
            folders.write(session.name, launch.files(session))
            raise UsageError(f"not started: {launch.by_hand(session)}; the files: {folders.session(session.name)}")
        if session.worst_usd > 0 and budget is None:
            raise UsageError(f"it may cost ${session.worst_usd:.2f}; say what may be spent in all with --budget")
        for line in Control(launcher, ledger).start(session, budget):
            print(line, file=sys.stderr)
        spoken = ledger.spoken_for_micro()
    finally:
        ledger.close()
    figures = {
        "session": session.name,
        "platform": session.platform,
        "plugin": session.plugin,
        "hours": round(session.hours, 4),
        "worst_usd": round(session.worst_usd, 6),
        "spoken_for_usd": spoken / MICRO,
        "folder": str(folders.session(session.name)),
        "watch": "dawg status --watch",
        "end": f"dawg stop {session.name}",
    }
    if arguments.json:
        print(json.dumps(figures))
        return 0
    within = (
        "" if budget is None else f"; of ${budget / MICRO:.2f} ${(budget - spoken) / MICRO:.2f} are not spoken for"
    )
    print(f"{session.name} is started: {session.hours:.2f} h and ${session.worst_usd:.2f} at most{within}")
    print(f"watch: {figures['watch']}\nend:   {figures['end']}")
    if not launcher.ends_itself:
        print(
            f"A machine of {session.platform} cannot end itself: it is billed until dawg status or dawg stop has "
            f"ended it, so keep watching until {session.end:%Y-%m-%d %H:%M} UTC"
        )
    return 0
