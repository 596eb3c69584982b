"""Scenarios: questions in a file, with works of their own, and figures that are to come out of their numbers.

    title = "..."            what it asks
    date = 2026-11-28        when it was asked
    weeks = 16               within how many weeks, or
    deadline = 2027-03-01    until when
    budget_usd = 10.0        what may be spent
    [[work]]                 name, and hours on one RTX 3090 (or on `device`)
    [[figure]]               optional: a figure that someone stated, with the numbers that it comes from

`scenarios/` has those that are shipped; any other file is named by its path.
"""

import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dawg_ai.errors import UsageError
from dawg_ai.planning import devices, fields, platform
from dawg_ai.planning.baselines import week_each
from dawg_ai.planning.fields import Table
from dawg_ai.planning.problem import WEEK_HOURS
from dawg_ai.planning.work import Speed, Work

FOLDER = Path(__file__).with_name("scenarios")
KINDS = ("rented", "hours", "all", "quota", "months", "days", "year")


@dataclass(frozen=True)
class Figure:
    """A figure of a comparison.

    Args:
        title: what of.
        computed: from the scenario's own numbers.
        stated: as it was stated.
        formula: how it is computed.
        today: the same with today's facts; "" where there are none.
        differs: where they differ, and why.
    """

    title: str
    computed: str
    stated: str
    formula: str
    today: str
    differs: str


@dataclass(frozen=True)
class Scenario:
    """A question in a file.

    Args:
        title: what it asks.
        day: when it was asked.
        works: what is to be trained.
        weeks: within how many weeks; None where it does not say.
        budget_usd: what may be spent; None where it does not say.
        figures: the figures of a comparison, if it is one.
    """

    title: str
    day: date
    works: tuple[Work, ...]
    weeks: int | None
    budget_usd: float | None
    figures: tuple[Figure, ...]


def names() -> list[str]:
    """The scenarios that are shipped.

    >>> names()
    ['original']
    """
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str, today: date) -> Scenario:
    """A scenario.

    Args:
        name: one of `names()`, or the path of a file.
        today: the day that deadlines and ages of prices are seen from.

    Raises:
        UsageError: there is no such file, or it is not right; the message has the path of the field.
    """
    path = FOLDER / f"{name}.toml" if name in names() else Path(name)
    if not path.is_file():
        raise UsageError(f"no scenario {name!r}; there are: {', '.join(names())} (your own: a TOML file)")
    top = fields.read(path)
    title, day = top.text("title"), top.day("date")
    budget = top.maybe("budget_usd")
    weeks = top.maybe("weeks", minimum=1)
    if top.has("deadline"):
        weeks = weeks_until(top.day("deadline"), today, f"{path.name}: deadline")
    works: list[Work] = []
    hours: list[float] = []
    for row in top.tables("work"):
        work_hours = row.number("hours", above=True)
        device = row.text("device", devices.reference(), among=devices.known())
        memory = row.maybe("memory_gib", above=True)
        name = row.text("name")
        if name in (each.name for each in works):
            raise row.refuse("name", "a name that no other work has")
        works.append(Work(name, work_hours, f"{device} hours", {device: Speed(1.0, 1.0, "as stated")}, memory))
        hours.append(work_hours)
        row.close()
    if not works:
        raise top.refuse("work", "at least one [[work]]")
    figures = tuple(_figure(row, hours, today) for row in top.tables("figure"))
    top.close()
    return Scenario(title, day, tuple(works), None if weeks is None else int(weeks), budget, figures)


def weeks_until(deadline: date, today: date, what: str) -> int:
    """Whole weeks until a day.

    Args:
        deadline: the day.
        today: the day from which they count.
        what: where it was given, for the error.

    Raises:
        UsageError: there is not one.
    """
    if deadline <= today:
        raise UsageError(f"{what} is {deadline}, which is past; expected a day after {today}")
    if (deadline - today).days < 7:
        raise UsageError(
            f"{what} is {deadline}; plans are made by weeks, so expected a day at least 7 days after {today}"
        )
    return (deadline - today).days // 7


def _figure(row: Table, hours: list[float], today: date) -> Figure:
    title, kind, stated = row.text("title"), row.text("kind", among=KINDS), row.text("stated")
    total = sum(hours)
    if kind == "rented":
        usd, for_hours = row.number("usd_per_hour"), row.number("hours")
        computed, formula = f"${usd * for_hours:,.2f}", f"${usd:.2f} x {for_hours:g} h"
    elif kind == "hours":
        computed, formula = f"{total:g} h", " + ".join(f"{each:g}" for each in hours)
    elif kind == "all":
        usd = row.number("usd_per_hour")
        computed, formula = f"${usd * total:,.2f}", f"${usd:.2f} x {total:g} h"
    elif kind == "quota":
        quota = row.number("hours_per_week", above=True)
        weeks = week_each(hours, quota)
        computed, formula = f"{weeks} weeks", " + ".join(str(math.ceil(each / quota)) for each in hours)
    elif kind == "months":
        usd, months = row.number("usd_per_month"), row.number("months")
        computed, formula = f"${usd * months:,.2f}", f"{months:g} x ${usd:g}"
    elif kind == "days":
        computed, formula = f"{total / WEEK_HOURS:.2f} weeks", f"{total:g} h / {WEEK_HOURS:g} h"
    else:
        training, usd = row.number("training_usd"), row.number("usd_per_month")
        computed, formula = f"${training + 12 * usd:,.2f}", f"${training:g} + 12 x ${usd:g}"
    place = row.table("today")
    said = _today(place, total, today) if place.has("platform") else ""
    place.close()
    differs = row.text("differs", "")
    row.close()
    return Figure(title, computed, stated, formula, said, differs)


def _today(place: Table, total: float, today: date) -> str:
    """All works there, with the newest price."""
    where = platform.load(place.text("platform", among=platform.names()))
    device = place.text("device", among=[each.device for each in where.prices])
    factor = devices.factor(device, devices.reference())
    assert factor is not None, "a scenario's devices have data sheets"
    hours = total / factor.likely
    if where.quota_hours is not None:
        weeks = [math.ceil(total / each / where.quota_hours) for each in (factor.high, factor.likely, factor.low)]
        said = f"{weeks[1]} weeks ({weeks[0]} to {weeks[2]}) on one {device} at {where.quota_hours:g} h a week"
        months = math.ceil(weeks[1] * 7 / 30)
        return said + (f", {months} months, ${months * where.fee_usd:,.2f}" if where.fee_usd else "")
    rows = [row for row in where.prices if row.device == device and row.usd_per_hour is not None]
    said = ""
    for row in rows:
        usd = row.usd_per_hour or 0.0
        age = f", {row.age_days(today)} days old" if row.stale(today) else ""
        said += f"{'; ' if said else ''}${usd * hours:,.2f} {row.offer or row.kind} (${usd:.2f}/h{age})"
    return f"all seven, {hours:.0f} h: {said}" if factor.likely != 1 else f"all seven: {said}"
