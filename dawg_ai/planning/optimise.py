"""The best plan: the fewest weeks and then the least cost, or the other way round.

For a number of weeks, the programme with all weeks as one period gives a lower bound of the cost and the pairs of
works and offers worth using. The programme by weeks, with those pairs alone, then mostly costs the same, which proves
it the best; where it does not, all pairs are tried. More weeks never cost more, so the fewest are found by bisection.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

from dawg_ai.planning.problem import Problem
from dawg_ai.planning.programme import GAP, Programme, Values, merged, weekly

Order = Literal["weeks", "cost"]

ROUGHLY = 0.02  # how far the number of hours and sessions may be from the fewest, at the least cost
CENT = 0.01


@dataclass(frozen=True)
class Piece:
    """What is planned for one work on one offer in one week.

    Args:
        work: its index.
        offer: its index.
        week: from 0.
        hours: billed.
        sessions: over which they are spread.
    """

    work: int
    offer: int
    week: int
    hours: float
    sessions: int


@dataclass(frozen=True)
class Solution:
    """A solution.

    Args:
        pieces: what is planned.
        cost_usd: fees included.
        weeks: the number of weeks it was asked for.
    """

    pieces: tuple[Piece, ...]
    cost_usd: float
    weeks: int


def bound_usd(problem: Problem, weeks: int) -> float | None:
    """A cost below which there is no plan within a number of weeks; None where there is no plan at all."""
    found = _relaxed(problem, weeks)
    return None if found is None else found.cost_usd


def cheapest(problem: Problem, weeks: int, *, thorough: bool = True) -> Solution | None:
    """The plan of least cost within a number of weeks; of those for nothing, one with few hours and sessions.

    Args:
        problem: the problem.
        weeks: at most its own number of weeks.
        thorough: whether all pairs are tried where the promising ones do not reach the bound.

    Returns:
        None where no plan keeps all constraints.
    """
    relaxed = _relaxed(problem, weeks)
    if relaxed is None:
        return None
    periods, billing = weekly(problem, weeks)
    tried = [_least(Programme(problem, periods, billing, {(k, o) for k, o, _ in relaxed.hours}))]
    if tried[0] is None or (thorough and tried[0].cost_usd > _about(relaxed.cost_usd)):
        tried.append(_least(Programme(problem, periods, billing)))
    found = min((each for each in tried if each), key=lambda each: each.cost_usd, default=None)
    if found is None:
        return None
    pieces = []
    for (k, o, w), hours in found.hours.items():
        longest = min(problem.offers[o].session_hours, periods[w].longest_hours)
        pieces.append(Piece(k, o, w, hours, math.ceil(hours / longest - 1e-6)))
    return Solution(tuple(pieces), found.cost_usd, weeks)


def best(problem: Problem, order: Order = "cost") -> Solution | None:
    """The best plan.

    Args:
        problem: the problem.
        order: what is minimised first, the weeks or the cost; the other comes second.

    Returns:
        None where no plan keeps all constraints.
    """
    if order == "cost":
        found = cheapest(problem, len(problem.week_hours))
        if found is None:
            return None
        budget = found.cost_usd + CENT if found.cost_usd > CENT / 2 else 0.0
        limited = replace(problem, question=replace(problem.question, budget_usd=budget))
        return _fewest_weeks(limited) or found
    return _fewest_weeks(problem)


def frontier(problem: Problem) -> list[Solution]:
    """The cheapest plan for each number of weeks, up to where more weeks save no cent.

    Args:
        problem: the problem; its budget counts.
    """
    most = len(problem.week_hours)
    least = bound_usd(problem, most)
    points: list[Solution] = []
    if least is None:
        return points
    for weeks in range(1, most + 1):
        below = bound_usd(problem, weeks)
        if below is None or (points and below > points[-1].cost_usd - CENT / 2):
            continue
        found = cheapest(problem, weeks, thorough=False)
        if found and (not points or found.cost_usd < points[-1].cost_usd - CENT / 2):
            points.append(found)
        if points and points[-1].cost_usd <= least + CENT / 2:
            break
    return points


def _relaxed(problem: Problem, weeks: int) -> Values | None:
    """All weeks as one."""
    if not all(rates.any() for rates in problem.rates):
        return None
    return _least(Programme(problem, *merged(problem, weeks)))


def _least(programme: Programme) -> Values | None:
    """The least cost; where that is nothing, with few hours and sessions."""
    least = programme.minimise(programme.cost)
    if least is None or least.cost_usd > CENT / 2:
        return least
    programme.limit_cost(_about(least.cost_usd))
    return programme.minimise(programme.shortness, ROUGHLY) or least


def _about(usd: float) -> float:
    """A little more, since a solver's sums are not exact."""
    return usd + 1e-5 + 2 * GAP * usd


def _fewest_weeks(problem: Problem) -> Solution | None:
    """The plan within the fewest weeks, and of those the cheapest."""
    most = len(problem.week_hours)
    low, high = 0, 1
    while bound_usd(problem, high) is None:
        if high >= most:
            return None
        low, high = high, min(most, 2 * high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if bound_usd(problem, middle) is None else (low, middle)
    # The bound may be too good to be kept week by week.
    return next((found for weeks in range(high, most + 1) if (found := cheapest(problem, weeks))), None)
