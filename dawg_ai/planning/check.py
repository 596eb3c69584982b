"""An independent check of a plan: every constraint again, from sessions, platforms and works alone.

It shares no code with the programme or the schedule, so that a mistake there does not repeat here.
"""

import math
from collections.abc import Sequence
from datetime import timedelta

from dawg_ai.planning.problem import Question, week_start
from dawg_ai.planning.schedule import Session

TOLERANCE_S = 2.0


def broken(question: Question, sessions: Sequence[Session]) -> list[str]:
    """The constraints that a plan breaks; empty where it keeps all.

    Args:
        question: what was asked.
        sessions: the plan.
    """
    said = [f"{each.work} starts before the plan does" for each in sessions if each.start < question.start]
    end = question.start + timedelta(weeks=question.weeks)
    said += [f"{each.work} ends after week {question.weeks}" for each in sessions if each.end > end]
    for index, one in enumerate(sessions):
        for other in sessions[index + 1 :]:
            when = max(one.start, other.start)
            if one.work == other.work and when < min(one.end, other.end):
                said.append(f"{one.work} runs on {one.platform} and {other.platform} at {when}")
    said += _platform_limits(question, sessions)
    said += _work_done(question, sessions)
    cost = cost_usd(question, sessions)
    if question.budget_usd is not None and cost > question.budget_usd + 1e-3:
        said.append(f"it costs ${cost:.4f} of a budget of ${question.budget_usd:.2f}")
    return said


def cost_usd(question: Question, sessions: Sequence[Session]) -> float:
    """What the sessions cost, from the price rows themselves."""
    total = 0.0
    for platform in question.platforms:
        usage: dict[int, float] = {}
        touched = set()
        for session in sessions:
            if session.platform != platform.name:
                continue
            (row,) = (
                row
                for row in platform.prices
                if (row.device, row.kind, row.offer) == (session.device, session.kind, session.offer)
            )
            price = row.high_usd_per_hour if question.robust else row.usd_per_hour
            price = 0.0 if row.kind == "free" else (price or math.inf) + platform.disk_usd_per_hour
            day = (session.start - question.start).total_seconds() / 86_400
            last = day + (session.hours - 1 / 3600) / 24
            usage[int(day // 30)] = usage.get(int(day // 30), 0.0) + price * session.hours
            touched |= {int(day // 30), int(last // 30)}
        total += platform.fee_usd * len(touched)
        total += sum(max(0.0, usd - platform.credit_usd) for usd in usage.values())
    return total


def _platform_limits(question: Question, sessions: Sequence[Session]) -> list[str]:
    said = []
    for platform in question.platforms:
        here = [each for each in sessions if each.platform == platform.name]
        if here and platform.button and not question.button:
            said.append(f"{platform.title} needs a person for each session")
        if platform.session_hours is not None:
            limit = platform.session_hours - platform.margin_hours + TOLERANCE_S / 3600
            said += [
                f"{each.work} runs {each.hours:.2f} h on {platform.title}" for each in here if each.hours > limit
            ]
        events = sorted([(each.start, 1) for each in here] + [(each.end, -1) for each in here])
        running = 0
        for at, change in events:
            running += change
            if running > platform.concurrent:
                said.append(f"{running} sessions on {platform.title} at {at}")
        if platform.quota_hours is not None:
            said += _quota(question, platform.name, platform.quota_hours, platform.quota_resets, here)
    return said


def _quota(question: Question, name: str, quota: float, resets: str, here: Sequence[Session]) -> list[str]:
    said = []
    begins = week_start(resets, question.start)
    used = question.used_hours.get(name, 0.0)
    while begins < question.start + timedelta(weeks=question.weeks):
        ends = begins + timedelta(weeks=1)
        for each in here:
            inside = min(ends, each.end) - max(begins, each.start)
            used += max(0.0, inside.total_seconds()) / 3600
        if used > quota + TOLERANCE_S / 3600 and here:
            said.append(f"{used:.2f} h of {quota:g} on {name} in the week of {begins.date()}")
        begins, used = ends, 0.0
    return said


def _work_done(question: Question, sessions: Sequence[Session]) -> list[str]:
    said = []
    platforms = {each.name: each for each in question.platforms}
    for work in question.works:
        done = 0.0
        for session in sessions:
            if session.work != work.name:
                continue
            platform = platforms[session.platform]
            speed = work.speed(session.platform, session.device, assumed=question.assumed)
            if speed is None:
                said.append(f"nobody knows how fast {work.name} is on {session.device}")
                continue
            per_hour = speed.low_per_hour if question.robust else speed.per_hour
            boot_h = platform.boot_hours + work.start_s / 3600
            save_s, every_s = work.save_s + platform.save_s, session.save_every_s
            lost = save_s / every_s
            if session.kind == "interruptible":
                between_h = question.intervals.get(platform.name) or platform.interval_hours or math.nan
                lost += (every_s / 7200 + boot_h) / between_h
            done += per_hour * (1 - min(0.95, lost)) * max(0.0, session.hours - boot_h)
        if done < work.amount * (1 - 1e-5):
            said.append(f"{work.name} reaches {done:.4g} of {work.amount:.4g} {work.unit}")
    return said
