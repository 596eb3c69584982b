"""The trainer's side of a session: it keeps its lease, brings checkpoints away, and says how it ended.

A process that is told to stop may be killed before it has answered, and exit codes are lost on the way. So
`status.json` beside the lease says where the training is, from its start on: one that still says "running" though
its machine is gone was interrupted.
"""

import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from dawg_ai import progress
from dawg_ai.errors import DawgError, UsageError, failure
from dawg_ai.files import atomic_write
from dawg_ai.launch.lease import END_S, STAMP, Lease

if TYPE_CHECKING:  # they need PyTorch, which a computer that only launches has not
    from dawg_ai.training.loop import Result
    from dawg_ai.training.run import Run
    from dawg_ai.training.travel import Place

Outcome = Literal["running", "finished", "resume", "budget", "failed"]
CODES: Mapping[Outcome, int] = {"finished": 0, "failed": 1, "resume": 75, "budget": 76}  # 75: EX_TEMPFAIL
FILE = "status.json"
LEAST_HELD_S, HELD_SAVES = 600.0, 3  # how long a run is held without a new checkpoint
TRIES, BETWEEN_S = 3, 2.0  # of bringing the last checkpoint away


@dataclass(frozen=True)
class Status:
    """Where a session's training is.

    Args:
        session: its name.
        plugin: what it trains.
        outcome: running, finished, resume (time is up, or it was told to stop), budget (time is up, and the budget
            pays for no further session), or failed.
        reason: why, in words.
        run: name of the run's folder.
        step: steps that are done.
        steps: of the whole run.
        checkpoint: the newest one where checkpoints travel.
        at: when that was, by the machine's clock, UTC.
    """

    session: str
    plugin: str
    outcome: Outcome = "running"
    reason: str = ""
    run: str = ""
    step: int = 0
    steps: int = 0
    checkpoint: str = ""
    at: str = ""

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The status in a session's folder; None where there is none, or half of one."""
        try:
            values = json.loads((folder / FILE).read_text("utf-8"))
            return cls(**{name: values[name] for name in cls.__dataclass_fields__})
        except (OSError, ValueError, KeyError, TypeError):
            return None


class Session:
    """A context in which a training keeps a lease.

    Args:
        path: file of the lease; `status.json` is written beside it.
        plugin: what is trained.

    Raises:
        UsageError: it is no lease, or for another plugin.
    """

    def __init__(self, path: Path, plugin: str) -> None:
        self.lease = Lease.read(path)
        if self.lease.plugin != plugin:
            raise UsageError(f"{path} is a lease to train {self.lease.plugin}, not {plugin}")
        self._folder = path.parent
        self._began_s = time.monotonic() - float(os.environ.get("DAWG_ELAPSED_S") or 0.0)
        self._status = Status(self.lease.name, plugin)
        self._place: Place | None = None
        self._behind = ""  # why the newest checkpoint has not travelled

    def __enter__(self) -> Self:
        self._note()
        # Before and after the steps, where the loop does not see to it: as Ctrl-C.
        self._before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGTERM, self._before)
        if self._place:
            try:
                self._place.release()
            except OSError as lost:
                progress.say(f"the run is held until that expires: {lost}")
        if isinstance(error, KeyboardInterrupt):
            self._note(outcome="resume", reason="interrupted")
            raise SystemExit(CODES["resume"])
        elif isinstance(error, Exception):
            self._note(outcome="failed", reason=failure(error))

    @property
    def hours(self) -> float:
        """For how long it may still train, so that there is time to save before the end."""
        return (self.lease.seconds - END_S - (time.monotonic() - self._began_s)) / 3600

    @property
    def _held_s(self) -> float:
        return max(LEAST_HELD_S, HELD_SAVES * self.lease.save_every_s)

    def begin(self, run: "Run") -> None:
        """Hold the run, and bring its newest checkpoint here.

        Args:
            run: the run, before it is opened.

        Raises:
            UsageError: the lease goes on with another run.
            HeldError: another session holds it.
        """
        name = run.folder.name
        if self.lease.run and self.lease.run != name:
            raise UsageError(
                f"the lease goes on with {self.lease.run}, and here the run is {name}: code, settings or clips are "
                "not the same as where it began"
            )
        self._note(run=name, steps=int(run.settings["steps"]))
        if not self.lease.checkpoints:
            return
        from dawg_ai.training.travel import Place

        place = Place(self._url, run.plugin.name, name)
        place.hold(self.lease.name, self._held_s, self.lease.over)
        self._place = place
        self._note(step=place.fetch(run.folder))

    @property
    def _url(self) -> str:
        """Where checkpoints travel; a folder is meant from the lease's own."""
        url = self.lease.checkpoints
        return url if "://" in url else str(self._folder.resolve() / url)

    def saved(self, folder: Path, step: int) -> None:
        """Bring a new checkpoint away; where that fails, the training goes on, and the next one is tried.

        Args:
            folder: the run's folder.
            step: steps that are done.

        Raises:
            HeldError: another session has taken the run.
        """
        name = self._status.checkpoint
        if self._place:
            from dawg_ai.training.travel import HeldError

            try:
                self._place.renew(self.lease.name, self._held_s)
                name, self._behind = self._place.put(folder, step), ""
            except HeldError:
                raise
            except (OSError, DawgError) as error:
                self._behind = f"the checkpoint of step {step} is on this machine alone: {failure(error)}"
                progress.say(self._behind)
        self._note(step=step, checkpoint=name)

    def end(self, result: "Result") -> int:
        """Say how it ended.

        Args:
            result: of the training.

        Returns:
            The exit code.
        """
        for _ in range(TRIES):
            if self._behind:
                time.sleep(BETWEEN_S)
                self.saved(result.folder, result.step)
        if result.step >= result.steps:
            outcome, reason = ("failed", self._behind) if self._behind else ("finished", "")
        elif result.interrupted:
            outcome, reason = "resume", "told to stop"
        else:
            outcome, reason = ("budget" if self.lease.last else "resume"), "the time of the session is up"
        said = "; ".join(filter(None, (reason, self._behind if reason != self._behind else "")))
        self._note(outcome=outcome, reason=said, step=result.step)
        return CODES[self._status.outcome]

    def no_time(self) -> int:
        """Say that there is no time left to train in; returns the exit code."""
        self._note(outcome="budget" if self.lease.last else "resume", reason="no time is left in the session")
        return CODES[self._status.outcome]

    def _note(self, **changes: object) -> None:
        at = datetime.now(UTC).strftime(STAMP)
        self._status = Status(**{**asdict(self._status), **changes, "at": at})
        content = json.dumps(asdict(self._status), indent=2).encode() + b"\n"
        with atomic_write(self._folder / FILE) as draft:
            draft.write_bytes(content)
        if self._place and self.lease.travels:
            from dawg_ai.training import travel

            try:
                travel.say(self._url, self.lease.name, content)
            except OSError as error:
                progress.say(f"the status is on this machine alone: {error}")
