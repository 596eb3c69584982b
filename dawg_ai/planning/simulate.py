"""Campaigns in virtual time: platforms that interrupt, change prices, lose answers, and an orchestrator that is away.

Three policies run the same campaign. `reserved` is ours: a session starts only if its whole worst case fits (the real
`Ledger`), its machine ends itself at the end of its lease, and after every absence the platform's list is believed.
`checked` looks at the money before each launch, and `polled` every hour as well; both are what one writes first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np

from dawg_ai.planning.interval import young_s
from dawg_ai.planning.ledger import MICRO, BudgetError, Ledger

Policy = Literal["reserved", "checked", "polled"]
POLICIES: tuple[Policy, ...] = ("reserved", "checked", "polled")
Gaps = Callable[[np.random.Generator], float]  # hours to the next interruption of a machine

START = datetime(2026, 11, 28, tzinfo=UTC)  # a Saturday, when the quota begins
WEEK_H, POLL_H, HORIZON_H = 168.0, 1.0, 24.0 * 60
BOOT_H, LEASE_H, FREE_LEASE_H = 0.15, 6.0, 11.0
SAVE_S = 20.0
BID_MARGIN = 1.6  # the highest price that a session may have, over the price that was planned


def exponential(mean_h: float) -> Gaps:
    """Interruptions without memory."""
    return lambda rng: float(rng.exponential(mean_h))


def bathtub(mean_h: float) -> Gaps:
    """Many early, few in the middle, the rest at the end of 24 hours (Kadupitige et al. 2019, arXiv 1911.05160)."""

    def gap(rng: np.random.Generator) -> float:
        kind = rng.random()
        if kind < 0.3:
            return float(rng.exponential(mean_h / 4))
        return float(rng.uniform(mean_h / 4, 22.0)) if kind < 0.6 else float(24.0 - rng.exponential(1.0) % 2.0)

    return gap


def recorded(gaps_h: Sequence[float]) -> Gaps:
    """Interruptions drawn from a record."""
    return lambda rng: float(rng.choice(np.asarray(gaps_h)))


@dataclass
class Machine:
    """A machine, whose life is known to the simulation from its start on.

    Args:
        work: index of what it trains.
        label: the session that it was made for.
        paid: whether it costs money.
        start_h: when it started.
        usd_per_hour: its price.
        stops_h: when it stops training: done, interrupted, or told to by its own clock.
        ends_h: when it is no longer billed, unless it is destroyed before.
        interrupted: whether it loses what it has not saved.
    """

    work: int
    label: str
    paid: bool
    start_h: float
    usd_per_hour: float
    stops_h: float
    ends_h: float
    interrupted: bool
    counted: bool = False


@dataclass
class Campaign:
    """One campaign; `run` gives its outcome.

    Args:
        policy: how money is watched.
        seed: of all that happens; the same for all policies.
        budget_usd: what may be spent.
        work_h: hours of each training.
        quota_h: free hours in a week.
        usd_per_hour: the price that was planned with.
        gaps: interruptions of paid machines.
        mean_h: their mean, for the interval between checkpoints.
    """

    policy: Policy
    seed: int
    budget_usd: float
    work_h: tuple[float, ...]
    quota_h: float
    usd_per_hour: float
    gaps: Gaps
    mean_h: float
    machines: dict[str, Machine] = field(default_factory=dict)

    def run(self) -> "Outcome":
        """Live through it, hour by hour, until all is done, the money is gone, or 60 days are over."""
        self.rng = np.random.default_rng(self.seed)
        self.done_h = [0.0] * len(self.work_h)
        self.known: dict[str, Machine] = {}  # what a naive policy believes to run
        self.number, self.now_h, away_until_h, looked_h = 0, 0.0, 0.0, -1.0
        self.refused = False
        self.ledger = Ledger(Path(":memory:"), lambda: START + timedelta(hours=self.now_h))
        while self.now_h < HORIZON_H and not self._over():
            self._progress()
            if self.now_h >= away_until_h:
                if self.policy != "reserved" or self._due(looked_h):
                    self._orchestrate()
                    looked_h = self.now_h
                if self.rng.random() < 0.01:
                    away_until_h = self.now_h + self.rng.uniform(1, 30)
            self.now_h += POLL_H
        self._progress()
        self.ledger.close()
        return self._outcome()

    def _over(self) -> bool:
        done = all(done >= work - 1e-9 for done, work in zip(self.done_h, self.work_h, strict=True))
        return done and not any(each.ends_h > self.now_h for each in self.machines.values())

    def _due(self, looked_h: float) -> bool:
        """Whether anything has happened since the last look: a machine stopped or never came, or a week began."""
        if looked_h // WEEK_H != self.now_h // WEEK_H or self.refused:
            return True
        return any(looked_h < each.stops_h <= self.now_h for each in self.machines.values())

    def _cost_usd(self, machine: Machine, until_h: float) -> float:
        hours = max(0.0, min(until_h, machine.ends_h) - machine.start_h)
        return hours * machine.usd_per_hour if machine.paid else 0.0

    def _progress(self) -> None:
        """Count what machines have saved that stopped training by now."""
        every_h = young_s(SAVE_S, self.mean_h * 3600) / 3600
        for machine in self.machines.values():
            if machine.counted or machine.stops_h > self.now_h:
                continue
            machine.counted = True
            trained_h = max(0.0, machine.stops_h - machine.start_h - BOOT_H)
            if machine.interrupted:
                cycle_h = every_h + SAVE_S / 3600
                trained_h = trained_h // cycle_h * every_h
            else:
                trained_h /= 1 + SAVE_S / 3600 / every_h
            self.done_h[machine.work] += trained_h

    def _launch(self, work: int, paid: bool, label: str, lease_h: float | None) -> bool:
        """Start a machine; False where the answer is lost, though it may have started."""
        rng, every_h = self.rng, young_s(SAVE_S, self.mean_h * 3600) / 3600
        price = self.usd_per_hour * float(rng.uniform(0.8, 2.0)) if paid else 0.0
        fate = rng.random()
        gap_h = self.gaps(rng) if paid else np.inf
        skew = float(rng.uniform(0.999, 1.001))  # of the machine's clock
        if fate < 0.03 or (self.policy == "reserved" and price > BID_MARGIN * self.usd_per_hour):
            self.refused = True
            return True  # nothing started
        left_h = (self.work_h[work] - self.done_h[work]) * (1 + SAVE_S / 3600 / every_h) + BOOT_H
        limit_h = np.inf if lease_h is None else lease_h * skew * 0.99
        stops_h = self.now_h + min(left_h, gap_h, limit_h)
        # Ours ends itself; a naive one is billed until somebody destroys it.
        alone = lease_h is None and gap_h >= left_h
        if not paid:
            alone, stops_h = False, min(stops_h, self.now_h + FREE_LEASE_H)
        interrupted = paid and gap_h < min(left_h, limit_h)
        ends_h = np.inf if alone else stops_h
        self.machines[label] = Machine(work, label, paid, self.now_h, price, stops_h, ends_h, interrupted)
        return bool(rng.random() > 0.05)

    def _destroy(self, label: str) -> None:
        machine = self.machines[label]
        if machine.stops_h > self.now_h:
            machine.stops_h, machine.interrupted = self.now_h, True
        machine.ends_h = min(machine.ends_h, self.now_h)

    def _orchestrate(self) -> None:
        self.refused = False
        if self.policy == "reserved":
            self._settle()
        else:
            self._look()
        for work, needed_h in enumerate(self.work_h):
            if self.done_h[work] < needed_h - 1e-9:
                self._start_reserved(work) if self.policy == "reserved" else self._start_naive(work)

    def _settle(self) -> None:
        """Believe the lists: adopt, settle, and write down what has accrued."""
        for platform, paid in (("paid", True), ("free", False)):
            for name, state in list(self.ledger.sessions().items()):
                if state.open and state.first.platform == platform and name in self.machines:
                    machine = self.machines[name]
                    usd = round(self._cost_usd(machine, self.now_h) * MICRO)
                    seconds = round(3600 * (min(self.now_h, machine.ends_h) - machine.start_h))
                    event = "lost" if machine.interrupted and machine.ends_h <= self.now_h else "accrued"
                    self.ledger.write(name, event, name, usd, seconds)
            living = (each for each in self.machines.values() if each.paid == paid and each.ends_h > self.now_h)
            self.ledger.reconcile(platform, {each.label: each.label for each in living}, self._destroy)

    def _start_reserved(self, work: int) -> None:
        name = f"work {work}"
        if any(each.open and each.first.work == name for each in self.ledger.sessions().values()):
            return
        self.number += 1
        label = f"session {self.number}"
        week = START + timedelta(hours=self.now_h // WEEK_H * WEEK_H)
        left_h = self.quota_h - self.ledger.used_hours("free", week)
        to_reset_h = WEEK_H - self.now_h % WEEK_H
        lease_h = min(FREE_LEASE_H, left_h, to_reset_h)
        if lease_h > 2 * BOOT_H:
            self.ledger.reserve(label, "free", name, 0, round(lease_h * 3600), round(self.budget_usd * MICRO))
            self._launch(work, False, label, lease_h)
            return
        highest = BID_MARGIN * self.usd_per_hour
        spoken = self.ledger.spoken_for_micro() / MICRO
        lease_h = min(LEASE_H, (self.budget_usd - spoken) / highest - 1e-6)
        if lease_h <= 2 * BOOT_H:
            return
        try:
            worst = round(highest * lease_h * MICRO)
            self.ledger.reserve(label, "paid", name, worst, round(lease_h * 3600), round(self.budget_usd * MICRO))
        except BudgetError:
            return
        self._launch(work, True, label, lease_h)

    def _look(self) -> None:
        """What a naive policy sees: what the platform lists, and what of that has stopped."""
        self.known = {label: each for label, each in self.machines.items() if each.ends_h > self.now_h}
        for label, machine in list(self.known.items()):
            too_dear = self.policy == "polled" and machine.paid and self._spent_usd() >= self.budget_usd
            if machine.stops_h <= self.now_h or too_dear:
                self._destroy(label)
                del self.known[label]

    def _spent_usd(self) -> float:
        """What the platform's own account says."""
        return sum(self._cost_usd(each, self.now_h) for each in self.machines.values())

    def _start_naive(self, work: int) -> None:
        if any(each.work == work for each in self.known.values()):
            return
        self.number += 1
        label = f"session {self.number}"
        week_h = self.now_h // WEEK_H * WEEK_H
        free = [each for each in self.machines.values() if not each.paid and each.start_h >= week_h]
        used_h = sum(min(each.ends_h, self.now_h) - each.start_h for each in free)
        if used_h < self.quota_h:
            answered = self._launch(work, False, label, None)
        elif self._spent_usd() < self.budget_usd:
            answered = self._launch(work, True, label, None)
        else:
            return
        if answered and label in self.machines:
            self.known[label] = self.machines[label]

    def _outcome(self) -> "Outcome":
        machines = list(self.machines.values())
        cost = sum(self._cost_usd(each, self.now_h) for each in machines)
        free = [each for each in machines if not each.paid]
        weeks = np.zeros(int(HORIZON_H // WEEK_H) + 2)
        for each in free:
            for week in range(len(weeks)):
                inside = min(each.ends_h, self.now_h, (week + 1) * WEEK_H) - max(each.start_h, week * WEEK_H)
                weeks[week] += max(0.0, inside)
        doubles = sum(
            one.work == other.work and one.start_h < other.stops_h - 1e-9 and other.start_h < one.stops_h - 1e-9
            for i, one in enumerate(machines)
            for other in machines[i + 1 :]
        )
        return Outcome(
            cost, self.budget_usd, float(weeks.max()), self.quota_h, doubles, sum(self.done_h), self.work_h
        )


@dataclass(frozen=True)
class Outcome:
    """What came of a campaign.

    Args:
        cost_usd: what was paid in the end.
        budget_usd: what might be spent.
        most_quota_h: free hours in the fullest week.
        quota_h: what was allowed.
        doubles: pairs of machines that trained the same at one time.
        done_h: hours of work that were saved.
        work_h: hours of work that there were.
    """

    cost_usd: float
    budget_usd: float
    most_quota_h: float
    quota_h: float
    doubles: int
    done_h: float
    work_h: tuple[float, ...]


def random_campaign(policy: Policy, seed: int, gaps_h: Sequence[float] = (0.5, 2.0, 5.0, 9.0, 20.0)) -> Campaign:
    """A campaign with random works, budget, quota, price and interruptions.

    Args:
        policy: how money is watched.
        seed: of all of it; for one seed all policies have the same campaign.
        gaps_h: the record of the third kind of interruptions.
    """
    rng = np.random.default_rng([seed, 1])
    mean_h = float(rng.uniform(4, 16))
    gaps = (exponential(mean_h), bathtub(mean_h), recorded(gaps_h))[seed % 3]
    works = tuple(float(each) for each in rng.uniform(5, 40, rng.integers(1, 4)))
    quota_h = float(rng.choice([0.0, 10.0, 30.0]))
    return Campaign(
        policy, seed, float(rng.uniform(1, 15)), works, quota_h, float(rng.uniform(0.1, 0.5)), gaps, mean_h
    )
