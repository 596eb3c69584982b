"""The feature store: one file per clip, computed once, on all cores.

    features/<plugin>/<key>/<clip and content>.npz        the arrays, uncompressed
    features/<plugin>/<key>/<clip and content>.rejected   the reason, for a clip that cannot be used

The key is a digest of the code that computes the features; a clip's digest covers its id and the content of its
files. So features are computed again only when code or file changes, on any machine. Files are written atomically:
a build that was killed resumes where it stopped. All of it is safe to delete.
"""

import os
import signal
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai import files, fingerprint, places, progress
from dawg_ai.audio import UnusableAudio
from dawg_ai.data.clip import Clip
from dawg_ai.dsp.instance import Native
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.features.audio import AudioExtractor
from dawg_ai.features.notes import NoteExtractor
from dawg_ai.plugin import Plugin
from dawg_ai.registry import load, names

Arrays = Mapping[str, NDArray[Any]]

# For so few clips, starting worker processes costs about as much as they save.
MAX_CLIPS_WITHOUT_WORKERS = 2
CACHE_BYTES = 2 << 30


@dataclass(frozen=True)
class Store(Mapping[str, Arrays]):
    """Clip id -> {name: array}, read from disk on access, with an LRU cache of up to CACHE_BYTES.

    Args:
        key: digest of the code that computed the features.
        paths: file of each clip's arrays.
        rejected: clip id -> why it has no features.
        digests: digest of each clip's files.
        computed: number of clips that this build computed; the others were already there.
    """

    key: str
    paths: Mapping[str, Path]
    rejected: Mapping[str, str]
    digests: Mapping[str, str]
    computed: int
    _cache: "OrderedDict[str, Arrays]" = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __getitem__(self, clip_id: str) -> Arrays:
        with self._lock:
            if clip_id in self._cache:
                self._cache.move_to_end(clip_id)
                return self._cache[clip_id]
            with np.load(self.paths[clip_id]) as arrays:
                found = {name: arrays[name] for name in arrays.files}
            self._cache[clip_id] = found
            while len(self._cache) > 1 and sum(map(_bytes, self._cache.values())) > CACHE_BYTES:
                self._cache.popitem(last=False)
            return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def __len__(self) -> int:
        return len(self.paths)


def _bytes(arrays: Arrays) -> int:
    return sum(array.nbytes for array in arrays.values())


@dataclass(frozen=True)
class Stored(Mapping[str, NDArray[Any]]):
    """The arrays of one clip, read on access."""

    store: Mapping[str, Arrays]
    clip_id: str

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.store[self.clip_id][name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.store[self.clip_id])

    def __len__(self) -> int:
        return len(self.store[self.clip_id])


def trainable(clips: Sequence[Clip]) -> tuple[list[Clip], dict[str, str]]:
    """Sort out the clips whose licence does not allow training.

    Args:
        clips: the clips.

    Returns:
        The clips that may be trained on, and for the others clip id -> reason.

    Raises:
        UsageError: two clips have one id, as where a dataset is named twice, or two folders have one name.
    """
    kept, refused = [], {}
    ids = [clip.id for clip in clips]
    if len(set(ids)) < len(ids):
        twice = next(each for each in ids if ids.count(each) > 1)
        raise UsageError(f"there are two clips {twice}; name each dataset once, and give two folders different names")
    for clip in clips:
        if clip.licence.allows_training:
            kept.append(clip)
        else:
            refused[clip.id] = f"it may not be trained on: {clip.licence.may_train.why}"
    return kept, refused


def key(plugin: Plugin) -> str:
    """Digest of the declarations and the code that determine a plugin's features."""
    declared = [
        (source.name, source.file, source.features.extractor.declaration()) for source in plugin.computed.values()
    ]
    kernels = [each for source in plugin.computed.values() for each in source.features.kernels]
    code = fingerprint.code(*kernels, AudioExtractor, NoteExtractor)
    return fingerprint.digest(declared, code)


def build(plugin: Plugin, clips: Sequence[Clip], *, workers: int | None = None) -> Store:
    """Compute the missing features of clips.

    A clip has the features of those sources whose file it has. One that has none of them, or a file that cannot be
    used, is rejected with its reason until its files change.

    Args:
        plugin: the plugin whose features are computed.
        clips: the clips.
        workers: number of processes; by default one per core.

    Returns:
        The features of all usable clips.

    Raises:
        DawgError: a worker process was killed.
    """
    folder = places.features() / plugin.name / key(plugin)
    wanted = {source.file for source in plugin.computed.values()}
    digests = {clip.id: _digest(clip, wanted) for clip in clips}
    targets = {clip.id: folder / f"{fingerprint.digest(clip.id, digests[clip.id])}.npz" for clip in clips}
    missing = [clip for clip in clips if not _is_done(targets[clip.id])]
    _compute(plugin.name, [(clip, targets[clip.id]) for clip in missing], workers or os.cpu_count() or 1)
    rejected = {i: _rejection(path).read_text("utf-8") for i, path in targets.items() if not path.exists()}
    paths = {i: path for i, path in targets.items() if i not in rejected}
    return Store(folder.name, paths, rejected, digests, len(missing))


def derived(clip: Clip) -> list[Path]:
    """The files that hold features of a clip, of any plugin and any state of its code.

    Args:
        clip: the clip, whose files are still there.
    """
    found = []
    for name in names():
        wanted = {source.file for source in load(name).computed.values()}
        digest = fingerprint.digest(clip.id, _digest(clip, wanted))
        found += sorted((places.features() / name).glob(f"*/{digest}.*"))
    return found


def _digest(clip: Clip, wanted: set[str]) -> str:
    """Digest of the bytes of a clip's files; independent of the decoder."""
    return fingerprint.digest(*((name, files.digest(clip.files[name])) for name in sorted(wanted & set(clip.files))))


def _rejection(target: Path) -> Path:
    """The file that holds the reason instead of the arrays."""
    return target.with_suffix(".rejected")


def _is_done(target: Path) -> bool:
    return target.exists() or _rejection(target).exists()


def _compute(plugin_name: str, work: list[tuple[Clip, Path]], workers: int) -> None:
    """Compute in this process if there are few clips, else in `workers` processes; show progress."""
    if not work:
        return
    with progress.bar("features", "clip", len(work)) as bar:
        if workers == 1 or len(work) <= MAX_CLIPS_WITHOUT_WORKERS:
            for clip, target in work:
                _compute_one(plugin_name, clip, target)
                bar.update()
            return
        # Forking a process that has threads (PyTorch does) can deadlock, so spawn.
        context = get_context("spawn")
        pool = ProcessPoolExecutor(min(workers, len(work)), context, initializer=_prepare_worker)
        try:
            longest_first = sorted(work, key=lambda item: -_size(item[0]))
            for future in as_completed([pool.submit(_compute_one, plugin_name, *item) for item in longest_first]):
                _finish(future)
                bar.update()
        finally:
            pool.shutdown(cancel_futures=True)


def _finish(future: Future[None]) -> None:
    try:
        future.result()
    except BrokenProcessPool:
        raise DawgError(
            "a process that computed features was killed, most likely because memory ran out; finished clips are "
            "kept: run the same command again, with --workers 1 if it happens again"
        ) from None


def _size(clip: Clip) -> int:
    return sum(path.stat().st_size for path in clip.files.values() if path.exists())


def _prepare_worker() -> None:
    """Leave Ctrl-C to the parent, which ends the workers, and exit when the parent exits, even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def exit_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=exit_with_parent, daemon=True).start()


def _compute_one(plugin_name: str, clip: Clip, target: Path) -> None:
    """Write the features of one clip, or the reason why it is rejected."""
    plugin = load(plugin_name)
    arrays: dict[str, Any] = {}
    try:
        for name, source in plugin.computed.items():
            if source.file in clip.files:  # a clip need not have all: some datasets have responses, others dry sound
                extractor: Any = source.features.extractor
                found = extractor.extract(Native(plugin.training_module), extractor.read(clip.files[source.file]))
                arrays |= {f"{name}_{output}": array for output, array in found.items()}
        if not arrays:
            raise UsageError(f"it has no file of a kind that is learned from: {', '.join(sorted(clip.files))}")
    except (UnusableAudio, UsageError) as error:
        with files.atomic_write(_rejection(target)) as draft:
            draft.write_text(
                error.reason if isinstance(error, UnusableAudio) else str(error), "utf-8", "backslashreplace"
            )
        return
    except Exception as error:
        error.add_note(f"while computing the features of {clip.id}")
        raise
    with files.atomic_write(target) as draft:
        np.savez(draft, **arrays)
