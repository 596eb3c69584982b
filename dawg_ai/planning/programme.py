"""The mixed-integer programme over works, offers and periods, solved by HiGHS through `scipy.optimize.milp`.

    h[k,o,t] >= 0           billed hours of work k on offer o in period t
    n[k,o,t] integer        sessions
    fee[p,b] integer        how often a platform's fee is paid in the 30 days b
    paid[p,b] >= 0          dollars of its use there beyond the free credit

    sum over o, t of rate[k,o] (h - boot[o] n) >= 1          each work is done
    h <= session_hours[o] n                                  no session is too long
    sum over k, o of p of h <= room[p,t]                     quota, and sessions at one time
    sum over o of h <= hours[t]                              a work runs at one place at a time
    cost <= budget

A period is a week, or all weeks as one: that one is small, and no plan by weeks can cost less.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from dawg_ai.planning.platform import Platform
from dawg_ai.planning.problem import ROUNDING_HOURS, ROUNDING_USD, Problem

F64 = NDArray[np.float64]
Term = tuple[int, float]  # of a sum: variable, coefficient

GAP = 1e-4  # how far from the least cost a plan may be, as a share
LIMIT_S = 5.0  # a run of the solver; what it has found by then is used
SESSION_H = 0.05  # of two plans of one cost, that with fewer hours; a session counts as so many
LATER = 1e-3  # an hour a week later counts so much more
BILLING_HOURS = 24.0 * 30


@dataclass(frozen=True)
class Period:
    """A stretch of time.

    Args:
        hours: its length.
        longest_hours: of a stretch in it without a break.
        room: hours on each platform.
        billed: the numbers of the billing periods that it touches.
    """

    hours: float
    longest_hours: float
    room: dict[str, float]
    billed: tuple[int, ...]


@dataclass(frozen=True)
class Billing:
    """How fees are counted.

    Args:
        periods: their number.
        times: how often each fee may be paid, and each credit used, in one.
        room: the most hours on each platform for one fee.
    """

    periods: int
    times: int
    room: dict[str, float]


@dataclass(frozen=True)
class Values:
    """A solution.

    Args:
        hours: by (work, offer, period), those above 0.
        sessions: the same keys.
        cost_usd: of all of it.
    """

    hours: dict[tuple[int, int, int], float]
    sessions: dict[tuple[int, int, int], int]
    cost_usd: float


def weekly(problem: Problem, weeks: int) -> tuple[list[Period], Billing]:
    """Each week as a period."""
    starts = np.cumsum([0.0, *problem.week_hours])
    periods = []
    for w in range(weeks):
        billed = {int(starts[w] // BILLING_HOURS), int((starts[w + 1] - 1e-6) // BILLING_HOURS)}
        room = {platform.name: _room(problem, platform, w) for platform in problem.platforms}
        periods.append(
            Period(problem.week_hours[w] * problem.packed, problem.week_hours[w], room, tuple(sorted(billed)))
        )
    most = {platform.name: max(period.room[platform.name] for period in periods) for platform in problem.platforms}
    return periods, Billing(periods[-1].billed[-1] + 1, 1, most)


def merged(problem: Problem, weeks: int) -> tuple[list[Period], Billing]:
    """All weeks as one period, a relaxation."""
    periods, billing = weekly(problem, weeks)
    names = [platform.name for platform in problem.platforms]
    room = {name: sum(period.room[name] for period in periods) for name in names}
    in_one = {
        name: max(sum(p.room[name] for p in periods if b in p.billed) for b in range(billing.periods))
        for name in names
    }
    hours = sum(period.hours for period in periods)
    longest = max(period.longest_hours for period in periods)
    return [Period(hours, longest, room, (0,))], Billing(1, billing.periods, in_one)


def _room(problem: Problem, platform: Platform, week: int) -> float:
    room = platform.concurrent * problem.week_hours[week] * problem.packed
    if platform.quota_hours is not None:
        used = problem.question.used_hours.get(platform.name, 0.0) if week == 0 else 0.0
        room = min(room, platform.quota_hours - used)
    return max(0.0, room - ROUNDING_HOURS)


class Programme:
    """The programme.

    Args:
        problem: works and offers.
        periods: from `weekly` or `merged`.
        billing: likewise.
        pairs: only these (work, offer); by default all that are possible.
    """

    def __init__(
        self,
        problem: Problem,
        periods: Sequence[Period],
        billing: Billing,
        pairs: Collection[tuple[int, int]] | None = None,
    ) -> None:
        self._problem, self._periods, self._billing = problem, periods, billing
        possible = [(int(k), int(o)) for k, o in np.argwhere(problem.rates > 0)]
        self._keys = [(k, o, t) for k, o in pairs or possible for t in range(len(periods))]
        self._hours = {key: at for at, key in enumerate(self._keys)}
        self._sessions = {key: at + len(self._keys) for at, key in enumerate(self._keys)}
        used = {problem.offers[o].platform.name: problem.offers[o].platform for _, o, _ in self._keys}
        billed = [(platform, b) for platform in used.values() for b in range(billing.periods)]
        at = 2 * len(self._keys)
        self._fees = {(p.name, b): at + i for i, (p, b) in enumerate((p, b) for p, b in billed if p.fee_usd)}
        at += len(self._fees)
        self._paid = {(p.name, b): at + i for i, (p, b) in enumerate((p, b) for p, b in billed if p.credit_usd)}
        self._variables = at + len(self._paid)
        self._platforms = used
        self.cost = np.zeros(self._variables)
        for (_, o, _), at in self._hours.items():
            offer = problem.offers[o]
            self.cost[at] = 0.0 if offer.platform.credit_usd else offer.usd_per_hour
        for (name, _), at in self._fees.items():
            self.cost[at] = used[name].fee_usd
        self.cost[list(self._paid.values())] = 1.0
        self._sums: list[tuple[list[Term], float, float]] = []
        self._state()

    def _state(self) -> None:
        """All constraints."""
        problem, periods = self._problem, self._periods
        of_work: dict[int, list[Term]] = {k: [] for k in range(len(problem.rates))}
        at_once: dict[tuple[int, int], list[Term]] = {}
        on: dict[tuple[str, int], list[Term]] = {}
        spent: dict[tuple[str, int], list[Term]] = {}
        for key in self._keys:
            k, o, t = key
            offer, h, n = problem.offers[o], self._hours[key], self._sessions[key]
            name, rate = offer.platform.name, float(problem.rates[k, o])
            longest = min(offer.session_hours, periods[t].longest_hours)
            self._sum([(h, 1.0), (n, -longest)], -math.inf, 0.0)
            of_work[k] += [(h, rate), (n, -rate * offer.boot_hours(problem.question.works[k]))]
            at_once.setdefault((k, t), []).append((h, 1.0))
            on.setdefault((name, t), []).append((h, 1.0))
            spent.setdefault((name, periods[t].billed[0]), []).append((h, offer.usd_per_hour))
        for terms in of_work.values():
            self._sum(terms, 1.0 + 1e-6, math.inf)
        for (_, t), terms in at_once.items():
            self._sum(terms, -math.inf, periods[t].hours - ROUNDING_HOURS)
        for (name, t), terms in on.items():
            self._sum(terms, -math.inf, periods[t].room[name])
            for b in periods[t].billed:
                if (name, b) in self._fees:
                    self._sum([*terms, (self._fees[name, b], -self._billing.room[name])], -math.inf, 0.0)
        for (name, b), at in self._paid.items():
            credit = max(0.0, self._platforms[name].credit_usd - ROUNDING_USD) * self._billing.times
            self._sum([*spent.get((name, b), []), (at, -1.0)], -math.inf, credit)
        if problem.question.budget_usd is not None:
            self.limit_cost(max(0.0, problem.question.budget_usd - ROUNDING_USD))

    def _sum(self, terms: list[Term], low: float, high: float) -> None:
        """low <= sum <= high."""
        self._sums.append((terms, low, high))

    def limit_cost(self, usd: float) -> None:
        """Let no plan cost more."""
        self._sum([(at, float(value)) for at, value in enumerate(self.cost) if value], -math.inf, usd)

    @property
    def shortness(self) -> F64:
        """An objective: few hours, few sessions, early."""
        objective = np.zeros(self._variables)
        for key in self._keys:
            objective[self._hours[key]] = 1.0 + LATER * key[2]
            objective[self._sessions[key]] = SESSION_H
        return objective

    def minimise(self, objective: F64, gap: float = GAP) -> Values | None:
        """A solution; None where there is none.

        Args:
            objective: a coefficient for each variable: `cost` or `shortness`.
            gap: how far from the best a solution may be, as a share.
        """
        rows = [i for i, (terms, _, _) in enumerate(self._sums) for _ in terms]
        columns = [at for terms, _, _ in self._sums for at, _ in terms]
        values = [value for terms, _, _ in self._sums for _, value in terms]
        matrix = coo_array((values, (rows, columns)), (len(self._sums), self._variables)).tocsc()
        integrality, upper = np.zeros(self._variables), np.full(self._variables, np.inf)
        integrality[list(self._sessions.values()) + list(self._fees.values())] = 1
        upper[list(self._fees.values())] = self._billing.times
        found = milp(
            objective,
            integrality=integrality,
            bounds=Bounds(0, upper),
            constraints=LinearConstraint(
                matrix, [low for _, low, _ in self._sums], [high for *_, high in self._sums]
            ),
            options={"mip_rel_gap": gap, "time_limit": LIMIT_S},
        )
        if found.x is None:
            return None
        hours = {key: float(found.x[at]) for key, at in self._hours.items() if found.x[at] > 1e-7}
        sessions = {key: max(1, round(found.x[self._sessions[key]])) for key in hours}
        return Values(hours, sessions, max(0.0, float(self.cost @ found.x)))
