"""The feature store: one file per clip, computed once, on all cores.

    features/<plugin>/<key>/<clip and content>.npz        the arrays, uncompressed
    features/<plugin>/<key>/<clip and content>.rejected   the reason, for a clip that cannot be used
    features/<plugin>/<key>/shards                        what other machines computed; see `dawg_ai.shards`

The key is a digest of the code that computes the features; a clip's digest covers its id and the content of its
files. So features are computed again only when code or file changes, on any machine. Files are written atomically:
a build that was killed resumes where it stopped. All of it is safe to delete.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai import files, fingerprint, places, progress, shards
from dawg_ai import workers as parallel
from dawg_ai.data.clip import Clip
from dawg_ai.errors import UsageError
from dawg_ai.extraction import extract
from dawg_ai.features.audio import AudioExtractor
from dawg_ai.features.notes import NoteExtractor
from dawg_ai.plugin import Plugin
from dawg_ai.registry import load, names

Arrays = Mapping[str, NDArray[Any]]

CACHE_BYTES = 2 << 30
SHARDS = "shards"


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
    if missing and (folder / SHARDS).is_dir():
        by_key = {targets[clip.id].stem: targets[clip.id] for clip in missing}
        for each, content in shards.collect(folder / SHARDS, folder.name):
            if each in by_key:
                _put(by_key[each], content)
        missing = [clip for clip in missing if not _is_done(targets[clip.id])]
    _compute(plugin.name, [(clip, targets[clip.id]) for clip in missing], workers)
    rejected = {i: _rejection(path).read_text("utf-8") for i, path in targets.items() if not path.exists()}
    paths = {i: path for i, path in targets.items() if i not in rejected}
    return Store(folder.name, paths, rejected, digests, len(missing))


def sharded(plugin: Plugin, clips: Sequence[Clip]) -> tuple[list[shards.Manifest], Path]:
    """Divide the features of clips into shards.

    Args:
        plugin: the plugin.
        clips: the clips.

    Returns:
        The manifests of all shards, and the folder in which `build` looks for them.
    """
    wanted = {source.file for source in plugin.computed.values()}
    by_key = {fingerprint.digest(clip.id, _digest(clip, wanted)): clip for clip in clips}
    folder = places.features() / plugin.name / key(plugin)
    return shards.manifests(plugin.name, folder.name, by_key), folder / SHARDS


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
        for folder in sorted((places.features() / name).glob(f"*/{SHARDS}")):
            found += shards.holding(folder, digest)
    return found


def _digest(clip: Clip, wanted: set[str]) -> str:
    """Digest of the bytes of a clip's files; independent of the decoder."""
    return fingerprint.digest(*((name, files.digest(clip.files[name])) for name in sorted(wanted & set(clip.files))))


def _rejection(target: Path) -> Path:
    """The file that holds the reason instead of the arrays."""
    return target.with_suffix(".rejected")


def _is_done(target: Path) -> bool:
    return target.exists() or _rejection(target).exists()


def _compute(plugin_name: str, work: list[tuple[Clip, Path]], workers: int | None) -> None:
    """Compute on all cores; show progress."""
    if not work:
        return
    longest_first = sorted(work, key=lambda item: -_size(item[0]))
    with progress.bar("features", "clip", len(work)) as bar:
        for _ in parallel.each(_compute_one, [(plugin_name, *item) for item in longest_first], workers):
            bar.update()


def _size(clip: Clip) -> int:
    return sum(path.stat().st_size for path in clip.files.values() if path.exists())


def _compute_one(plugin_name: str, clip: Clip, target: Path) -> None:
    """Write the features of one clip, or the reason why it is rejected."""
    found = extract(plugin_name, clip)
    _put(target, found if isinstance(found, str) else shards.packed(found))


def _put(target: Path, content: bytes | str) -> None:
    """Write an .npz, or the reason instead of it."""
    with files.atomic_write(_rejection(target) if isinstance(content, str) else target) as draft:
        draft.write_bytes(content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content)
