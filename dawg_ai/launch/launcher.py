"""What a platform has to do for `dawg launch`: create a machine, list machines, bring its output home, destroy it.

Answers and exit codes are hints. What there is, is what `listing` shows: a machine whose creation failed may be
there, and one that was destroyed is gone only when the list no longer has it.
"""

import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dawg_ai.errors import DawgError, UsageError
from dawg_ai.launch.lease import Lease

State = Literal["running", "lost", "over"]
CALL_S = 120.0  # for a call of a client


class LaunchError(DawgError):
    """A call failed, or its answer did not come: what it did is unknown until the list is read."""


class RefusedError(LaunchError):
    """The platform refused a call, such as for its quota; nothing was started."""


@dataclass(frozen=True)
class Machine:
    """A machine as the platform lists it.

    Args:
        name: the platform's name of it.
        label: what it was told to call it.
        state: running (starting included); lost: it stopped, and what is left of it is still billed; over: it ended,
            nothing is billed, and only its output is left.
        usd_per_hour: what it costs there; None where the list does not say.
        address: what `ssh` takes for it; empty where it has none, or none yet.
    """

    name: str
    label: str
    state: State = "running"
    usd_per_hour: float | None = None
    address: tuple[str, ...] = ()


@dataclass(frozen=True)
class Terms:
    """What a platform asks and leaves right now; None where it does not say.

    Args:
        usd_per_hour: price of such a machine.
        hours: hours of quota that are left.
        balance_usd: prepaid dollars that are left.
    """

    usd_per_hour: float | None = None
    hours: float | None = None
    balance_usd: float | None = None


class Launcher(ABC):
    """A platform, or a host of one.

    Args:
        name: the platform, as the ledger calls it.
    """

    ends_itself = True  # whether a machine ends at the end of its lease though nobody watches

    def __init__(self, name: str) -> None:
        self.name = name

    def terms(self, lease: Lease) -> Terms:
        """What the platform asks and leaves right now for such a session.

        Raises:
            LaunchError: it does not answer.
        """
        return Terms()

    def carries(self, lease: Lease) -> bool:
        """Whether the session's folder goes there, so that the checkpoint of a run that has begun is there too."""
        return False

    @abstractmethod
    def create(self, lease: Lease, folder: Path) -> None:
        """Ask for a machine that is called `lease.title` and runs the session.

        Args:
            lease: the lease.
            folder: the session's folder here, with its files.

        Raises:
            RefusedError: the platform said no.
            LaunchError: anything else; the machine may be there.
        """

    @abstractmethod
    def listing(self, prefix: str) -> list[Machine]:
        """The machines whose label begins with `prefix`; no others, which are somebody else's.

        Raises:
            LaunchError: the list could not be read; nothing is known then.
        """

    @abstractmethod
    def output(self, machine: Machine, folder: Path) -> None:
        """Bring `status.json`, logs and checkpoints of a machine into the session's folder, as far as there are any.

        Raises:
            LaunchError: they could not be had.
        """

    @abstractmethod
    def destroy(self, name: str) -> None:
        """Ask for the end of a machine; a training gets to save where the platform lets it.

        Raises:
            LaunchError: the platform did not say that it is done, which is no proof of anything.
        """


def called(words: Sequence[str], *, shown: str = "", given: bytes = b"", wait_s: float = CALL_S) -> bytes:
    """What a client prints; keys stay in its own files and environment.

    Args:
        words: the command.
        shown: it in messages; by default its first words.
        given: its input.
        wait_s: seconds after which there is no answer.

    Raises:
        UsageError: the client is not installed.
        LaunchError: it failed or did not answer.
    """
    return done(words, shown=shown, given=given, wait_s=wait_s).stdout


def done(
    words: Sequence[str], *, shown: str = "", given: bytes = b"", wait_s: float = CALL_S
) -> "subprocess.CompletedProcess[bytes]":
    """The same with what it has said on stderr, for a client that says its errors there and exits with 0."""
    program = shutil.which(words[0])
    if program is None:
        beside = Path(sys.executable).with_name(words[0])
        if not beside.is_file():
            raise UsageError(f"{words[0]} is not installed; pip install 'dawg-ai[cloud]' brings it")
        program = str(beside)
    shown = shown or " ".join(words[:3])
    try:
        ended = subprocess.run([program, *words[1:]], input=given, capture_output=True, timeout=wait_s, check=False)
    except subprocess.TimeoutExpired:
        raise LaunchError(f"{shown} did not answer within {wait_s:.0f} s") from None
    if ended.returncode:
        said = [*filter(None, (ended.stderr or ended.stdout).decode(errors="replace").splitlines())]
        told = said[-1:] if said[:1] == ["Traceback (most recent call last):"] else said[:3]
        raise LaunchError(f"{shown}: {'; '.join(told) or f'exit code {ended.returncode}'}")
    return ended
