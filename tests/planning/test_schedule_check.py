"""The independent check finds every broken limit: a plan is made, broken on purpose, and checked."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cases import SATURDAY, place, price, seven

from dawg_ai.planning import check, plan
from dawg_ai.planning.problem import week_start
from dawg_ai.planning.work import Speed, Work

QUOTA = place(
    "quota", price("T4"), quota_hours=30.0, quota_resets="Saturday", session_hours=12.0, boot_hours=0.1, concurrent=2
)
PAID = place("paid", price("L4", 0.5), fee_usd=10.0, credit_usd=1.0)


@pytest.fixture
def question():
    works = tuple(Work(name, 20.0, "hours", {"T4": Speed(1, 1, ""), "L4": Speed(1, 1, "")}) for name in ("a", "b"))
    return replace(seven(), works=works, platforms=(QUOTA, PAID), weeks=3, budget_usd=15.0)


@pytest.fixture
def sessions(question):
    found = list(plan.make(question).sessions)
    assert check.broken(question, found) == [] and len(found) >= 4
    assert {each.platform for each in found} == {"quota"}
    return found


def moved(session, hours):
    return replace(session, start=session.start + timedelta(hours=hours))


def test_a_work_at_two_places_is_found(question, sessions):
    mine = [i for i, each in enumerate(sessions) if each.work == "a"]
    sessions[mine[1]] = replace(
        sessions[mine[1]], start=sessions[mine[0]].start, platform="paid", device="L4", kind="on-demand"
    )
    assert any("a runs on quota and paid" in each for each in check.broken(question, sessions))


def test_work_that_is_not_done_is_found(question, sessions):
    assert any("reaches" in each for each in check.broken(question, sessions[:-1]))
    short = [replace(sessions[0], hours=sessions[0].hours - 0.05), *sessions[1:]]
    assert any("reaches" in each for each in check.broken(question, short))


def test_too_long_too_early_too_late_is_found(question, sessions):
    long = [replace(sessions[0], hours=12.5), *sessions[1:]]
    assert any("runs 12.50 h on quota" in each for each in check.broken(question, long))
    assert any("before the plan" in each for each in check.broken(question, [moved(sessions[0], -1), *sessions[1:]]))
    late = [*sessions[:-1], moved(sessions[-1], 24 * 22)]
    assert any("ends after week 3" in each for each in check.broken(question, late))


def test_quota_and_sessions_at_one_time_are_counted(question, sessions):
    crowded = [replace(each, start=sessions[0].start) for each in sessions]
    said = check.broken(question, crowded)
    assert any("sessions on quota at" in each for each in said) and any("of 30 on quota" in each for each in said)


def test_a_session_across_the_reset_counts_in_both_weeks(question, sessions):
    one = replace(question.works[0], amount=11.0)
    asked = replace(question, works=(one,), used_hours={"quota": 25.0})
    across = replace(sessions[0], work="a", start=SATURDAY + timedelta(hours=168 - 4), hours=11.2)
    assert check.broken(asked, [across]) == []
    assert check.broken(replace(asked, used_hours={"quota": 27.0}), [across])


def test_fees_credit_and_budget_are_counted(question):
    paid = replace(question, platforms=(PAID,), budget_usd=None)
    found = plan.make(paid)
    hours = sum(each.hours for each in found.sessions)
    assert found.cost_usd == pytest.approx(10.0 + 0.5 * hours - 1.0, abs=0.01)
    assert any("of a budget of $5.00" in each for each in check.broken(replace(paid, budget_usd=5.0), found.sessions))


def test_weeks_begin_at_the_reset():
    wednesday = SATURDAY + timedelta(days=4, hours=15)
    assert week_start("Saturday", wednesday) == SATURDAY
    assert week_start("Wednesday", wednesday) == SATURDAY + timedelta(days=4)
    assert week_start("Thursday", wednesday) == SATURDAY - timedelta(days=2)
    works = (Work("a", 40.0, "hours", {"T4": Speed(1, 1, "")}),)
    asked = replace(seven(), works=works, platforms=(QUOTA,), start=wednesday, weeks=3)
    found = plan.make(asked, "weeks")
    assert check.broken(asked, found.sessions) == []
    before = sum(each.hours for each in found.sessions if each.start < SATURDAY + timedelta(days=7))
    assert 28 < before <= 30 and found.end < SATURDAY + timedelta(days=9)
