"""What a session may do: which training, for how long, until when, for how much."""

import json
import math
import re
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from dawg_ai import registry
from dawg_ai.command import command
from dawg_ai.errors import UsageError

if TYPE_CHECKING:  # it needs SciPy
    from dawg_ai.planning.plan import Plan

END_S = 60.0  # to save and to end, before the machine is ended for it
STAMP = "%Y-%m-%dT%H:%M:%SZ"
FILE = "session.json"


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
        label: what the platform is told to call it; by default its name.
        checkpoints: where checkpoints travel, see `dawg_ai.training.travel`; "" where they stay on the machine.
        run: the run that it goes on with; another one is refused. "" to begin, or to go on with what is there.
        over: sessions that have ended for certain, and so hold no run.
        last: whether the budget pays for no session after this one.
        package: what pip installs there, such as a URL of the wheel; "" where `dawg` is there already.
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
    label: str = ""
    checkpoints: str = ""
    run: str = ""
    over: tuple[str, ...] = ()
    last: bool = False
    package: str = ""

    @property
    def name(self) -> str:
        """Of its folder, and of what it starts; the same when it is started again."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.number:02d}-{self.platform}-{self.plugin}".lower())

    @property
    def title(self) -> str:
        """What the platform is told to call it."""
        return self.label or self.name

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
    def travels(self) -> bool:
        """Whether checkpoints leave the machine by themselves, so that it may end when the training does."""
        return "://" in self.checkpoints

    @property
    def train_hours(self) -> float:
        """For how long to train: without the boot, and with time to save."""
        return max(0.0, self.hours - self.boot_hours - END_S / 3600)

    def train(self) -> str:
        """The command that trains, and goes on where it stopped."""
        return f"{command('train', self.plugin, self.data)} --hours {self.train_hours:.4f}"

    def install(self) -> str:
        """The command that installs the package."""
        return f"pip install -q {shlex.quote(self.package or 'dawg-ai[train]')}"

    def train_by_file(self, program: str = "dawg") -> str:
        """The same for a machine that has the lease as a file, which says when to save, and where to.

        Args:
            program: how `dawg` is called there.
        """
        return f"{program} {command('train', self.plugin, self.data).removeprefix('dawg ')} --lease {FILE}"

    def declaration(self) -> dict[str, Any]:
        """It as JSON."""
        return {
            **asdict(self),
            "name": self.name,
            "start": self.start.strftime(STAMP),
            "end": self.end.strftime(STAMP),
            "worst_usd": round(self.worst_usd, 6),
        }

    @classmethod
    def read(cls, path: Path) -> Self:
        """The lease of a file that `declaration` was written to.

        Raises:
            UsageError: it is no such file.
        """
        try:
            values = json.loads(path.read_text("utf-8"))
            start = datetime.strptime(values["start"], STAMP).replace(tzinfo=UTC)
            found = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
            listed = {name: tuple(found.get(name, ())) for name in ("data", "over")}
            return cls(**{**found, **listed, "start": start})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{path} is no lease of a session ({error}); dawg plan and dawg launch write them as {FILE}"
            ) from None


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


def script(
    lease: Lease,
    home: str = "",
    install: Sequence[str] = (),
    after: Sequence[str] = (),
    program: str = "dawg",
    folder: str = "",
) -> str:
    """A shell script that trains within the lease, which it holds itself and writes to a file.

    `timeout` is the dead man's switch: the training ends, whoever started it being gone or not, so long after the
    start of the script. SIGTERM is passed on, which lets it save; the script itself goes on to what comes after.

    Args:
        lease: the lease.
        home: where runs and checkpoints are; by default where `dawg` keeps them.
        install: commands before.
        after: commands after the training, whatever its outcome.
        program: how `dawg` is called there.
        folder: where the session has its files, as a shell reads it; by default where the script is called.
    """
    lines = [
        "#!/bin/bash",
        f"# Session {lease.name}: {lease.plugin} on {lease.platform}, {lease.hours:.2f} h at most.",
        "set -u",
        "child=; told=; trap 'told=1; [ -n \"$child\" ] && kill -TERM $child 2>/dev/null' TERM INT",
        *([f'mkdir -p "{folder}" && cd "{folder}" && exec > log.txt 2>&1'] if folder else []),
        f"cat > {FILE} <<'END'\n{json.dumps(lease.declaration(), indent=2)}\nEND",
        *install,
    ]
    if home:
        lines += [f"export DAWG_HOME={home if home.startswith('$') else shlex.quote(home)}"]
    lines += [*(f"{program} data get {each}" for each in lease.data if ":" not in each and home)]
    left = f"$(({lease.stop_seconds} - SECONDS))"
    lines += [
        "export DAWG_ELAPSED_S=$SECONDS",
        "code=75",
        'if [ -z "$told" ]; then',
        f"timeout --signal=TERM --kill-after={END_S:.0f} {left} {lease.train_by_file(program)} & child=$!",
        "wait $child; code=$?",
        "while kill -0 $child 2>/dev/null; do wait $child; code=$?; done  # a signal ends `wait` too",
        "fi",
    ]
    lines += [*after, "exit $code"]
    return "\n".join(lines) + "\n"
