"""This computer: the session's script in the background. A lock that its processes hold says that it runs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dawg_ai
from dawg_ai.errors import UsageError
from dawg_ai.launch import folders
from dawg_ai.launch.launcher import Launcher, LaunchError, Machine
from dawg_ai.launch.lease import END_S, Lease, script

if sys.platform != "win32":
    import fcntl

HELD, PID, LOG = "held", "pid", "log.txt"
LOOK_S = 0.1
# The shell's number is written before anything runs, whoever called it being gone or not.
BEGIN = f"echo $$ > {PID}; bash run.sh > {LOG} 2>&1 < /dev/null &"


def files(lease: Lease) -> dict[str, str]:
    """The script, by the Python that runs here."""
    return {"run.sh": script(lease, program=f"{sys.executable} -m dawg_ai")}


def launcher(host: str = "") -> Launcher:
    """The launcher of this computer.

    Raises:
        UsageError: it runs Windows.
    """
    if sys.platform == "win32":
        raise UsageError("sessions in the background need Linux or macOS; here, run: dawg train")
    return Local("local")


class Local(Launcher):
    """Sessions of this computer, in their folders."""

    def carries(self, lease: Lease) -> bool:
        """It does."""
        return True

    def create(self, lease: Lease, folder: Path) -> None:
        """Start the script, which goes on without us."""
        # The same package as here, wherever it was called from.
        path = os.pathsep.join([str(Path(dawg_ai.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        with (folder / HELD).open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            subprocess.run(
                ["bash", "-c", BEGIN],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": path.rstrip(os.pathsep)},
                pass_fds=[held.fileno()],
                start_new_session=True,
                check=True,
            )

    def listing(self, prefix: str) -> list[Machine]:
        """Those whose lock is held, and those whose lock no process holds any more."""
        found = [path.parent for path in folders.sessions().glob(f"*/{HELD}")]
        return [
            Machine(each.name, f"{prefix}{each.name}", "running" if _runs(each) else "over") for each in sorted(found)
        ]

    def output(self, machine: Machine, folder: Path) -> None:
        """It is there already."""

    def destroy(self, name: str) -> None:
        """SIGTERM, which lets it save, and SIGKILL to what is left after a minute."""
        folder = folders.sessions() / name
        for number, wait_s in ((signal.SIGTERM, END_S), (signal.SIGKILL, 10.0)):
            if not _runs(folder):
                return
            _signal(folder, number)
            until_s = time.monotonic() + wait_s
            while _runs(folder) and time.monotonic() < until_s:
                time.sleep(LOOK_S)
        if _runs(folder):
            raise LaunchError(f"session {name} does not end; look for the processes of {folder / PID}")


def _runs(folder: Path) -> bool:
    """Whether a process of the session holds its lock."""
    with (folder / HELD).open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _signal(folder: Path, number: int) -> None:
    """To the session's script, which passes it on; SIGKILL to all that have its session."""
    leader = int((folder / PID).read_text())
    try:
        if number == signal.SIGTERM:
            os.killpg(leader, number)
            return
        for process in _members(leader):
            os.kill(process, number)
    except ProcessLookupError:
        pass


def _members(leader: int) -> list[int]:
    """The processes whose session began with `leader`."""
    said = subprocess.run(["ps", "-A", "-o", "pid=,sess="], capture_output=True, text=True, check=True).stdout
    pairs = (line.split() for line in said.splitlines())
    return [int(pid) for pid, session in pairs if session == str(leader)]
