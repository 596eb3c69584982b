"""Where sessions are kept here, what they are called on platforms, and what of their output is taken home."""

import secrets
from pathlib import Path

from dawg_ai import places
from dawg_ai.files import atomic_write
from dawg_ai.launch.lease import FILE, Lease

CHECKPOINTS = "checkpoints"  # in a session's folder: what travels with it


def sessions() -> Path:
    """The folder of all sessions' folders."""
    return places.planning() / "sessions"


def session(name: str) -> Path:
    """The folder of one."""
    return sessions() / name


def lease(name: str) -> Lease:
    """The lease of a session that was launched from here."""
    return Lease.read(session(name) / FILE)


def prefix() -> str:
    """What the labels of all machines begin with that were launched from here.

    It tells them from those of another computer with the same account, which has a ledger of its own.
    """
    path = places.planning() / "launcher.txt"
    if not path.is_file():
        with atomic_write(path) as draft:
            draft.write_text(f"dawg-{secrets.token_hex(3)}-\n", "utf-8")
    return path.read_text("utf-8").strip()


def take_home(name: str) -> list[str]:
    """Bring the checkpoints in a session's folder into the runs here, as far as they are further.

    Args:
        name: of the session.

    Returns:
        A line for each run that went on.
    """
    from dawg_ai.training import travel

    there = session(name) / CHECKPOINTS
    said = []
    for plugin, run in travel.arrived(str(there)):
        folder = places.runs() / plugin / run
        before = travel.steps_done(folder)
        after = travel.Place(str(there), plugin, run).fetch(folder)
        if after > before:
            said.append(f"{plugin} is at step {after} here")
    return said


def send(lease: Lease) -> None:
    """Put the newest checkpoint of the run that a lease goes on with into the session's folder."""
    from dawg_ai.training import travel

    folder = places.runs() / lease.plugin / lease.run
    travel.Place(str(session(lease.name) / CHECKPOINTS), lease.plugin, lease.run).put(
        folder, travel.steps_done(folder)
    )
