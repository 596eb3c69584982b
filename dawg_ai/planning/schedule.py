"""Sessions with a date: the hours of a solution, placed so that no limit is broken.

Each session starts as early as its work and its platform are free, the longest first.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from dawg_ai.planning.optimise import Solution
from dawg_ai.planning.platform import Platform
from dawg_ai.planning.problem import Offer, Problem

BILLING_PERIOD = timedelta(days=30)
MICRO = 1_000_000  # micro-dollars in a dollar


@dataclass(frozen=True)
class Session:
    """One session: a work on a machine, from start to end.

    Args:
        work: name of the work.
        platform: name of the platform.
        device: the device.
        kind: kind of the price.
        offer: what the platform calls the machine.
        start: when it starts, UTC.
        hours: how long it is billed, the boot included; a whole number of seconds.
        usd_per_hour: price an hour.
        save_every_s: seconds between two checkpoints.
    """

    work: str
    platform: str
    device: str
    kind: str
    offer: str
    start: datetime
    hours: float
    usd_per_hour: float
    save_every_s: float

    @property
    def end(self) -> datetime:
        """When it ends."""
        return self.start + timedelta(hours=self.hours)

    @property
    def usd_micro(self) -> int:
        """Its price in micro-dollars, rounded up."""
        return math.ceil(self.hours * self.usd_per_hour * MICRO - 1e-6)


def sessions(problem: Problem, solution: Solution) -> list[Session] | None:
    """Place the hours of a solution.

    Args:
        problem: the problem.
        solution: its solution.

    Returns:
        The sessions, in order of their start; None where some did not find a place in their week.
    """
    placed: list[Session] = []
    for week, begins in enumerate(problem.week_starts()[: solution.weeks]):
        ends = begins + timedelta(hours=problem.week_hours[week])
        cut = [
            (piece.hours / piece.sessions, problem.question.works[piece.work].name, problem.offers[piece.offer])
            for piece in solution.pieces
            if piece.week == week
            for _ in range(piece.sessions)
        ]
        total: dict[str, float] = {}
        for hours, name, _ in cut:
            total[name] = total.get(name, 0.0) + hours
        for hours, name, offer in sorted(cut, key=lambda each: (-total[each[1]], -each[0], each[1], each[2].name)):
            session = _place(problem, placed, name, offer, hours, begins)
            if session.end > ends + timedelta(seconds=1):
                return None
            placed.append(session)
    return _without_surplus(problem, sorted(placed, key=lambda each: (each.start, each.work)))


def _place(
    problem: Problem, placed: list[Session], name: str, offer: Offer, hours: float, begins: datetime
) -> Session:
    work = next(each for each in problem.question.works if each.name == name)
    seconds = math.ceil(hours * 3600 - 1e-6)
    length = timedelta(seconds=seconds)
    platform, price = offer.platform, offer.price
    candidates = sorted({begins, *(each.end for each in placed if each.end > begins)})

    def free(start: datetime) -> bool:
        meeting = [each for each in placed if each.start < start + length and each.end > start]
        there = [each for each in meeting if each.platform == platform.name]
        # At any instant: sessions that meet this one count together only where they meet each other.
        busiest = max((sum(a.start <= b.start < a.end for a in there) for b in there), default=0)
        return all(each.work != name for each in meeting) and busiest < platform.concurrent

    start = next(each for each in candidates if free(each))
    return Session(
        name,
        platform.name,
        price.device,
        price.kind,
        price.offer,
        start,
        seconds / 3600,
        offer.usd_per_hour,
        offer.interval_s(work),
    )


def _without_surplus(problem: Problem, placed: list[Session]) -> list[Session]:
    """End the last session of a work when the work is done."""
    offers: dict[tuple[str, ...], int] = {
        (o.platform.name, o.price.device, o.price.kind, o.price.offer): i for i, o in enumerate(problem.offers)
    }
    done = dict.fromkeys((work.name for work in problem.question.works), 0.0)
    index = {work.name: k for k, work in enumerate(problem.question.works)}
    kept = []
    for session in placed:
        at = offers[session.platform, session.device, session.kind, session.offer]
        rate = float(problem.rates[index[session.work], at])
        boot = problem.offers[at].boot_hours(problem.question.works[index[session.work]])
        left = 1.0 - done[session.work]
        if left <= 1e-7:
            continue
        needed = math.ceil((left / rate + boot) * 3600) / 3600
        hours = min(session.hours, needed)
        done[session.work] += max(0.0, rate * (hours - boot))
        kept.append(Session(**{**session.__dict__, "hours": hours}))
    return kept


def cost_micro(planned: Iterable[Session], platforms: Mapping[str, Platform], start: datetime) -> dict[str, int]:
    """What sessions cost on each platform, fees included and credit deducted, in micro-dollars.

    Args:
        planned: the sessions.
        platforms: platforms by name.
        start: when the billing periods of 30 days begin.
    """
    used: dict[tuple[str, int], int] = {}
    paying: set[tuple[str, int]] = set()
    for session in planned:
        first = (session.start - start) // BILLING_PERIOD
        last = (session.end - timedelta(seconds=1) - start) // BILLING_PERIOD
        used[session.platform, first] = used.get((session.platform, first), 0) + session.usd_micro
        paying |= {(session.platform, period) for period in range(first, last + 1)}
    total: dict[str, int] = {}
    for name, period in sorted(paying):
        platform = platforms[name]
        beyond = max(0, used.get((name, period), 0) - round(platform.credit_usd * MICRO))
        total[name] = total.get(name, 0) + beyond + round(platform.fee_usd * MICRO)
    return total
