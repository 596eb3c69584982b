"""Start, watch and end the sessions of one platform, with the ledger written first and the list believed.

A session starts only if settled + all reservations + its own worst case fit into the budget. Whatever fails between
two lines of the ledger, the next `look` finds by the platform's list: a machine whose answer was lost is adopted,
one that belongs to no session destroyed, and a session is settled when the list no longer shows its machine. Times
are of this computer's clock alone, from the intent on, so no machine's clock can make a session cheaper than it is.
"""

import math
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from dawg_ai import launch
from dawg_ai.errors import UsageError
from dawg_ai.launch import folders
from dawg_ai.launch.launcher import Launcher, LaunchError, Machine, RefusedError, Terms
from dawg_ai.launch.lease import END_S, Lease
from dawg_ai.launch.trainer import Status
from dawg_ai.planning.ledger import MICRO, Ledger, State

GRACE = timedelta(minutes=10)  # in which a machine may still appear in the list
LATE = timedelta(seconds=2 * END_S)  # after the end of a lease, in which a machine may still end itself
LOOKS, BETWEEN_S = 4, 2.0  # at the list after a call


class Control:
    """The sessions of one platform.

    Args:
        launcher: the platform.
        ledger: the ledger.
        now: the clock, for tests.
        pause: waits, for tests.
    """

    def __init__(
        self,
        launcher: Launcher,
        ledger: Ledger,
        now: Callable[[], datetime] | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._launcher, self._ledger = launcher, ledger
        self._now = now or (lambda: datetime.now(UTC))
        self._pause = pause
        self._prefix = folders.prefix()

    def open(self) -> dict[str, State]:
        """The sessions that may still cost something."""
        states = self._ledger.sessions().items()
        return {name: each for name, each in states if each.open and each.first.platform == self._launcher.name}

    def start(self, lease: Lease, budget_micro: int | None) -> list[str]:
        """Start a session.

        Args:
            lease: what it may do.
            budget_micro: the budget; None for no limit.

        Returns:
            What happened besides, in words.

        Raises:
            BudgetError: it does not fit into the budget.
            UsageError: the platform asks or leaves something else than was planned with.
            LaunchError: it did not start, or nobody knows.
        """
        said = self.look()
        refuse(lease, self._launcher.terms(lease))
        if lease.run and not (lease.travels or self._launcher.carries(lease)):
            raise UsageError(
                f"the run of {lease.plugin} here is unfinished, and its checkpoint cannot be sent to "
                f"{lease.platform}; say where it travels with --checkpoints URL, or begin there with --anew"
            )
        worst = math.ceil(lease.worst_usd * MICRO - 1e-6)
        self._ledger.reserve(lease.name, self._launcher.name, lease.plugin, worst, lease.seconds, budget_micro)
        try:
            folders.write(lease.name, launch.files(lease))
            if lease.run:
                folders.send(lease)
        except BaseException:
            self._ledger.write(lease.name, "settled", note="nothing was called")
            raise
        failed: LaunchError | None = None
        try:
            self._launcher.create(lease, folders.session(lease.name))
        except LaunchError as error:
            failed = error
        machine = self._appears(lease.title)
        if machine:
            self._ledger.write(lease.name, "launched", machine.name, note=f"though: {failed}" if failed else "")
            return [*said, *self.look()]
        if isinstance(failed, RefusedError):
            self._ledger.write(lease.name, "settled", note=f"refused: {failed}")
            raise failed
        why = failed or "the call succeeded"
        raise LaunchError(
            f"{self._launcher.name} does not list session {lease.name} ({why}); its ${worst / MICRO:.2f} stay "
            "reserved, and nothing else trains it, until that is clear; in a few minutes: dawg status"
        )

    def _appears(self, label: str) -> Machine | None:
        """The machine of that label, once the list shows it; None where it does not, or cannot be read."""
        for attempt in range(LOOKS):
            try:
                for each in self._launcher.listing(self._prefix):
                    if each.label == label:
                        return each
            except LaunchError:
                pass
            if attempt < LOOKS - 1:
                self._pause(BETWEEN_S)
        return None

    def look(self) -> list[str]:
        """Read the list, and do what it takes: accrue, bring output home, end what is over, adopt, settle.

        Returns:
            What happened, in words.

        Raises:
            LaunchError: the list could not be read; nothing is concluded then.
        """
        machines = self._launcher.listing(self._prefix)
        said: list[str] = []
        destroyed = False
        for machine in machines:
            name = machine.label.removeprefix(self._prefix)
            if name in self.open():
                said += self._adopt(name, machine)
                if machine.name == self.open()[name].machine:
                    lines, ended = self._see(name, machine)
                    said, destroyed = said + lines, destroyed or ended
        if destroyed:
            machines = self._launcher.listing(self._prefix)
        billed = {each.name: each.label.removeprefix(self._prefix) for each in machines if each.state != "over"}
        for name, state in self.open().items():
            if state.machine and state.machine not in billed:
                said += self._gone(name, state)

        def destroy(machine: str) -> None:
            said.extend(self._end(billed[machine], machine))

        return said + self._ledger.reconcile(self._launcher.name, billed, destroy, GRACE)

    def stop(self, name: str) -> list[str]:
        """End a session; a training gets to save where the platform lets it.

        Args:
            name: of the session.

        Returns:
            What happened, in words.
        """
        said = self.look()
        state = self.open().get(name)
        if state is None:
            return said
        if not state.machine:
            return [*said, f"{name} has no machine yet; if none appears within {GRACE}, dawg status settles it"]
        said += self._end(name, state.machine)
        return said + self.look()

    def _adopt(self, name: str, machine: Machine) -> list[str]:
        if self.open()[name].machine:
            return []
        self._ledger.write(name, "launched", machine.name, note="adopted")
        return [f"{machine.name} is adopted by {name}"]

    def _see(self, name: str, machine: Machine) -> tuple[list[str], bool]:
        """What a listed machine of an open session needs; whether it was told to end."""
        state, said = self.open()[name], list(self._home(name, machine))
        if machine.state == "over":
            return said, False
        status = Status.read(folders.session(name))
        most = state.first.usd_micro / max(1, state.first.seconds) * 3600 / MICRO
        price = most if machine.usd_per_hour is None else machine.usd_per_hour
        elapsed = self._now() - state.first.at
        self._accrue(name, elapsed, price)
        why = ""
        if machine.state == "lost":
            self._ledger.write(name, "lost", machine.name)
            why = "was interrupted"
        elif status and status.outcome != "running":
            why = f"has ended: {status.outcome} {status.reason}".rstrip()
        elif elapsed > timedelta(seconds=state.first.seconds) + LATE:
            why = "is past the end of its lease and did not end itself"
            self._ledger.write(name, "alarm", machine.name, note=why)
        elif price > most + 1e-6 and state.first.usd_micro:
            why = f"costs ${price:.4f} an hour, more than the ${most:.4f} that are reserved"
        if why:
            return [*said, f"{name} {why}", *self._end(name, machine.name)], True
        return said, False

    def _home(self, name: str, machine: Machine) -> Iterator[str]:
        """Bring its output here."""
        try:
            self._launcher.output(machine, folders.session(name))
        except LaunchError as error:
            yield f"{name}: no output yet: {error}"
        yield from (f"{name}: {line}" for line in folders.take_home(name))

    def _accrue(self, name: str, elapsed: timedelta, usd_per_hour: float) -> None:
        seconds = max(0, round(elapsed.total_seconds()))
        self._ledger.write(
            name, "accrued", usd_micro=math.ceil(seconds / 3600 * usd_per_hour * MICRO - 1e-6), seconds=seconds
        )

    def _gone(self, name: str, state: State) -> list[str]:
        """Account for a machine that the list does not show any more, up to now or the end of its lease."""
        said = [f"{name}: {line}" for line in folders.take_home(name)]
        status = Status.read(folders.session(name))
        ended = status is not None and status.outcome != "running"
        until = min(self._now(), state.first.at + timedelta(seconds=state.first.seconds))
        if status and ended and not state.first.usd_micro:
            until = min(until, datetime.fromisoformat(status.at))
        most = state.first.usd_micro / max(1, state.first.seconds) * 3600 / MICRO
        if state.last.event != "lost":
            self._accrue(name, until - state.first.at, most)
        if not ended and state.last.event not in ("lost", "stopping"):
            self._ledger.write(name, "lost", state.machine, note="its machine is gone, and it did not say why")
            return [*said, f"{name} was interrupted"]
        if status:
            said.append(f"{name}: {status.outcome}{f', {status.reason}' if status.reason else ''}")
        return said

    def _end(self, name: str, machine: str) -> list[str]:
        """Ask for the end of a machine, and look whether it is gone."""
        state = self.open().get(name)
        known = state is not None and state.machine == machine
        if known:
            self._ledger.write(name, "stopping", machine)
        answer = ""
        try:
            self._launcher.destroy(machine)
        except LaunchError as error:
            answer = f" ({error})"
        for attempt in range(LOOKS):
            try:
                there = {each.name for each in self._launcher.listing(self._prefix) if each.state != "over"}
                if machine not in there:
                    return []
            except LaunchError as error:
                answer = f" ({error})"
            if attempt < LOOKS - 1:
                self._pause(BETWEEN_S)
        alarm = f"{machine} was told to end and is still listed by {self._launcher.name}{answer}: it is still billed"
        if known:
            self._ledger.write(name, "alarm", machine, note=alarm)
        return [f"ALARM: {alarm}"]


def refuse(lease: Lease, terms: Terms) -> None:
    """Refuse what the platform's terms of this moment do not allow.

    Args:
        lease: what was planned.
        terms: what the platform says now.

    Raises:
        UsageError: its price is higher, or its quota or balance less, than the session may need.
    """
    if terms.usd_per_hour is not None and terms.usd_per_hour > lease.max_usd_per_hour + 1e-9:
        raise UsageError(
            f"{lease.platform} asks ${terms.usd_per_hour:.4f} an hour now, and ${lease.max_usd_per_hour:.4f} were "
            "planned; allow more with --max-price, or plan again"
        )
    if terms.hours is not None and terms.hours < lease.hours:
        raise UsageError(
            f"{lease.platform} leaves {max(0.0, terms.hours):.2f} h of its quota, and the session may take "
            f"{lease.hours:.2f} h; make it shorter with --hours, or wait for the quota"
        )
    if terms.balance_usd is not None and terms.balance_usd < lease.worst_usd:
        raise UsageError(
            f"the balance at {lease.platform} is ${terms.balance_usd:.2f}, and the session may cost "
            f"${lease.worst_usd:.2f}; at $0 machines are ended and what they hold is lost; pay in first"
        )
