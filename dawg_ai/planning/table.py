"""A plan as rows: for the terminal, CSV and JSON."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from dawg_ai.planning.baselines import Baseline
from dawg_ai.planning.platform import Platform, Price
from dawg_ai.planning.scenario import Scenario

if TYPE_CHECKING:  # it needs SciPy
    from dawg_ai.planning.plan import Plan
    from dawg_ai.planning.schedule import Session

STAMP = "%Y-%m-%dT%H:%M:%SZ"
COLUMNS = ("session", "work", "platform", "device", "kind", "start_utc", "end_utc", "hours", "usd_per_hour", "usd")


def duration(hours: float) -> str:
    """A length of time in words.

    >>> duration(0.08), duration(7.25), duration(300.0)
    ('5 min', '7.2 h', '12.5 days')
    """
    if hours < 1.5:
        minutes = hours * 60
        return f"{minutes:.0f} min" if minutes >= 1 else f"{minutes * 60:.0f} s"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"


def rows(sessions: Sequence["Session"]) -> list[dict[str, Any]]:
    """A dictionary for each session, ready for JSON."""
    return [
        {
            "session": number,
            "work": each.work,
            "platform": each.platform,
            "device": each.device,
            "kind": each.kind,
            "start_utc": each.start.strftime(STAMP),
            "end_utc": each.end.strftime(STAMP),
            "hours": round(each.hours, 4),
            "usd_per_hour": each.usd_per_hour,
            "usd": each.usd_micro / 1e6,
        }
        for number, each in enumerate(sessions, 1)
    ]


def as_csv(sessions: Sequence["Session"]) -> str:
    """The rows as CSV, with a heading."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(sessions))
    return text.getvalue()


def as_json(
    plan: "Plan", alone: Sequence[Baseline], points: Sequence[tuple[int, float]], compared: Scenario | None
) -> dict[str, Any]:
    """All that is known of a plan, ready for JSON.

    Args:
        plan: the plan.
        alone: the baselines.
        points: weeks and dollars of the frontier.
        compared: the scenario, if it was one.
    """
    return {
        "start_utc": plan.question.start.strftime(STAMP),
        "cost_usd": plan.cost_usd,
        "hours": round(plan.hours, 4),
        "robust": plan.question.robust,
        "budget_usd": plan.question.budget_usd,
        "works": [{"name": each.name, "amount": each.amount, "unit": each.unit} for each in plan.question.works],
        "usd_by_platform": {name: usd / 1e6 for name, usd in plan.usd_micro.items()},
        "sessions": rows(plan.sessions),
        "alone": [
            {"offer": each.offer.name, "usd": each.cost_usd, "weeks": each.weeks, "hours": round(each.hours, 4)}
            for each in alone
        ],
        "frontier": [{"weeks": weeks, "usd": usd} for weeks, usd in points],
        "assumed": list(plan.remarks),
        "left_out": [{"offer": name, "reason": reason} for name, reason in plan.left_out],
        "figures": [asdict(each) for each in compared.figures] if compared else [],
    }


def columns(plan: "Plan") -> list[list[str]]:
    """The sessions for `dawg_ai.terminal.table`, column by column, the first being the names."""
    platforms = {each.name: each for each in plan.question.platforms}
    head = ["work", "where", "start (UTC)", "time", "price"]
    body = []
    for each in plan.sessions:
        place = platforms[each.platform]
        kind = "" if each.kind != "interruptible" else ", interruptible"
        where = place.title if place.local else f"{place.title} {each.device}{kind}"
        cost = f"${each.usd_micro / 1e6:.2f}"
        body.append([each.work, where, f"{each.start:%a %d %b %H:%M}", duration(each.hours), cost])
    return [list(column) for column in zip(head, *body, strict=True)]


def alone_columns(alone: Sequence[Baseline]) -> list[list[str]]:
    """The baselines, likewise."""
    head = ["", "weeks", "hours", "cost"]
    body = [[each.offer.name, str(each.weeks), f"{each.hours:.1f}", f"${each.cost_usd:.2f}"] for each in alone]
    return [list(column) for column in zip(head, *body, strict=True)]


def price_row(place: Platform, price: Price, today: date) -> dict[str, Any]:
    """A price row, ready for JSON.

    Args:
        place: its platform.
        price: the price.
        today: the day that its age is seen from.
    """
    return {
        "platform": place.name,
        "device": price.device,
        "kind": price.kind,
        "offer": price.offer,
        "usd_per_hour": price.usd_per_hour,
        "high_usd_per_hour": price.high_usd_per_hour,
        "date": price.day.isoformat(),
        "age_days": price.age_days(today),
        "max_age_days": price.max_age_days,
        "stale": price.stale(today),
        "source": price.source,
    }
