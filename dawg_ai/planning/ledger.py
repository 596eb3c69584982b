"""The ledger: what every session may cost, what it has cost so far, and what it did cost; and the hard budget.

SQLite, append-only (triggers refuse updates and deletes), money in whole micro-dollars. A session's lines are

    intent    before the platform is called: the whole worst case is reserved, in one transaction with the check that
              settled + all reservations + this one fit into the budget
    launched  the platform has named a machine
    accrued   what it has cost so far, by the platform's own price
    lost      its machine ended without being asked to
    stopping  before the platform is asked to end the machine
    settled   it is over, and no machine of it is listed any more: the reservation is released, the cost stays
    alarm     something that a person has to look at

So the money that is spoken for never exceeds the budget, whatever fails between two lines. After a restart,
`reconcile` compares what is open with what the platform lists, since exit codes and answers lie.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dawg_ai import places
from dawg_ai.errors import DawgError, UsageError

MICRO = 1_000_000
EVENTS = ("intent", "launched", "accrued", "lost", "stopping", "settled", "alarm")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS line (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, session TEXT NOT NULL, event TEXT NOT NULL, platform TEXT NOT NULL,
    work TEXT NOT NULL, machine TEXT NOT NULL, usd_micro INTEGER NOT NULL CHECK (usd_micro >= 0),
    seconds INTEGER NOT NULL CHECK (seconds >= 0), note TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS no_update BEFORE UPDATE ON line
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS no_delete BEFORE DELETE ON line
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""


class BudgetError(UsageError):
    """A session does not fit into what is left of the budget."""


@dataclass(frozen=True)
class Line:
    """One line of the ledger.

    Args:
        at: when, UTC.
        session: name of the session.
        event: see the module.
        platform: its platform.
        work: what it trains.
        machine: the platform's name of the machine; "" before it has one.
        usd_micro: dollars reserved (`intent`), so far (`accrued`) or in all (`settled`), in micro-dollars.
        seconds: of the lease (`intent`), so far, or in all.
        note: anything else.
    """

    at: datetime
    session: str
    event: str
    platform: str
    work: str
    machine: str
    usd_micro: int
    seconds: int
    note: str


@dataclass(frozen=True)
class State:
    """Where a session stands.

    Args:
        first: its `intent`.
        last: its last line.
        machine: the platform's name of its machine.
        reserved_micro: what is reserved for it; 0 once it is settled.
        cost_micro: what it has cost so far, or in all.
        seconds: how long it has run.
    """

    first: Line
    last: Line
    machine: str
    reserved_micro: int
    cost_micro: int
    seconds: int

    @property
    def open(self) -> bool:
        """Whether it may still cost something."""
        return self.last.event != "settled"


class Ledger:
    """A ledger's file, opened.

    Args:
        path: the file; by default the one of this user.
        now: the clock, for tests and simulations.
    """

    def __init__(self, path: Path | None = None, now: Callable[[], datetime] | None = None) -> None:
        self._path = path or places.planning() / "ledger.sqlite3"
        self._now = now or (lambda: datetime.now(UTC))
        if str(self._path) != ":memory:":
            self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._open = sqlite3.connect(self._path, isolation_level=None, timeout=30.0)
            self._open.executescript("PRAGMA synchronous=FULL;" + _SCHEMA)
        except sqlite3.DatabaseError as error:
            raise DawgError(
                f"{self._path} is no ledger ({error}); put it aside, and see what it still holds"
            ) from None
        self._lines: list[Line] = []
        self._last = 0
        self._states: dict[str, State] = {}

    def close(self) -> None:
        """Close the file."""
        self._open.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """A transaction that no other process can come into."""
        self._open.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._open.execute("ROLLBACK")
            raise
        self._open.execute("COMMIT")

    def lines(self) -> list[Line]:
        """All lines, in their order."""
        with closing(self._open.execute("SELECT * FROM line WHERE id > ? ORDER BY id", (self._last,))) as rows:
            for row in rows:
                line = Line(datetime.fromisoformat(row[1]), *row[2:])
                self._last = row[0]
                self._lines.append(line)
                self._states[line.session] = _after(self._states.get(line.session), line)
        return self._lines

    def sessions(self) -> dict[str, State]:
        """Where every session stands."""
        self.lines()
        return self._states

    def spoken_for_micro(self) -> int:
        """Settled, and for open sessions what is reserved or, should it be more, has accrued."""
        states = self.sessions().values()
        return sum(max(each.reserved_micro, each.cost_micro) if each.open else each.cost_micro for each in states)

    def reserve(
        self, session: str, platform: str, work: str, usd_micro: int, seconds: int, budget_micro: int | None
    ) -> None:
        """Write the intent to start a session, if its worst case fits into the budget.

        Args:
            session: its name; one that is open already is refused, so nothing starts twice.
            platform: where.
            work: what it trains; one machine at a time holds a work.
            usd_micro: the worst case: highest price x longest time, storage and teardown included.
            seconds: the longest time.
            budget_micro: the budget; None for no limit.

        Raises:
            BudgetError: it does not fit.
            UsageError: the session or its work is running already.
        """
        with self._alone():
            states = self.sessions()
            if session in states:
                word = "running" if states[session].open else "over"
                raise UsageError(f"session {session} is {word} already; see: dawg ledger")
            holds = next((name for name, each in states.items() if each.open and each.first.work == work), None)
            if holds:
                raise UsageError(f"{work} is held by session {holds}; one machine at a time trains it")
            spoken = self.spoken_for_micro()
            if budget_micro is not None and spoken + usd_micro > budget_micro:
                raise BudgetError(
                    f"session {session} may cost ${usd_micro / MICRO:.2f}, and of the budget of "
                    f"${budget_micro / MICRO:.2f} ${(budget_micro - spoken) / MICRO:.2f} are left; start a shorter "
                    "or cheaper one, or settle what is over"
                )
            self._write(session, "intent", platform, work, "", usd_micro, seconds, "")

    def write(
        self, session: str, event: str, machine: str = "", usd_micro: int = 0, seconds: int = 0, note: str = ""
    ) -> None:
        """Add a line to a session.

        Args:
            session: its name.
            event: any but `intent`.
            machine: the platform's name of the machine.
            usd_micro: what it has cost, in all.
            seconds: how long it has run, in all.
            note: anything else.

        Raises:
            UsageError: there is no such session, or it is settled.
        """
        assert event in EVENTS[1:], event
        with self._alone():
            state = self.sessions().get(session)
            if state is None or not state.open:
                raise UsageError(f"session {session} is {'settled' if state else 'unknown'}; see: dawg ledger")
            first = state.first
            self._write(session, event, first.platform, first.work, machine, usd_micro, seconds, note)

    def _write(
        self, session: str, event: str, platform: str, work: str, machine: str, usd: int, seconds: int, note: str
    ) -> None:
        values = (self._now().isoformat(), session, event, platform, work, machine, usd, seconds, note)
        self._open.execute(f"INSERT INTO line VALUES (NULL{', ?' * len(values)})", values)

    def reconcile(
        self,
        platform: str,
        listed: Mapping[str, str],
        destroy: Callable[[str], None],
        grace: timedelta = timedelta(0),
    ) -> list[str]:
        """Compare what is open with what a platform lists: believe the list, not what a call returned.

        A machine of an open session that has no machine yet is adopted (the call came through, the answer did not).
        A machine that belongs to no open session is destroyed. A session whose machine is gone is settled at what it
        has accrued, one that never had a machine at nothing.

        Args:
            platform: the platform.
            listed: its machines: name of the machine -> label, the session's name.
            destroy: asks the platform to destroy a machine.
            grace: after its intent a session stays open that has no machine yet, since lists may be late.

        Returns:
            What was done, in words.
        """
        done = []
        recent = self._now() - grace
        states = {name: each for name, each in self.sessions().items() if each.first.platform == platform}
        kept: set[str] = set()
        for machine, label in sorted(listed.items()):
            state = states.get(label)
            if state and state.open and state.machine in ("", machine) and label not in kept:
                kept.add(label)
                if not state.machine:
                    self.write(label, "launched", machine, state.cost_micro, state.seconds, "adopted")
                    done.append(f"{machine} is adopted by {label}")
            else:
                destroy(machine)
                done.append(f"{machine} ({label or 'no label'}) belongs to no session and is destroyed")
        for name, state in states.items():
            late = not state.machine and state.first.at > recent
            if state.open and name not in kept and not late:
                self.write(name, "settled", state.machine, state.cost_micro, state.seconds, "not listed any more")
                done.append(f"{name} is over: {platform} does not list its machine")
        return done

    def used_hours(self, platform: str, since: datetime) -> float:
        """Hours on a platform since a moment; what reached into it counts whole, open sessions with their lease."""
        states = [each for each in self.sessions().values() if each.first.platform == platform]
        recent = (each for each in states if each.first.at + timedelta(seconds=each.first.seconds) > since)
        return sum(max(each.first.seconds, each.seconds) if each.open else each.seconds for each in recent) / 3600

    def interval_hours(self, platform: str, prior_hours: float, prior_weight: float) -> float:
        """Mean time between interruptions: the posterior of a Gamma prior, after what the ledger has seen.

        Args:
            platform: the platform.
            prior_hours: what was believed before.
            prior_weight: how many interruptions weigh as much as that.
        """
        hours = self.used_hours(platform, datetime.min.replace(tzinfo=UTC))
        lost = sum(line.event == "lost" and line.platform == platform for line in self.lines())
        return (prior_hours * prior_weight + hours) / (prior_weight + lost)


def _after(before: State | None, line: Line) -> State:
    """Where a session stands after one more line."""
    if before is None:
        return State(line, line, line.machine, line.usd_micro, 0, 0)
    machine = line.machine or before.machine
    if line.event == "settled":
        return State(before.first, line, machine, 0, line.usd_micro, line.seconds)
    cost, seconds = max(before.cost_micro, line.usd_micro), max(before.seconds, line.seconds)
    return State(before.first, line, machine, before.reserved_micro, cost, seconds)
