"""What one would do without a programme: everything on one offer, by hand. A plan has to be at least as good.

`alone` takes the works one after the other, in the order given, each in sessions as long as allowed, and fills every
week's quota. `week_each` is the rule of the original comparison: every training begins in a new week of quota.
"""

import math
from dataclasses import dataclass

from dawg_ai.planning.problem import WEEK_HOURS, Offer, Problem


@dataclass(frozen=True)
class Baseline:
    """All works on one offer.

    Args:
        offer: the offer.
        cost_usd: fees included.
        weeks: until the last work is done.
        hours: billed.
    """

    offer: Offer
    cost_usd: float
    weeks: int
    hours: float


def alone(problem: Problem, index: int) -> Baseline | None:
    """All works on one offer, one after the other.

    Args:
        problem: the problem.
        index: of the offer.

    Returns:
        None where a work cannot run there.
    """
    offer, rates = problem.offers[index], problem.rates[:, index]
    if not rates.all():
        return None
    platform = offer.platform
    week, left, billed = 0, _room(problem, offer, 0), 0.0
    by_period: dict[int, float] = {}
    for work, rate in zip(problem.question.works, rates, strict=True):
        boot = offer.boot_hours(work)
        work_left = 1.0 / rate  # hours without boots
        while work_left > 1e-9:
            session = min(offer.session_hours, left, work_left + boot)
            if session <= boot:
                week += 1
                left = _room(problem, offer, week)
                if left <= boot:
                    return None
                continue
            work_left -= session - boot
            left -= session
            billed += session
            by_period[_period(problem, week)] = by_period.get(_period(problem, week), 0.0) + session
    periods = range(_period(problem, week) + 1)
    cost = sum(max(0.0, offer.usd_per_hour * by_period.get(each, 0.0) - platform.credit_usd) for each in periods)
    return Baseline(offer, cost + platform.fee_usd * len(periods), week + 1, billed)


def each_alone(problem: Problem) -> list[Baseline]:
    """All offers on which all works can run, the cheapest first."""
    found = (alone(problem, index) for index in range(len(problem.offers)))
    return sorted((each for each in found if each), key=lambda each: (each.cost_usd, each.hours))


def week_each(hours: list[float], quota_hours: float) -> int:
    """Weeks that trainings take where each begins in a new week of quota.

    >>> week_each([20.0, 40.0], 30.0)
    3
    """
    return sum(math.ceil(each / quota_hours) for each in hours)


def _room(problem: Problem, offer: Offer, week: int) -> float:
    """Hours in a week, one session at a time; a first week that is partly over counts as what is left of it."""
    hours = problem.week_hours[week] if week < len(problem.week_hours) else WEEK_HOURS
    quota = offer.platform.quota_hours
    if quota is None:
        return hours
    used = problem.question.used_hours.get(offer.platform.name, 0.0) if week == 0 else 0.0
    return min(hours, quota - used)


def _period(problem: Problem, week: int) -> int:
    return int(sum(problem.week_hours[:week]) + WEEK_HOURS * max(0, week - len(problem.week_hours))) // 720
