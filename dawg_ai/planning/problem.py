"""The question as numbers: for each work and offer a rate, for each platform its limits, for each week its hours.

Where a speed is assumed, a price stale or a quota guessed, the offer is left out unless the question allows it;
either way the reason is kept.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dawg_ai.planning import devices
from dawg_ai.planning.interval import waste, young_s
from dawg_ai.planning.platform import WEEKDAYS, Platform, Price
from dawg_ai.planning.work import Speed, Work

SAVE_EVERY_S = 900.0  # between two checkpoints where nothing interrupts
# Sessions are rounded up to seconds; the limits of the programme leave room for that.
ROUNDING_HOURS = 0.01
ROUNDING_USD = 0.005
LEAST_HOURS = 10 / 3600  # of any work: shorter ones are below what the solver tells from 0
WEEK_HOURS = 168.0


@dataclass(frozen=True)
class Question:
    """What is to be planned.

    Args:
        works: the trainings.
        platforms: where they may run.
        start: the earliest start, UTC.
        weeks: within how many weeks.
        budget_usd: what may be spent; None for no limit.
        robust: plan with the speed that is exceeded nine times in ten, and the price exceeded one time in ten.
        assumed: whether assumed speeds, guessed quotas and stale prices may be used.
        button: whether platforms may be used on which a person has to start each session.
        used_hours: of each platform's quota, in the week of `start`.
        intervals: mean hours between interruptions by platform, where the ledger knows better than the prior.
    """

    works: tuple[Work, ...]
    platforms: tuple[Platform, ...]
    start: datetime
    weeks: int = 16
    budget_usd: float | None = None
    robust: bool = False
    assumed: bool = False
    button: bool = True
    used_hours: Mapping[str, float] = field(default_factory=dict)
    intervals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Offer:
    """A price row of a platform, with the price to plan with.

    Args:
        platform: the platform.
        price: its row.
        usd_per_hour: price an hour, storage included.
        mean_hours_between: interruptions; infinite where there are none.
    """

    platform: Platform
    price: Price
    usd_per_hour: float
    mean_hours_between: float

    @property
    def name(self) -> str:
        """As in tables, such as "Kaggle T4"."""
        kind = "" if self.price.kind == "free" else f", {self.price.kind}"
        offer = f" {self.price.offer}" if self.price.offer in ("secure", "community") else ""
        return (
            self.platform.title if self.platform.local else f"{self.platform.title} {self.price.device}{offer}{kind}"
        )

    def save_s(self, work: Work) -> float:
        """How long a checkpoint takes, until it is away from the machine."""
        return work.save_s + self.platform.save_s

    def interval_s(self, work: Work) -> float:
        """Seconds between two checkpoints."""
        if math.isinf(self.mean_hours_between):
            return max(SAVE_EVERY_S, self.save_s(work))
        return young_s(self.save_s(work), self.mean_hours_between * 3600)

    def waste(self, work: Work) -> float:
        """Share of a session's time that is lost."""
        boot_s = self.boot_hours(work) * 3600
        return waste(self.save_s(work), self.mean_hours_between * 3600, boot_s, self.interval_s(work))

    def boot_hours(self, work: Work) -> float:
        """From the start, billed, to the first step."""
        return self.platform.boot_hours + work.start_s / 3600

    @property
    def session_hours(self) -> float:
        """The longest session that can be planned."""
        limit = self.platform.session_hours
        return WEEK_HOURS if limit is None else limit - self.platform.margin_hours


@dataclass(frozen=True)
class Problem:
    """The question as numbers.

    Args:
        question: what was asked.
        offers: the usable price rows.
        rates: (works, offers), share of the work that an hour of a session does; 0 where it cannot run.
        week_hours: length of each week; the first may be shorter.
        left_out: offers that are not used, each with the reason.
        remarks: what is assumed, stale or guessed among what is used.
        packed: share of a week that may be filled; less where sessions could not be placed otherwise.
    """

    question: Question
    offers: tuple[Offer, ...]
    rates: NDArray[np.float64]
    week_hours: tuple[float, ...]
    left_out: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    packed: float = 1.0

    @property
    def platforms(self) -> list[Platform]:
        """The platforms that have an offer."""
        return list({offer.platform.name: offer.platform for offer in self.offers}.values())

    def week_starts(self) -> list[datetime]:
        """When each week begins."""
        at, starts = self.question.start, []
        for hours in self.week_hours:
            starts.append(at)
            at += timedelta(hours=hours)
        return starts


def week_start(day: str, when: datetime) -> datetime:
    """The last moment at or before `when` at which weeks that begin on `day` begin, 00:00 UTC.

    >>> week_start("Saturday", datetime(2026, 12, 2, 15, tzinfo=UTC)).isoformat()
    '2026-11-28T00:00:00+00:00'
    """
    midnight = datetime(when.year, when.month, when.day, tzinfo=UTC)
    return midnight - timedelta(days=(midnight.weekday() - WEEKDAYS.index(day)) % 7)


def build(question: Question) -> Problem:
    """The problem of a question.

    Args:
        question: what is asked.
    """
    offers, columns, left_out, remarks = [], [], [], []
    for platform in question.platforms:
        for price in platform.prices:
            offer = _offer(question, platform, price)
            name = offer.name
            reason = _why_not(question, platform, price)
            speeds = [each.speed(platform.name, price.device, assumed=question.assumed) for each in question.works]
            fits = [_fits(each, price) for each in question.works]
            if not reason and not any(speeds):
                reason = "no measured speed"
            elif not reason and not any(fit and speed for fit, speed in zip(fits, speeds, strict=True)):
                reason = "too little memory"
            if reason:
                left_out.append((name, reason))
                continue
            remarks += _remarks(question, platform, price, offer, speeds)
            offers.append(offer)
            columns.append(
                [
                    _share_per_hour(question, offer, work, speed) if speed and fit else 0.0
                    for work, speed, fit in zip(question.works, speeds, fits, strict=True)
                ]
            )
    offers, columns = _undominated(question, offers, columns)
    rates = np.array(columns, np.float64).reshape(len(offers), len(question.works)).T
    resets = next((p.quota_resets for p in question.platforms if p.quota_hours is not None), None)
    hours = [WEEK_HOURS] * question.weeks
    if resets:
        since_h = (question.start - week_start(resets, question.start)).total_seconds() / 3600
        hours[0] -= since_h
    return Problem(question, tuple(offers), rates, tuple(hours), tuple(left_out), tuple(dict.fromkeys(remarks)))


def _share_per_hour(question: Question, offer: Offer, work: Work, speed: Speed) -> float:
    """Share of the work that an hour after the boot does."""
    per_hour = speed.low_per_hour if question.robust else speed.per_hour
    return min(per_hour * (1 - offer.waste(work)) / work.amount, 1 / LEAST_HOURS)


def _undominated(
    question: Question, offers: list[Offer], columns: list[list[float]]
) -> tuple[list[Offer], list[list[float]]]:
    """Without offers beside which another is as fast or faster for every work, and as cheap or cheaper.

    The other has to be on the same platform, or on one whose limits nobody can reach. No plan is lost by it.
    """
    kept: list[int] = []
    for i in sorted(range(len(offers)), key=lambda i: (offers[i].usd_per_hour / max(columns[i]), -max(columns[i]))):
        if not any(_dominates(question, (offers[j], columns[j]), (offers[i], columns[i])) for j in kept):
            kept.append(i)
    kept.sort()
    return [offers[i] for i in kept], [columns[i] for i in kept]


def _dominates(question: Question, one: tuple[Offer, list[float]], other: tuple[Offer, list[float]]) -> bool:
    (offer, rates), (beside, slower) = one, other
    here, there = offer.platform, beside.platform
    unlimited = here.quota_hours is None and here.session_hours is None and not here.fee_usd
    open_to_all = unlimited and here.concurrent >= len(question.works) and not there.credit_usd
    return (
        (here.name == there.name or open_to_all)
        and here.boot_hours <= there.boot_hours
        and all(
            a >= b and offer.usd_per_hour * b <= beside.usd_per_hour * a for a, b in zip(rates, slower, strict=True)
        )
    )


def _offer(question: Question, platform: Platform, price: Price) -> Offer:
    usd = (price.high_usd_per_hour if question.robust else price.usd_per_hour) or 0.0
    usd += 0.0 if price.kind == "free" else platform.disk_usd_per_hour
    between = math.inf
    if price.kind == "interruptible":
        between = question.intervals.get(platform.name, platform.interval_hours or math.inf)
    return Offer(platform, price, usd, between)


def _why_not(question: Question, platform: Platform, price: Price) -> str:
    today = question.start.date()
    if price.usd_per_hour is None:
        return "its price is unknown"
    if platform.button and not question.button:
        return "a person has to start each session"
    if not question.assumed and price.stale(today):
        return f"its price is {price.age_days(today)} days old, of at most {price.max_age_days:g}"
    if not question.assumed and platform.quota_assumed:
        return "nobody states its quota"
    return ""


def _fits(work: Work, price: Price) -> bool:
    room = devices.known()[price.device].memory_gib
    return room is None or work.memory_gib is None or work.memory_gib <= room


def _remarks(
    question: Question, platform: Platform, price: Price, offer: Offer, speeds: list[Speed | None]
) -> list[str]:
    today = question.start.date()
    said = []
    if price.stale(today):
        said.append(f"{offer.name}: its price is {price.age_days(today)} days old ({price.day}, {price.source})")
    if platform.quota_assumed:
        said.append(f"{platform.title}: its quota of {platform.quota_hours:g} h a week is a guess")
    said += [f"{offer.name}: its speed is {speed.source}" for speed in speeds if speed and not speed.measured]
    if not math.isinf(offer.mean_hours_between) and platform.name not in question.intervals:
        said.append(f"{offer.name}: an interruption every {offer.mean_hours_between:g} h is a guess")
    return said
