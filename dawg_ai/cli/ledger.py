"""Show what sessions may cost, have cost and did cost, planned against actual.

    dawg ledger
    dawg ledger --json

Money is reserved before a session starts, for the worst case; what is not settled yet counts in full. The file is
append-only: a correction is another line.
"""

import argparse
import json
from collections.abc import Iterator, Mapping

from dawg_ai import terminal
from dawg_ai.planning import table
from dawg_ai.planning.ledger import MICRO, Ledger, State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("--json", action="store_true", help="print one JSON object, with every line")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    ledger = Ledger()
    try:
        states, spoken = ledger.sessions(), ledger.spoken_for_micro()
        lines = [{**line.__dict__, "at": line.at.isoformat()} for line in ledger.lines()]
    finally:
        ledger.close()
    if arguments.json:
        print(json.dumps({"spoken_for_usd": spoken / MICRO, "lines": lines}))
    else:
        print("\n\n".join(_in_words(states, spoken)))
    return 0


def _in_words(states: Mapping[str, State], spoken: int) -> Iterator[str]:
    if not states:
        yield "Nothing was started yet; see: dawg plan"
        return
    columns = {
        "work": [each.first.work for each in states.values()],
        "where": [each.first.platform for each in states.values()],
        "is": [each.last.event for each in states.values()],
        "planned": [table.duration(each.first.seconds / 3600) for each in states.values()],
        "actual": [table.duration(each.seconds / 3600) for each in states.values()],
        "at most": [f"${each.first.usd_micro / MICRO:.2f}" for each in states.values()],
        "cost": [f"${each.cost_micro / MICRO:.2f}" for each in states.values()],
    }
    yield terminal.table(["session", *states], [[name, *cells] for name, cells in columns.items()])
    settled = sum(each.cost_micro for each in states.values() if not each.open)
    yield f"${settled / MICRO:.2f} settled; ${spoken / MICRO:.2f} are spoken for, reservations included."
    alarms = [f"{name}: {each.last.note}" for name, each in states.items() if each.last.event == "alarm"]
    yield from (f"Look at {each}" for each in alarms)
