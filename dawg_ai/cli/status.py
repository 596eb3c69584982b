"""Show the sessions that are open, after looking at what their platforms list, and bring their checkpoints home.

    dawg status
    dawg status --watch     # look again every minute, until nothing is open

A machine whose start was never answered is adopted, one that belongs to no session is ended, and one that has
ended, was interrupted, costs more than was reserved or is past its lease is ended and settled. The list is
believed: what was told to end and is still listed is billed on, and an ALARM is printed.
"""

import argparse
import json
import time
from typing import Any

from dawg_ai import launch, terminal
from dawg_ai.launch import folders
from dawg_ai.launch.control import Control
from dawg_ai.launch.launcher import LaunchError
from dawg_ai.launch.trainer import Status
from dawg_ai.planning import table
from dawg_ai.planning.ledger import MICRO, Ledger

EVERY_S = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("--watch", action="store_true", help="look again until nothing is open")
    parser.add_argument("--every", type=float, default=EVERY_S, metavar="S", help=f"seconds; default: {EVERY_S:.0f}")
    parser.add_argument("--json", action="store_true", help="print one JSON object, with --watch one a look")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code: 1 if there is an alarm, or a platform that does not answer."""
    while True:
        ledger = Ledger()
        try:
            said, wrong = look(ledger)
            rows = shown(ledger)
        finally:
            ledger.close()
        if arguments.json:
            print(json.dumps({"said": said, "sessions": rows}), flush=True)
        else:
            print("\n".join([*said, _in_words(rows)]), flush=True)
        if not arguments.watch or not rows:
            return 1 if wrong else 0
        time.sleep(arguments.every)


def look(ledger: Ledger) -> tuple[list[str], bool]:
    """Look at every platform with open sessions.

    Args:
        ledger: the ledger.

    Returns:
        What happened, in words, and whether a person has to look at something.
    """
    said: list[str] = []
    wrong = False
    for name in sorted({each.first.platform for each in ledger.sessions().values() if each.open}):
        launcher = launch.launcher(name)
        if launcher is None:  # of another version
            said.append(f"{name} cannot be looked at from here")
            wrong = True
            continue
        try:
            said += Control(launcher, ledger).look()
        except LaunchError as error:
            said.append(f"{name} does not say what runs there, so nothing is concluded: {error}")
            wrong = True
    return said, wrong or any(each.startswith("ALARM") for each in said)


def shown(ledger: Ledger) -> list[dict[str, Any]]:
    """A row for each open session."""
    rows = []
    for name, state in ledger.sessions().items():
        if not state.open:
            continue
        status = Status.read(folders.session(name))
        rows.append(
            {
                "session": name,
                "plugin": state.first.work,
                "platform": state.first.platform,
                "machine": state.machine,
                "training": status.outcome if status else "not begun",
                "step": status.step if status else 0,
                "steps": status.steps if status else 0,
                "seconds": state.seconds,
                "lease_s": state.first.seconds,
                "cost_usd": state.cost_micro / MICRO,
                "worst_usd": state.first.usd_micro / MICRO,
            }
        )
    return rows


def _in_words(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "No session is open; see: dawg ledger"
    columns = {
        "trains": [row["plugin"] for row in rows],
        "machine": [row["machine"] or "none yet" for row in rows],
        "is": [row["training"] for row in rows],
        "step": [f"{row['step']} of {row['steps']}" if row["steps"] else "" for row in rows],
        "for": [table.duration(row["seconds"] / 3600) for row in rows],
        "at most": [table.duration(row["lease_s"] / 3600) for row in rows],
        "cost": [f"${row['cost_usd']:.2f} of ${row['worst_usd']:.2f}" for row in rows],
    }
    names = ["", *(row["session"] for row in rows)]
    return terminal.table(names, [[head, *cells] for head, cells in columns.items()])
