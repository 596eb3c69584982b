"""End a session, or all of them; its training saves where the platform lets it, and the same run goes on elsewhere.

    dawg stop 01-local-auto-eq
    dawg stop --all

A machine counts as ended when its platform does not list it any more. Until then it is billed on, and an ALARM is
printed.
"""

import argparse
import sys

from dawg_ai import launch
from dawg_ai.errors import UsageError
from dawg_ai.launch.control import Control
from dawg_ai.launch.launcher import LaunchError
from dawg_ai.planning.ledger import MICRO, Ledger


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("session", nargs="?", metavar="ID", help="name of the session, as in: dawg status")
    parser.add_argument("--all", action="store_true", help="every session that is open")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code: 1 if something may still run."""
    if arguments.all == bool(arguments.session):
        raise UsageError("name one session, or say --all; dawg status lists them")
    ledger = Ledger()
    try:
        states = ledger.sessions()
        names = [name for name, each in states.items() if each.open] if arguments.all else [arguments.session]
        for name in names:
            if name not in states:
                raise UsageError(f"no session is called {name!r}; dawg ledger lists all")
            launcher = launch.launcher(states[name].first.platform)
            assert launcher is not None, name
            try:
                for line in Control(launcher, ledger).stop(name):
                    print(line, file=sys.stderr)
            except LaunchError as error:
                print(f"{name}: {error}", file=sys.stderr)
            after = ledger.sessions()[name]
            state = "may still run" if after.open else "is over"
            print(f"{name} {state}, ${after.cost_micro / MICRO:.2f}")
        return 1 if any(ledger.sessions()[name].open for name in names) else 0
    finally:
        ledger.close()
