"""A computer of one's own that is reached by SSH: `--on ssh:HOST`, with HOST as in `ssh HOST`.

It needs Linux, and `dawg` on the path of its shell, or `--package` to have it installed there.
"""

from pathlib import Path

from dawg_ai.errors import UsageError
from dawg_ai.launch import ssh_machine
from dawg_ai.launch.launcher import Launcher, Machine
from dawg_ai.launch.lease import Lease, script

VENV = "$HOME/dawg-ai/venv"


def files(lease: Lease) -> dict[str, str]:
    """The script; runs stay with the session, since they travel home from there."""
    install = [f'[ -d "{VENV}" ] || python3 -m venv "{VENV}"', f'export PATH="{VENV}/bin:$PATH"', lease.install()]
    return {"run.sh": script(lease, "$HOME/dawg-ai/home", install if lease.package else [])}


def launcher(host: str = "") -> Launcher:
    """The launcher of a host.

    Raises:
        UsageError: there is none.
    """
    if not host or host.startswith("-"):
        raise UsageError("name the computer, such as: --on ssh:gpu-box, or ssh:me@10.0.0.7")
    return Ssh(host)


class Ssh(Launcher):
    """Sessions of a host.

    Args:
        host: as `ssh` takes it.
    """

    def __init__(self, host: str) -> None:
        super().__init__(f"ssh:{host}")
        self._address = [host]

    def carries(self, lease: Lease) -> bool:
        """It does."""
        return True

    def create(self, lease: Lease, folder: Path) -> None:
        """Bring the folder there and start its script."""
        ssh_machine.begin(self._address, lease.title, folder)

    def listing(self, prefix: str) -> list[Machine]:
        """The folders there, and whether the lock of each is held."""
        found = ssh_machine.listed(self._address, prefix)
        return [Machine(name, name, "running" if runs else "over") for name, runs in found.items()]

    def output(self, machine: Machine, folder: Path) -> None:
        """Its files, packed."""
        ssh_machine.bring(self._address, machine.name, folder)

    def destroy(self, name: str) -> None:
        """SIGTERM, and after a minute SIGKILL."""
        ssh_machine.end(self._address, name)
