"""The store of features: one file per clip, computed once, on all cores.

    features/<plugin>/<key>/<clip and file>.npz        the arrays, uncompressed
    features/<plugin>/<key>/<clip and file>.rejected   the reason, for a file without usable sound

The key is a digest of the code that computes the features; a clip's digest covers its id and its file's size and
time. So nothing is computed twice, whatever changed is computed anew, and a build killed at any moment goes on where
it was: each file is written whole or not at all. All of it is safe to delete.
"""

import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai import audio, files, places, progress
from dawg_ai.data.clip import Clip
from dawg_ai.errors import DawgError
from dawg_ai.features import fingerprint
from dawg_ai.features.frames import FrameFeatures
from dawg_ai.plugin import Plugin, load

# A process costs about as much to start as it saves on so few clips.
FEW = 2


@dataclass(frozen=True)
class Store(Mapping[str, dict[str, NDArray[Any]]]):
    """Clip id -> {name: array}, read from disk when asked for. `rejected` says of the other clips why not."""

    key: str
    paths: Mapping[str, Path]
    rejected: Mapping[str, str]
    computed: int  # how many clips this build had to look at; the others were there

    def __getitem__(self, clip_id: str) -> dict[str, NDArray[Any]]:
        with np.load(self.paths[clip_id]) as arrays:
            return {name: arrays[name] for name in arrays.files}

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def __len__(self) -> int:
        return len(self.paths)


def trainable(clips: Sequence[Clip]) -> tuple[list[Clip], dict[str, str]]:
    """The clips whose licence lets anyone learn from them, and of each other clip's id why not."""
    kept, refused = [], {}
    for clip in clips:
        if clip.licence.allows_training:
            kept.append(clip)
        else:
            refused[clip.id] = f"its licence ({clip.licence.spdx}) does not allow training"
    return kept, refused


def key(features: FrameFeatures) -> str:
    """Digest of all that decides what `features` computes from a file."""
    code = fingerprint.code(features.prepare, features.frame, FrameFeatures, audio.read, audio.stereo)
    return fingerprint.digest(features.frame_s, features.outputs, code)


def build(plugin: Plugin, clips: Sequence[Clip], *, workers: int | None = None) -> Store:
    """Compute what is missing of the clips' features; surround is folded to stereo first.

    `workers` processes share the work, by default one per core. A file without usable sound is left out with its
    reason and not looked at again until it changes.
    """
    folder = places.features() / plugin.name / key(plugin.features)
    targets = {clip.id: folder / _name(clip) for clip in clips}
    missing = [clip for clip in clips if not _done(targets[clip.id])]
    _compute(plugin.name, [(clip.path, targets[clip.id]) for clip in missing], workers or os.cpu_count() or 1)
    rejected = {i: _reason(path).read_text("utf-8") for i, path in targets.items() if not path.exists()}
    paths = {i: path for i, path in targets.items() if i not in rejected}
    return Store(folder.name, paths, rejected, len(missing))


def _name(clip: Clip) -> str:
    try:
        stat = clip.path.stat()
    except OSError:  # it is missing, say; reading it will tell
        return f"{fingerprint.digest(clip.id)}.npz"
    return f"{fingerprint.digest(clip.id, stat.st_size, stat.st_mtime_ns)}.npz"


def _reason(target: Path) -> Path:
    return target.with_suffix(".rejected")


def _done(target: Path) -> bool:
    return target.exists() or _reason(target).exists()


def _compute(plugin_name: str, work: list[tuple[Path, Path]], workers: int) -> None:
    """Compute in this process when there is little to do, else in `workers` others; show progress."""
    if not work:
        return
    with progress.bar("features", "clip", len(work)) as bar:
        if workers == 1 or len(work) <= FEW:
            for source, target in work:
                _one(plugin_name, source, target)
                bar.update()
            return
        # Forked copies of a process with threads (PyTorch has some) can lock up; spawned ones start clean.
        context = get_context("spawn")
        pool = ProcessPoolExecutor(min(workers, len(work)), context, initializer=_prepare_worker)
        try:
            longest_first = sorted(work, key=lambda item: -_size(item[0]))
            for future in as_completed([pool.submit(_one, plugin_name, *item) for item in longest_first]):
                _finish(future)
                bar.update()
        finally:
            pool.shutdown(cancel_futures=True)


def _finish(future: Future[None]) -> None:
    try:
        future.result()
    except BrokenProcessPool:
        raise DawgError(
            "a process that computed features was killed, most likely because memory ran out; what is done is kept, "
            "so run the same command again, with --workers 1 if it happens again"
        ) from None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _prepare_worker() -> None:
    """Ctrl-C is for the parent, which ends the workers; and none may outlive it, even if it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def leave_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=leave_with_parent, daemon=True).start()


def _one(plugin_name: str, source: Path, target: Path) -> None:
    """Write the features of one file, or the reason why there are none."""
    try:
        sound, sample_rate_hz = audio.read(source)
    except audio.UnusableAudio as error:
        with files.whole(_reason(target)) as draft:
            draft.write_text(error.reason, "utf-8")
        return
    try:
        arrays: dict[str, Any] = {**load(plugin_name).features.extract(audio.stereo(sound), sample_rate_hz)}
    except Exception as error:
        error.add_note(f"while computing the features of {source}")
        raise
    with files.whole(target) as draft:
        np.savez(draft, **arrays)
