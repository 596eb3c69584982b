"""Datasets: `names()` lists them, `load(name)` opens one. The folder `sets` is the registry.

One file in `sets` is one dataset. Its docstring says what the data is and who made it. Then it defines:

    CITATION: str   how to cite it
    LICENCE: str    its terms, in one sentence
    VERSION: str    changes whenever `clips` would return something else
    get(root: Path, source: Path | None = None) -> None
                    put the data into `root`, from its public source or from local files (`source`);
                    what is complete is not fetched again; `get(root, source, request)` where it can fetch a part
    clips(root: Path) -> list[Clip]
                    the clips in `root`, sorted by id, the same on every machine
"""

import importlib
import inspect
import os
import pkgutil
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from dawg_ai import audio, notes, places
from dawg_ai.data import request as requests
from dawg_ai.data import sets
from dawg_ai.data.clip import Clip
from dawg_ai.data.request import Request
from dawg_ai.errors import UsageError

TABLES = frozenset({".h5", ".tfrecord"})  # features that others computed


@dataclass(frozen=True)
class Dataset:
    """A dataset and its folder on this machine."""

    name: str
    root: Path
    module: ModuleType

    @property
    def version(self) -> str:
        """Changes whenever the clips do."""
        return str(self.module.VERSION)

    @property
    def licence(self) -> str:
        """One sentence on the terms."""
        return str(self.module.LICENCE)

    @property
    def citation(self) -> str:
        """How to cite it."""
        return str(self.module.CITATION)

    @property
    def summary(self) -> str:
        """What it is, in one line."""
        return (self.module.__doc__ or "").strip().partition("\n")[0]

    def get(self, source: Path | None = None, request: Request | None = None) -> None:
        """Fetch the data into `root`.

        Args:
            source: a folder of local files to take it from; by default its public source.
            request: which clips are wanted; by default all. Those that a dataset cannot but fetch are left out later.

        Raises:
            UsageError: `source` does not suit the dataset.
            DawgError: the data could not be fetched.
        """
        request, is_new = request or Request(), not self.root.exists()
        partial = [request] if "request" in inspect.signature(self.module.get).parameters else []
        try:
            self.module.get(self.root, source, *partial)
        except UsageError:
            if is_new:  # what cannot be done leaves nothing
                shutil.rmtree(self.root, ignore_errors=True)
            raise
        if self.root.is_dir() and self.name != "folder":
            request.save(self.root)

    def clips(self) -> list[Clip]:
        """Its clips, sorted by id.

        Raises:
            UsageError: it has not been fetched.
        """
        if not self.root.is_dir():
            raise UsageError(f"{self.name} is not here yet; get it with: dawg data get {self.name}")
        return requests.load(self.root).of(self.module.clips(self.root))


def names() -> list[str]:
    """Names of all datasets.

    >>> "demo" in names()
    True
    """
    return sorted(module.name for module in pkgutil.iter_modules(sets.__path__))


def load(spec: str) -> Dataset:
    """Open a dataset.

    Args:
        spec: its name, such as "debian_games", or name and folder, such as "folder:/home/me/songs".

    Raises:
        UsageError: there is no such dataset, or "folder" has no path to an existing folder.
    """
    name, _, path = spec.partition(":")
    if name not in names():
        raise UsageError(
            f"there is no dataset {name!r}; there are: {', '.join(names())} (your own songs: folder:/path/to/songs)"
        )
    root = Path(path).expanduser().resolve() if path else places.datasets() / name
    if name == "folder" and not (path and root.is_dir()):
        raise UsageError(f"folder:{path} names no folder; give the one your songs are in: folder:/path/to/songs")
    return Dataset(name, root, importlib.import_module(f"{sets.__name__}.{name}"))


def examine(clips: Sequence[Clip]) -> Iterator[tuple[Clip, str]]:
    """Decode every file of every clip.

    Args:
        clips: the clips.

    Yields:
        Each clip and why it is unusable; "" where it is usable.
    """
    # Decoding releases the GIL, so threads share the work. At most four: each holds a whole song in memory.
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        yield from zip(clips, pool.map(_why_unusable, clips), strict=True)


def usable(clips: Sequence[Clip]) -> tuple[list[Clip], list[tuple[Clip, str]]]:
    """Decode every clip and sort out the unusable ones.

    Args:
        clips: the clips.

    Returns:
        The usable clips, and each other clip with the reason.
    """
    good, rejected = [], []
    for clip, reason in examine(clips):
        if reason:
            rejected.append((clip, reason))
        else:
            good.append(clip)
    return good, rejected


def _why_unusable(clip: Clip) -> str:
    try:
        for path in clip.files.values():
            if path.suffix.lower() in notes.SUFFIXES:
                notes.read(path)
            elif not path.is_file():
                return f"{path} is missing"
            elif path.suffix.lower() not in TABLES:
                for _ in audio.audible(path).blocks():  # decoded, and forgotten at once
                    pass
    except audio.UnusableAudio as error:
        return error.reason
    except UsageError as error:
        return str(error)
    return ""
