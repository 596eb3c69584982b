"""Checkpoints: the newest and the one before, each with its digest; neither a crash nor a bad disk costs a run."""

import errno
import io
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from dawg_ai import files, progress
from dawg_ai.errors import DawgError

NEWEST, PREVIOUS, DAMAGED = "checkpoint.pt", "previous.pt", "damaged.pt"


def save(folder: Path, state: Mapping[str, Any]) -> None:
    """Write `state`: its SHA-256 on the first line, then what `torch.save` makes of it.

    Raises:
        DawgError: the disk is full or fails; the last checkpoint is still there.
    """
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    payload = buffer.getbuffer()
    try:
        with files.whole(folder / NEWEST) as draft:
            with draft.open("wb") as file:
                file.write(f"{sha256(payload).hexdigest()}\n".encode())
                file.write(payload)
                file.flush()
                os.fsync(file.fileno())
            # Only now, with the next one whole on disk, may the last one step back.
            if (folder / NEWEST).exists():
                (folder / NEWEST).replace(folder / PREVIOUS)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = f"the disk is full ({len(payload) / 1e6:.2f} MB needed)" if full else str(error)
        raise DawgError(
            f"step {state['step']} could not be saved in {folder}: {reason}; the checkpoint before it is kept: "
            "make room and run the same command again"
        ) from error


def load(folder: Path) -> dict[str, Any] | None:
    """The newest whole checkpoint, or None where training has not begun. Says so when the newest is damaged.

    Raises:
        DawgError: there are checkpoints and all of them are damaged.
    """
    for leftover in folder.glob(f".{Path(NEWEST).stem}-*"):  # of a save that was killed
        leftover.unlink(missing_ok=True)
    newest, previous = folder / NEWEST, folder / PREVIOUS
    if newest.exists():
        state = _read(newest)
        if state is not None:
            return state
        # Out of the way, or the next save would make it the one to fall back to.
        newest.replace(folder / DAMAGED)
        progress.say(f"{newest} is damaged; going on from the checkpoint before it")
    state = _read(previous) if previous.exists() else None
    if state is None and (folder / DAMAGED).exists():
        raise DawgError(f"no checkpoint in {folder} is whole; remove the folder to train from the start")
    return state


def _read(path: Path) -> dict[str, Any] | None:
    """The state in a file, or None where it is damaged."""
    digest, _, payload = path.read_bytes().partition(b"\n")
    if sha256(payload).hexdigest().encode() != digest:
        return None
    state: dict[str, Any] = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
    return state
