"""A machine that is reached by SSH: bring a session there and its output home, and end it.

Everything goes through one `ssh` a call, with keys and hosts as in the user's own configuration of it.
"""

import io
import shlex
import tarfile
from collections.abc import Sequence
from pathlib import Path

from dawg_ai.launch.launcher import LaunchError, Machine, called
from dawg_ai.launch.lease import END_S

ROOT = "dawg-ai/sessions"  # from the home of the user there
LEFT_OUT = ("held.json", "held", "pid")
OPTIONS = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=20")


def run(address: Sequence[str], command: str, given: bytes = b"") -> bytes:
    """What a command prints there.

    Args:
        address: the words that `ssh` takes for it, such as ["-p", "2222", "root@host"].
        command: of bash.
        given: its input.

    Raises:
        LaunchError: the machine did not answer, or the command failed.
    """
    words = ["ssh", *OPTIONS, *address, f"bash -c {shlex.quote(command)}"]
    return called(words, shown=f"ssh {address[-1]}", given=given, wait_s=END_S + 60)


def begin(address: Sequence[str], name: str, folder: Path) -> None:
    """Bring a session's folder there and start its script, which goes on without us.

    Args:
        address: the machine.
        name: of the folder there.
        folder: here.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(folder, ".")
    there = shlex.quote(f"{ROOT}/{name}")
    command = (
        f"mkdir -p {there} && cd {there} && tar -xf - && touch held && "
        "{ setsid flock -n held bash run.sh > log.txt 2>&1 < /dev/null & echo $! > pid; }"
    )
    run(address, command, packed.getvalue())


def listed(address: Sequence[str], prefix: str) -> dict[str, bool]:
    """The sessions there whose name begins with `prefix`: name -> whether it runs."""
    command = (
        f'cd {ROOT} 2>/dev/null || exit 0; for each in {shlex.quote(prefix)}*; do [ -e "$each/held" ] || continue; '
        'flock -n "$each/held" true && echo "over $each" || echo "runs $each"; done'
    )
    pairs = (line.split(maxsplit=1) for line in run(address, command).decode().splitlines())
    return {name: word == "runs" for word, name in pairs}


def bring(address: Sequence[str], name: str, folder: Path) -> None:
    """Bring a session's status, log and checkpoints into a folder here.

    Args:
        address: the machine.
        name: of the folder there.
        folder: here.
    """
    command = (
        f"cd {shlex.quote(f'{ROOT}/{name}')} && "
        "tar -cf - $(ls -d status.json log.txt checkpoints 2>/dev/null || true)"
    )
    content = run(address, command)
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            kept = [each for each in tar.getmembers() if Path(each.name).name not in LEFT_OUT]
            tar.extractall(folder, kept, filter="data")
    except tarfile.TarError as error:
        raise LaunchError(f"the output of {name} did not arrive whole: {error}") from None


def rented(user: str, host: str, port: int = 22) -> tuple[str, ...]:
    """The address of a machine that nobody has met before, so that its key is taken as it is the first time."""
    return ("-o", "StrictHostKeyChecking=accept-new", "-p", str(port), f"{user}@{host}")


def bring_rented(machine: Machine, folder: Path) -> None:
    """Bring the output of a rented machine here, if it can be reached yet."""
    if not machine.address:
        raise LaunchError(f"{machine.name} has no address yet")
    bring(machine.address, machine.label, folder)


def end(address: Sequence[str], name: str) -> None:
    """End a session: SIGTERM, which lets it save, and SIGKILL to what is left after a minute."""
    command = (
        f"cd {shlex.quote(f'{ROOT}/{name}')} && "
        "all() { ps -A -o pid=,sess= | awk -v s=$(cat pid) '$2 == s {print $1}'; }; "
        f"kill -TERM -- -$(cat pid) 2>/dev/null; flock -w {END_S:.0f} held true && exit 0; "
        "kill -KILL $(all) 2>/dev/null; flock -w 10 held true"
    )
    run(address, command)
