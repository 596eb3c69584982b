"""Questions for tests: the original comparison's works, and small random ones."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from dawg_ai.planning import platform
from dawg_ai.planning.platform import Platform, Price
from dawg_ai.planning.problem import Question
from dawg_ai.planning.work import Speed, Work

SATURDAY = datetime(2026, 11, 28, tzinfo=UTC)
TODAY = SATURDAY.date()
HOURS = {"Auto EQ": 20, "Mastering": 30, "Compressor": 15, "Reverb": 12, "Delay": 10, "Beats": 40, "Vocals": 50}


def seven(**changes):
    """Seven works in hours of an RTX 3090, on all shipped platforms."""
    works = tuple(Work(name, hours, "hours", {"RTX 3090": Speed(1, 1, "stated")}) for name, hours in HOURS.items())
    platforms = tuple(platform.load(name) for name in platform.names())
    return replace(Question(works, platforms, SATURDAY, assumed=True), **changes)


def price(device="T4", usd=0.0, **changes):
    """A price row that is never stale."""
    kind = "on-demand" if usd else "free"
    return replace(Price(device, kind, usd, 1.5 * usd, date(2026, 11, 28), "a test", 1000), **changes)


def place(name, *prices, **changes):
    """A platform."""
    return replace(Platform(name, name, False, False, "none", prices or (price(),)), **changes)


def small(seed):
    """Two works, two platforms, one week or, one time in twenty, two; about half of them have a budget."""
    rng = np.random.default_rng(seed)
    devices = ("T4", "RTX 4090")
    speeds = [{each: Speed(v := float(rng.uniform(0.5, 3)), 0.8 * v, "made") for each in devices} for _ in range(2)]
    works = tuple(
        Work(f"work {k}", float(rng.uniform(5, 60)), "hours", speed, save_s=0.0) for k, speed in enumerate(speeds)
    )
    free = place(
        "free",
        price("T4"),
        quota_hours=float(rng.uniform(5, 24)),
        quota_resets="Saturday",
        session_hours=float(rng.uniform(12, 24)),
        boot_hours=float(rng.choice([0.0, 0.5])),
        fee_usd=float(rng.choice([0.0, 5.0])),
        concurrent=2,
    )
    paid = place(
        "paid",
        price("RTX 4090", float(rng.uniform(0.1, 1.0))),
        boot_hours=float(rng.choice([0.0, 0.5])),
        credit_usd=float(rng.choice([0.0, 3.0])),
        concurrent=int(rng.integers(1, 3)),
    )
    budget = float(rng.uniform(0, 25)) if rng.random() < 0.5 else None
    return Question(works, (free, paid), SATURDAY, weeks=2 if seed % 20 == 0 else 1, budget_usd=budget)
