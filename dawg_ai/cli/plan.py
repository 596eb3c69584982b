"""Plan trainings over this computer, free quotas and rented machines, from measured speeds and dated prices.

    dawg plan                                      # the plugins: how long for nothing, here
    dawg plan --budget 10 --first weeks --out plan # quickest for $10; table, page, calendar, sessions
    dawg plan --budget 10 --go-on                  # again, for what runs and the ledger leave to do
    dawg plan --scenario original                  # the comparison that the project started from, and today's facts
    dawg plan prices                               # every price with its source and age; --refresh reads new ones

A plugin that was never measured here is measured first (`dawg calibrate`), a minute or two each. Nothing is planned
with a speed that nobody has measured, a quota that nobody states or a price past its maximum age, unless
--allow-assumed is given; what is assumed is listed. The plan is the best by a mixed-integer programme,
and checked independently.
Platforms of your own, or other prices: TOML files in a folder named in DAWG_PLATFORMS.

Needs SciPy: pip install 'dawg-ai[plan]'
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dawg_ai import registry, terminal
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.planning import platform, prices, scenario, speeds, table
from dawg_ai.planning.baselines import Baseline
from dawg_ai.planning.calibrate import calibrate
from dawg_ai.planning.ledger import MICRO, Ledger
from dawg_ai.planning.platform import Platform
from dawg_ai.planning.problem import Question, week_start
from dawg_ai.planning.scenario import Scenario
from dawg_ai.planning.work import Work

if TYPE_CHECKING:  # it needs SciPy
    from dawg_ai.planning.plan import Plan

PRICES = "prices"
WEEKS = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument(
        "plugins", nargs="*", metavar="PLUGIN", help=f"of: {', '.join(registry.names())}; or: {PRICES}"
    )
    parser.add_argument(
        "--scenario", metavar="NAME", help=f"works from a file: {', '.join(scenario.names())}, or a path"
    )
    parser.add_argument("--budget", type=float, metavar="USD", help="what may be spent; default: no limit")
    parser.add_argument("--weeks", type=int, metavar="N", help=f"within so many weeks; default: {WEEKS}")
    parser.add_argument("--deadline", metavar="DATE", help="until this day, such as 2027-03-01")
    parser.add_argument(
        "--first", choices=("cost", "weeks"), default="cost", help="what is minimised first; default: cost"
    )
    parser.add_argument("--robust", action="store_true", help="slow (p10) speeds and high (p90) prices")
    parser.add_argument("--allow-assumed", action="store_true", help="assumed speeds and quotas, stale prices too")
    parser.add_argument("--unattended", action="store_true", help="nothing that a person has to start")
    parser.add_argument("--go-on", action="store_true", help="plan what unfinished runs and the ledger leave to do")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the plan here in all its forms")
    parser.add_argument("--refresh", action="store_true", help=f"with {PRICES}: read public price lists")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    platforms = [platform.load(name) for name in platform.names()]
    if arguments.plugins == [PRICES]:
        return _prices(arguments, platforms, now)
    if arguments.refresh:
        raise UsageError(f"--refresh is for: dawg plan {PRICES} --refresh")
    from dawg_ai.planning import baselines, plan  # not before: they need SciPy
    from dawg_ai.planning.problem import build

    question, compared = _question(arguments, platforms, now)
    alone = baselines.each_alone(build(question))
    found = plan.make(question, arguments.first)
    points = plan.in_parts(plan.frontier(question)) if arguments.out or compared else []
    if arguments.out:
        from dawg_ai.report import plan as page

        page.write(arguments.out, found, alone, points, compared)
    if arguments.json:
        print(json.dumps(table.as_json(found, alone, points, compared)))
    else:
        print("\n\n".join(_in_words(found, alone, points, compared)))
    if arguments.out:
        print(f"written in {arguments.out}: plan.html, plan.csv, plan.json, plan.ics, sessions/", file=sys.stderr)
    return 0


def _question(
    arguments: argparse.Namespace, platforms: list[Platform], now: datetime
) -> tuple[Question, Scenario | None]:
    """What is asked, and the scenario if it is one."""
    budget, weeks = arguments.budget, arguments.weeks
    if budget is not None and not budget >= 0:
        raise UsageError(f"--budget is {budget:g}; expected dollars, 0 or more")
    if weeks is not None and weeks < 1:
        raise UsageError(f"--weeks is {weeks}; expected 1 or more")
    if arguments.deadline:
        weeks = scenario.weeks_until(_day(arguments.deadline), now.date(), "--deadline")
    chosen = scenario.load(arguments.scenario, now.date()) if arguments.scenario else None
    if chosen and arguments.plugins:
        raise UsageError("--scenario has its own works; leave the plugins out")
    works = chosen.works if chosen else _works(arguments.plugins or registry.names(), arguments.go_on)
    if chosen:
        budget = chosen.budget_usd if budget is None else budget
        weeks = weeks or chosen.weeks
        now = week_start("Saturday", now) if chosen.figures else now  # a comparison begins with a whole week
    question = Question(
        tuple(works),
        tuple(platforms),
        now,
        weeks or WEEKS,
        budget,
        robust=arguments.robust,
        # Works in hours of a GPU that nobody has measured can be planned in no other way.
        assumed=arguments.allow_assumed or chosen is not None,
        button=not arguments.unattended,
    )
    return _after_ledger(question) if arguments.go_on else question, chosen


def _after_ledger(question: Question) -> Question:
    """The question with what the ledger has seen: money and quota that are gone, and how often machines were lost."""
    ledger = Ledger()
    try:
        spoken_usd = ledger.spoken_for_micro() / MICRO
        left_usd = None if question.budget_usd is None else max(0.0, question.budget_usd - spoken_usd)
        used: dict[str, float] = {}
        intervals: dict[str, float] = {}
        for each in question.platforms:
            used[each.name] = ledger.used_hours(each.name, week_start(each.quota_resets, question.start))
            if each.interval_hours is not None:
                weight = each.prior_interruptions
                found = ledger.interval_hours(each.name, each.interval_hours, weight)
                intervals |= {each.name: found} if found != each.interval_hours else {}  # else it is still a guess
    finally:
        ledger.close()
    return replace(question, budget_usd=left_usd, used_hours=used, intervals=intervals)


def _works(names: Sequence[str], going_on: bool) -> list[Work]:
    """The plugins' trainings; those that were never measured here are measured."""
    found, missing = speeds.works(names, speeds.load())
    for name in missing:
        print(f"{name} was never measured here: measuring it, a minute or two", file=sys.stderr)
        try:
            speeds.save(calibrate(registry.load(name)))
        except DawgError as error:
            print(f"{name} is left out of the plan: {error}", file=sys.stderr)
    found, missing = speeds.works(names, speeds.load(), going_on=going_on)
    if not found:
        raise UsageError(f"none of {', '.join(missing)} could be measured here, so there is nothing to plan with")
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--deadline is {text!r}; expected a day such as 2027-03-01") from None


def _in_words(
    found: "Plan", alone: Sequence[Baseline], points: Sequence[tuple[int, float]], compared: Scenario | None
) -> Iterator[str]:
    if compared and compared.figures:
        yield from _figures(compared)
    for each in (each for each in alone if each.offer.platform.local):
        works = ", ".join(f"{work.name} {work.amount:.0f} {work.unit}" for work in found.question.works)
        what = "one training after the other" if len(found.question.works) > 1 else "one training"
        yield terminal.wrapped(
            f"${each.cost_usd:.0f} and {table.duration(each.hours)} on {each.offer.platform.title}, {what}: {works}."
        )
    robust = ", with slow speeds and high prices" if found.question.robust else ""
    yield f"The best plan: {table.duration(found.hours)}, ${found.cost_usd:.2f}{robust}"
    first, *cells = table.columns(found)
    yield terminal.table(first, cells)
    credit_usd = sum(each.usd_micro for each in found.sessions) / 1e6 - found.cost_usd
    if credit_usd > 0:
        yield f"${credit_usd:.2f} of these prices are within free credit."
    if len(alone) > 1:
        names, *cells = table.alone_columns(alone)
        yield f"All in one place, without a plan:\n{terminal.table(names, cells)}"
    if len(points) > 1:
        steps = ", ".join(f"${usd:.2f} in {weeks}" for weeks, usd in points)
        yield terminal.wrapped(f"Dollars and weeks: {steps}.")
    if found.remarks:
        yield terminal.wrapped(f"Assumed: {'; '.join(found.remarks)}.")
    reasons = Counter(reason.partition(" days old")[0].rstrip("0123456789 ") for _, reason in found.left_out)
    if reasons:
        left = "; ".join(f"{number} x {reason}" for reason, number in reasons.most_common())
        yield terminal.wrapped(f"Offers left out: {left} (dawg plan {PRICES}).")


def _figures(compared: Scenario) -> Iterator[str]:
    yield f"{compared.title} ({compared.day})"
    names = ["", *(each.title for each in compared.figures)]
    cells = [
        ["computed", *(each.computed for each in compared.figures)],
        ["stated", *(each.stated for each in compared.figures)],
        ["as", *(each.formula for each in compared.figures)],
    ]
    yield terminal.table(names, cells)
    for each in compared.figures:
        if each.today or each.differs:
            said = [f"today {each.today}"] if each.today else []
            yield terminal.wrapped(f"{each.title}: {'. '.join([*said, each.differs] if each.differs else said)}")


def _prices(arguments: argparse.Namespace, platforms: list[Platform], now: datetime) -> int:
    if arguments.refresh:
        for line in prices.refresh(platforms, now.date()):
            print(line, file=sys.stderr)
        platforms = [platform.load(name) for name in platform.names()]
    rows = [table.price_row(place, price, now.date()) for place, price in platform.offers(platforms)]
    if arguments.json:
        print(json.dumps({"prices": rows}))
        return 0
    names = ["", *(f"{row['platform']} {row['device']} {row['offer']}".rstrip() for row in rows)]
    shown = {
        "kind": [str(row["kind"]) for row in rows],
        "$/h": ["unknown" if row["usd_per_hour"] is None else f"{row['usd_per_hour']:.2f}" for row in rows],
        "of": [str(row["date"]) for row in rows],
        "": ["stale" if row["stale"] else "" for row in rows],
        "source": [terminal.shortened(str(row["source"]), 60) for row in rows],
    }
    print(terminal.table(names, [[head, *cells] for head, cells in shown.items()]))
    return 0
