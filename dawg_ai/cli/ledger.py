"""Show what sessions may cost, have cost and did cost, planned against actual.

    dawg ledger
    dawg ledger --report    # the same summed up by platform and by training, with what was interrupted
    dawg ledger --json

Money is reserved before a session starts, for the worst case; what is not settled yet counts in full. The file is
append-only: a correction is another line.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dawg_ai import terminal
from dawg_ai.planning import table
from dawg_ai.planning.ledger import MICRO, Ledger, State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("--report", action="store_true", help="planned against actual, by platform and by training")
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
        found = {"report": _report(states, lines)} if arguments.report else {}
        print(json.dumps({"spoken_for_usd": spoken / MICRO, **found, "lines": lines}))
    elif arguments.report and states:
        print("\n\n".join(_report_in_words(_report(states, lines))))
    else:
        print("\n\n".join(_in_words(states, spoken)))
    return 0


def _report(states: Mapping[str, State], lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Planned against actual, a row for each platform and for each training; what is open counts as far as it is."""
    rows = []
    for kind in ("platform", "work"):
        for name in sorted({getattr(each.first, kind) for each in states.values()}):
            there = {session: each for session, each in states.items() if getattr(each.first, kind) == name}
            rows.append(
                {
                    "by": kind,
                    "name": name,
                    "sessions": len(there),
                    "open": sum(each.open for each in there.values()),
                    "interrupted": sum(line["event"] == "lost" and line["session"] in there for line in lines),
                    "alarms": sum(line["event"] == "alarm" and line["session"] in there for line in lines),
                    "planned_hours": round(sum(each.first.seconds for each in there.values()) / 3600, 4),
                    "actual_hours": round(sum(each.seconds for each in there.values()) / 3600, 4),
                    "planned_usd": sum(each.first.usd_micro for each in there.values()) / MICRO,
                    "actual_usd": sum(each.cost_micro for each in there.values()) / MICRO,
                }
            )
    return rows


def _report_in_words(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for kind, title in (("platform", "where"), ("work", "what")):
        part = [row for row in rows if row["by"] == kind]
        columns = {
            "sessions": [str(row["sessions"]) for row in part],
            "open": [str(row["open"]) for row in part],
            "interrupted": [str(row["interrupted"]) for row in part],
            "alarms": [str(row["alarms"]) for row in part],
            "at most": [table.duration(row["planned_hours"]) for row in part],
            "took": [table.duration(row["actual_hours"]) for row in part],
            "at most $": [f"{row['planned_usd']:.2f}" for row in part],
            "cost $": [f"{row['actual_usd']:.2f}" for row in part],
        }
        names = [title, *(row["name"] for row in part)]
        yield terminal.table(names, [[head, *cells] for head, cells in columns.items()])


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
