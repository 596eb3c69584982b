"""A plan: the answer to a question, checked, or the reason why there is none."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dawg_ai.errors import DawgError, UsageError
from dawg_ai.planning import check, optimise, schedule
from dawg_ai.planning.optimise import Order, Solution
from dawg_ai.planning.problem import Problem, Question, build
from dawg_ai.planning.schedule import MICRO, Session

PACKED = (1.0, 0.97, 0.9, 0.8)  # share of a week that is filled, until all sessions find a place
MOST_WEEKS = 208  # how far a remedy is looked for: four years


class NoPlanError(UsageError):
    """No plan keeps all constraints; the message says which constraint, and what would make it feasible."""


@dataclass(frozen=True)
class Plan:
    """A checked plan.

    Args:
        question: what was asked.
        sessions: in order of their start.
        usd_micro: cost by platform, in micro-dollars.
        left_out: offers that were not used, each with the reason.
        remarks: what is assumed, stale or guessed among the offers of the sessions.
    """

    question: Question
    sessions: tuple[Session, ...]
    usd_micro: dict[str, int]
    left_out: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def cost_usd(self) -> float:
        """Dollars, fees included."""
        return sum(self.usd_micro.values()) / MICRO

    @property
    def end(self) -> datetime:
        """When the last work is done."""
        return max((each.end for each in self.sessions), default=self.question.start)

    @property
    def hours(self) -> float:
        """From the start to the end."""
        return (self.end - self.question.start).total_seconds() / 3600


def make(question: Question, order: Order = "cost") -> Plan:
    """The best plan.

    Args:
        question: what is asked.
        order: what is minimised first; the other comes second.

    Raises:
        NoPlanError: there is none.
    """
    problem = build(question)
    for packed in PACKED:
        problem = replace(problem, packed=packed)
        solution = optimise.best(problem, order)
        if solution is None:
            break
        found = placed(problem, solution)
        if found:
            return found
    raise NoPlanError(why_not(question))


def placed(problem: Problem, solution: Solution) -> Plan | None:
    """A solution as a plan; None where its sessions do not find a place in their weeks.

    Raises:
        DawgError: the check finds what the programme has overlooked.
    """
    sessions = schedule.sessions(problem, solution)
    if sessions is None:
        return None
    question = problem.question
    wrong = check.broken(question, sessions)
    if wrong:
        raise DawgError(f"the plan does not keep its own constraints, please report it: {'; '.join(wrong)}")
    platforms = {each.name: each for each in question.platforms}
    used = {(each.platform, each.device) for each in sessions}
    names = {offer.name for offer in problem.offers if (offer.platform.name, offer.price.device) in used}
    titles = {platforms[name].title for name, _ in used}
    remarks = [each for each in problem.remarks if each.partition(":")[0] in names | titles]
    cost = schedule.cost_micro(sessions, platforms, question.start)
    return Plan(question, tuple(sessions), cost, problem.left_out, tuple(remarks))


def frontier(question: Question) -> list[Plan]:
    """Checked plans, each cheaper and in more weeks than the one before."""
    problem = build(question)
    plans = (placed(problem, solution) for solution in optimise.frontier(problem))
    return [plan for plan in plans if plan]


def why_not(question: Question) -> str:
    """Which constraint there is no plan for, and what would make one."""
    problem = build(question)
    nowhere = [work.name for work, rates in zip(question.works, problem.rates, strict=True) if not rates.any()]
    if nowhere:
        kinds = Counter(re.sub(r"\d+ days old.*", "too old", each) for _, each in problem.left_out)
        reasons = ", ".join(f"{number} offers: {reason}" for reason, number in kinds.most_common())
        return f"{', '.join(nowhere)} can run nowhere ({reasons}); {_to_open(question)}"
    weeks, budget = question.weeks, question.budget_usd
    remedies = []
    unlimited = build(replace(question, budget_usd=None))
    least = optimise.cheapest(unlimited, weeks)
    if least and budget is not None:
        remedies.append(f"${least.cost_usd:.2f} in place of ${budget:.2f} within {_weeks(weeks)}")
    needed = _weeks_needed(replace(question, weeks=MOST_WEEKS))
    money = "" if budget is None else f" for ${budget:.2f}"
    if needed:
        remedies.append(f"{_weeks(needed)} in place of {weeks}{money}")
    broken = "the budget" if least else "the time"
    if not remedies:
        return f"no plan within {_weeks(weeks)}{money}, nor within {MOST_WEEKS}; {_to_open(question)}"
    return f"no plan within {_weeks(weeks)}{money}, because of {broken}; what would do: {', or '.join(remedies)}"


def _weeks_needed(question: Question) -> int | None:
    """The fewest weeks by the bound, which is at most a little too few."""
    problem = build(question)
    low, high = 0, 1
    while optimise.bound_usd(problem, high) is None:
        if high >= question.weeks:
            return None
        low, high = high, min(question.weeks, 2 * high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if optimise.bound_usd(problem, middle) is None else (low, middle)
    return high


def _to_open(question: Question) -> str:
    """What would let more offers in."""
    ways = ["measure its speed where it shall run: dawg calibrate"]
    if not question.assumed:
        ways.append("allow assumed speeds, guessed quotas and stale prices: --allow-assumed")
    if not question.button:
        ways.append("allow platforms on which a person starts each session: without --unattended")
    return "; or ".join(ways)


def _weeks(number: int) -> str:
    return "1 week" if number == 1 else f"{number} weeks"


def in_parts(plans: Sequence[Plan]) -> list[tuple[int, float]]:
    """Weeks and dollars of each plan, for a table."""
    return [(_used_weeks(plan), plan.cost_usd) for plan in plans]


def _used_weeks(plan: Plan) -> int:
    problem = build(plan.question)
    ends = [start for start in problem.week_starts() if start < plan.end]
    return max(1, len(ends))
