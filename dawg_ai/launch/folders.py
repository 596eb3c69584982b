"""Where sessions are kept here, what they are called on platforms, and what of their output is taken home."""

import secrets
from collections.abc import Mapping
from pathlib import Path

from dawg_ai import places
from dawg_ai.errors import UsageError
from dawg_ai.files import atomic_write
from dawg_ai.launch.lease import FILE, Lease
from dawg_ai.launch.trainer import FILE as STATUS

CHECKPOINTS = "checkpoints"  # in a session's folder: what travels with it


def sessions() -> Path:
    """The folder of all sessions' folders."""
    return places.planning() / "sessions"


def session(name: str) -> Path:
    """The folder of one."""
    return sessions() / name


def write(name: str, files: Mapping[str, str]) -> None:
    """Write a session's files into its folder."""
    for each, content in files.items():
        with atomic_write(session(name) / each) as draft:
            draft.write_bytes(content.encode())


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
    """Bring what a session has said and saved to the runs here: from its folder, or from where it travels.

    Args:
        name: of the session.

    Returns:
        A line for each run that went on, or why that is not known.
    """
    from dawg_ai.training import travel

    try:
        made = lease(name)
    except UsageError:  # it never came to that
        return []
    there = made.checkpoints if made.travels else str(session(name) / CHECKPOINTS)
    said = []
    try:
        if made.travels:
            content = travel.status(there, name)
            if content:
                with atomic_write(session(name) / STATUS) as draft:
                    draft.write_bytes(content)
        for plugin, run in travel.arrived(there):
            folder = places.runs() / plugin / run
            before = travel.steps_done(folder)
            after = travel.Place(there, plugin, run).fetch(folder) if plugin == made.plugin else before
            if after > before:
                said.append(f"{plugin} is at step {after} here")
    except OSError as error:
        said.append(f"{there} cannot be read: {error}")
    return said


def send(lease: Lease) -> None:
    """Put the newest checkpoint of a lease's run into the session's folder, or where it travels."""
    from dawg_ai.training import travel

    folder = places.runs() / lease.plugin / lease.run
    there = lease.checkpoints if lease.travels else str(session(lease.name) / CHECKPOINTS)
    place, done = travel.Place(there, lease.plugin, lease.run), travel.steps_done(folder)
    if done > max(place.steps(), default=0):
        place.put(folder, done)
