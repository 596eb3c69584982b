"""What a session may do: which training, for how long, until when, for how much."""

import math
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from dawg_ai import registry
from dawg_ai.command import command

if TYPE_CHECKING:  # it needs SciPy
    from dawg_ai.planning.plan import Plan

END_S = 60.0  # to save and to end, before the machine is ended for it
STAMP = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Lease:
    """One session of a plan.

    Args:
        number: in the plan, from 1.
        plugin: what is trained.
        data: its datasets.
        platform: where.
        device: on what.
        kind: free, on-demand or interruptible.
        offer: what the platform calls the machine.
        start: when it starts, UTC.
        hours: for how long at most, from the start of the machine.
        boot_hours: until the first step.
        max_usd_per_hour: the highest price that was planned with.
        save_every_s: seconds between two checkpoints.
    """

    number: int
    plugin: str
    data: tuple[str, ...]
    platform: str
    device: str
    kind: str
    offer: str
    start: datetime
    hours: float
    boot_hours: float
    max_usd_per_hour: float
    save_every_s: float

    @property
    def name(self) -> str:
        """Of its folder, and of what it starts; the same when it is started again."""
        return f"{self.number:02d}-{self.platform.replace('_', '-')}-{self.plugin.replace('_', '-')}"

    @property
    def end(self) -> datetime:
        """When it ends at the latest."""
        return self.start + timedelta(hours=self.hours)

    @property
    def worst_usd(self) -> float:
        """What it can cost at most."""
        return self.hours * self.max_usd_per_hour

    @property
    def seconds(self) -> int:
        """After which the machine is ended, whatever runs on it."""
        return math.ceil(self.hours * 3600)

    @property
    def stop_seconds(self) -> int:
        """After which the training is told to save and to end."""
        return max(1, self.seconds - round(END_S))

    @property
    def train_hours(self) -> float:
        """For how long to train: without the boot, and with time to save."""
        return max(0.0, self.hours - self.boot_hours - END_S / 3600)

    def train(self, more: Sequence[str] = ()) -> str:
        """The command that trains, and goes on where it stopped."""
        words = [command("train", self.plugin, self.data), "--hours", f"{self.train_hours:.4f}", *more]
        return " ".join(words)

    def declaration(self) -> dict[str, Any]:
        """It as JSON."""
        return {
            **asdict(self),
            "name": self.name,
            "start": self.start.strftime(STAMP),
            "end": self.end.strftime(STAMP),
            "worst_usd": round(self.worst_usd, 6),
        }


def leases(plan: "Plan") -> list[Lease]:
    """A lease for each session of a plan whose work is a plugin's."""
    platforms = {each.name: each for each in plan.question.platforms}
    works = {each.name: each for each in plan.question.works}
    return [
        Lease(
            number,
            each.work,
            registry.load(each.work).data,
            each.platform,
            each.device,
            each.kind,
            each.offer,
            each.start,
            each.hours,
            platforms[each.platform].boot_hours + works[each.work].start_s / 3600,
            each.usd_per_hour,
            each.save_every_s,
        )
        for number, each in enumerate(plan.sessions, 1)
        if each.work in registry.names()
    ]


def script(lease: Lease, home: str = "", install: Sequence[str] = (), after: Sequence[str] = ()) -> str:
    """A shell script that trains within the lease.

    `timeout` is the dead man's switch: the training ends, whoever started it being gone or not. SIGTERM lets it save.

    Args:
        lease: the lease.
        home: where runs and checkpoints are; by default where `dawg` keeps them.
        install: commands before.
        after: commands after the training, whatever its outcome.
    """
    lines = [
        "#!/bin/bash",
        f"# Session {lease.name}: {lease.plugin} on {lease.platform}, {lease.hours:.2f} h at most.",
    ]
    lines += ["set -u", *install]
    if home:
        lines += [f"export DAWG_HOME={shlex.quote(home)}"]
    lines += [*(f"dawg data get {each}" for each in lease.data if ":" not in each and home)]
    lines += [f"timeout --signal=TERM --kill-after={END_S:.0f} {lease.stop_seconds} {lease.train()}", "code=$?"]
    lines += [*after, "exit $code"]
    return "\n".join(lines) + "\n"
