"""The programme against brute force, against what one would do by hand, and against its own bound."""

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from cases import SATURDAY, place, price, seven, small
from scipy.optimize import linprog

from dawg_ai.planning import baselines, check, optimise, plan
from dawg_ai.planning.problem import ROUNDING_HOURS, ROUNDING_USD, build
from dawg_ai.planning.work import Speed, Work

CASES = 200


def brute_force(problem, weeks):
    """The least cost within `weeks`: all numbers of sessions are tried, and hours are a linear programme."""
    question, offers = problem.question, problem.offers
    keys = list(itertools.product(range(2), range(len(offers)), range(weeks)))
    longest = np.array([min(offers[o].session_hours, 168.0) for _, o, _ in keys])
    boots = np.array([offers[o].platform.boot_hours for _, o, _ in keys])
    rates = np.array([problem.rates[k, o] for k, o, _ in keys])
    usd = np.array([offers[o].usd_per_hour for _, o, _ in keys])
    # With as many sessions as the week has room for, more cannot help.
    most = [int(np.ceil(_room(offers[o].platform) / each)) for (_, o, _), each in zip(keys, longest, strict=True)]
    of_work = np.array([[key[0] == k for key in keys] for k in range(2)], float)
    groups = [[key[0] == k and key[2] == w for key in keys] for k in range(2) for w in range(weeks)]
    rooms = [168 - ROUNDING_HOURS] * len(groups)
    for o, w in itertools.product(range(len(offers)), range(weeks)):
        groups.append([key[1] == o and key[2] == w for key in keys])
        rooms.append(_room(offers[o].platform))
    credit = sum(max(0.0, offer.platform.credit_usd - ROUNDING_USD) for offer in offers)
    best = None
    for counted in itertools.product(*(range(min(each, 2) + 1) for each in most)):
        sessions = np.array(counted)
        if (of_work @ (rates * (np.minimum(sessions * longest, 168) - boots * sessions)) < 1).any():
            continue
        fee = sum(
            offer.platform.fee_usd
            for i, offer in enumerate(offers)
            if any(number for number, key in zip(counted, keys, strict=True) if key[1] == i)
        )
        if best is not None and fee >= best:
            continue
        rows = np.vstack([-of_work * rates, np.array(groups, float), usd])
        rows = np.hstack([rows, np.zeros((len(rows), 1))])
        rows[-1, -1] = -1.0
        limits = [*(-1 - of_work @ (rates * boots * sessions)), *rooms, credit]
        bounds = [(0, limit) for limit in sessions * longest] + [(0, None)]
        found = linprog([0.0] * len(keys) + [1.0], rows, limits, bounds=bounds)
        if found.status == 0 and (best is None or fee + found.fun < best):
            best = fee + found.fun
    budget = question.budget_usd
    return best if best is None or budget is None or best <= max(0, budget - ROUNDING_USD) + 1e-6 else None


def _room(platform):
    return min(platform.concurrent * 168.0, platform.quota_hours or np.inf) - ROUNDING_HOURS


def test_it_meets_brute_force_on_random_small_cases():
    seen = {"infeasible": 0, "free": 0, "paid": 0}
    for seed in range(CASES):
        question = small(seed)
        problem = build(question)
        for weeks in range(1, question.weeks + 1):
            found, expected = optimise.cheapest(problem, weeks), brute_force(problem, weeks)
            if expected is None:
                assert found is None, (seed, weeks, found)
                seen["infeasible"] += 1
            else:
                assert found is not None, (seed, weeks, expected)
                assert found.cost_usd == pytest.approx(expected, rel=2e-4, abs=1e-3), (seed, weeks)
                assert optimise.bound_usd(problem, weeks) <= found.cost_usd * 1.0002 + 1e-3, (seed, weeks)
                seen["free" if expected < 0.005 else "paid"] += 1
    assert min(seen.values()) > 10, seen


def test_it_is_never_worse_than_one_place_alone():
    compared = 0
    for seed in range(0, CASES, 8):
        question = replace(small(seed), weeks=16, budget_usd=None)
        problem = build(question)
        found = optimise.cheapest(problem, 16)
        for each in baselines.each_alone(problem):
            if each.weeks <= 16:
                compared += 1
                assert found.cost_usd <= each.cost_usd * 1.0002 + 0.01, (seed, each)
                quick = optimise.best(
                    replace(problem, question=replace(question, budget_usd=each.cost_usd + 0.02)), "weeks"
                )
                assert quick.weeks <= each.weeks, (seed, each)
    assert compared > 25


def test_more_money_is_never_slower_and_more_time_never_dearer():
    problem = build(seven(budget_usd=None))
    costs = [bound for weeks in (1, 2, 3, 5, 8, 11) if (bound := optimise.bound_usd(problem, weeks)) is not None]
    assert len(costs) == 6 and costs == sorted(costs, reverse=True) and costs[-1] < 0.01 < costs[0]
    weeks = [plan.make(seven(budget_usd=usd), "weeks").hours / 168 for usd in (6.5, 13.0)]
    assert weeks == sorted(weeks, reverse=True) and weeks[-1] <= 1 < weeks[0]


@pytest.mark.parametrize("order", ["cost", "weeks"])
def test_seven_works_on_all_platforms_take_two_seconds(order):
    taken = []
    for _ in range(2):
        began = time.process_time()
        found = optimise.best(build(seven(weeks=16)), order)
        taken.append(time.process_time() - began)
    assert min(taken) <= 2.0, taken
    assert found is not None and len({each.work for each in found.pieces}) == 7


def test_a_plan_has_the_checker_s_cost_and_breaks_nothing():
    for question, order in ((seven(), "weeks"), (seven(weeks=12, budget_usd=0.0), "cost")):
        found = plan.make(question, order)
        assert check.broken(question, found.sessions) == []
        assert found.cost_usd == pytest.approx(check.cost_usd(question, found.sessions), abs=1e-3)
    assert plan.make(seven(robust=True), "weeks").cost_usd > plan.make(seven(), "weeks").cost_usd


def test_a_plan_that_is_possible_nowhere_says_why_and_what_would_help():
    with pytest.raises(
        plan.NoPlanError, match=r"because of the budget; what would do: .* or 1[01] weeks in place of 4"
    ):
        plan.make(seven(weeks=4, budget_usd=0.0))
    with pytest.raises(plan.NoPlanError, match=r"can run nowhere .*too old.*--allow-assumed"):
        plan.make(seven(assumed=False))
    slow = Work("slow", 1000.0, "hours", {"T4": Speed(1, 1, "made")})
    only = replace(seven(), works=(slow,), platforms=(place("one", price()),), weeks=2, budget_usd=None)
    with pytest.raises(
        plan.NoPlanError, match=r"within 2 weeks, because of the time; what would do: 6 weeks in place of 2"
    ):
        plan.make(only)


def test_what_needs_more_memory_than_a_device_has_is_kept_off_it():
    big = Work("big", 10.0, "hours", {"T4": Speed(1, 1, "made"), "A100 80GB": Speed(1, 1, "made")}, memory_gib=20)
    places = (place("small", price("T4")), place("large", price("A100 80GB", 1.0)))
    found = plan.make(replace(seven(), works=(big,), platforms=places))
    assert {each.platform for each in found.sessions} == {"large"}


def test_platforms_that_a_person_starts_are_left_out_on_request():
    found = plan.make(seven(weeks=16, button=False))
    titles = {each.platform for each in found.sessions}
    assert "colab" not in titles and ("Colab (free) T4", "a person has to start each session") in found.left_out


def test_quota_that_is_used_up_is_not_planned_with():
    work = Work("one", 20.0, "hours", {"T4": Speed(1, 1, "made")})
    quota = place("q", price(), quota_hours=30.0, quota_resets="Saturday")
    question = replace(seven(), works=(work,), platforms=(quota,), start=SATURDAY, weeks=3)
    assert plan.make(question).hours < 21
    later = plan.make(replace(question, used_hours={"q": 25.0}))
    assert later.hours > 168
    assert check.broken(replace(question, used_hours={"q": 25.0}), plan.make(question).sessions)


def test_a_measured_speed_there_counts_before_one_elsewhere_and_an_assumed_one():
    speeds = {"RTX 3090": Speed(1, 1, "stated"), "kaggle/T4": Speed(0.5, 0.4, "there"), "T4": Speed(0.3, 0.2, "else")}
    work = Work("one", 1.0, speeds=speeds)
    assert work.speed("kaggle", "T4").per_hour == 0.5
    assert work.speed("modal", "T4").per_hour == 0.3
    assert work.speed("modal", "L4") is None
    assumed = work.speed("modal", "L4", assumed=True)
    assert not assumed.measured and assumed.low_per_hour < assumed.per_hour < 1
    assert work.speed("hugging_face", "2 vCPU", assumed=True) is None
    assert work.speed("local_gpu", "this GPU", assumed=True) is None
