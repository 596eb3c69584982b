"""Checkpoints: the newest and the previous one, each with its digest, so that no crash or bad disk costs a run."""

import errno
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from dawg_ai import files, progress
from dawg_ai.errors import DawgError
from dawg_ai.training.seal import DAMAGED, NEWEST, PREVIOUS, opened, sealed


def save(folder: Path, state: Mapping[str, Any]) -> None:
    """Write a checkpoint atomically: a line with the SHA-256 of the rest, then the output of `torch.save`.

    Args:
        folder: the run's folder.
        state: all state of the run, with its `step`.

    Raises:
        DawgError: the disk is full or fails; the previous checkpoint is kept.
    """
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    payload = buffer.getbuffer()
    try:
        with files.atomic_write(folder / NEWEST) as draft:
            with draft.open("wb") as file:
                file.write(sealed(payload))
                file.write(payload)
                file.flush()
                os.fsync(file.fileno())
            # The new checkpoint is complete on disk; only now replace the previous one.
            if (folder / NEWEST).exists():
                (folder / NEWEST).replace(folder / PREVIOUS)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = f"the disk is full ({len(payload) / 1e6:.2f} MB needed)" if full else str(error)
        raise DawgError(
            f"step {state['step']} could not be saved in {folder}: {reason}; the checkpoint before it is kept: "
            "free some disk space and run the same command again"
        ) from error


def load(folder: Path) -> dict[str, Any] | None:
    """Load the newest undamaged checkpoint; print a message if that is not the newest.

    Args:
        folder: the run's folder.

    Returns:
        The state, or None if training has not begun.

    Raises:
        DawgError: all checkpoints are damaged.
    """
    for leftover in folder.glob(f".{Path(NEWEST).stem}-*"):  # of a save that was killed
        leftover.unlink(missing_ok=True)
    newest, previous = folder / NEWEST, folder / PREVIOUS
    if newest.exists():
        state = _read(newest)
        if state is not None:
            return state
        # Renamed, or the next save would make it the previous checkpoint.
        newest.replace(folder / DAMAGED)
        progress.say(f"{newest} is damaged; resuming from the checkpoint before it")
    state = _read(previous) if previous.exists() else None
    if state is None and (previous.exists() or (folder / DAMAGED).exists()):
        raise DawgError(f"all checkpoints in {folder} are damaged; remove the folder to train from the start")
    return state


def _read(path: Path) -> dict[str, Any] | None:
    """The state in a file, or None where it is damaged."""
    payload = opened(path.read_bytes())
    if payload is None:
        return None
    state: dict[str, Any] = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
    return state
