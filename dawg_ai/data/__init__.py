"""Datasets: `names()` says which there are, `load(name)` gives one. The folder `sets` is the list.

One file in `sets` is one dataset. It opens with what the data is and who made it, then has

    CITATION: str   how to cite it
    LICENCE: str    one sentence on its terms
    VERSION: str    changes whenever `clips` would return something else
    get(root: Path, source: Path | None = None) -> None
                    put the data into `root`, from its public source or from files already on disk (`source`);
                    what is complete is not fetched again
    clips(root: Path) -> list[Clip]
                    what is in `root`, sorted by id, the same on every machine
"""

import importlib
import os
import pkgutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from dawg_ai import audio, places
from dawg_ai.data import sets
from dawg_ai.data.clip import Clip
from dawg_ai.errors import UsageError


@dataclass(frozen=True)
class Dataset:
    """A dataset and the folder it lives in."""

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

    def get(self, source: Path | None = None) -> None:
        """Fetch it into `root`, or take it from the files in `source`."""
        self.module.get(self.root, source)

    def clips(self) -> list[Clip]:
        """Its clips, sorted by id. Raises `UsageError` if it has not been fetched."""
        if not self.root.is_dir():
            raise UsageError(f"{self.name} is not here yet; get it with: dawg data get {self.name}")
        found: list[Clip] = self.module.clips(self.root)
        return found


def names() -> list[str]:
    """The datasets there are."""
    return sorted(module.name for module in pkgutil.iter_modules(sets.__path__))


def load(spec: str) -> Dataset:
    """The dataset of a name such as "debian_games", or of name and folder: "folder:/home/me/songs".

    Raises
    ------
    UsageError
        There is no such dataset, or "folder" came without a path.
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
    """Decode every clip; yield each, in order, with the reason why it is unusable, or "" if it is fine."""
    # Decoding leaves Python's lock, so threads share the work; few, since each holds a whole song.
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        yield from zip(clips, pool.map(_fault, clips), strict=True)


def usable(clips: Sequence[Clip]) -> tuple[list[Clip], list[tuple[Clip, str]]]:
    """The clips that hold sound, and the others each with the reason. Every clip is decoded for it."""
    good, rejected = [], []
    for clip, fault in examine(clips):
        if fault:
            rejected.append((clip, fault))
        else:
            good.append(clip)
    return good, rejected


def _fault(clip: Clip) -> str:
    try:
        audio.read(clip.path)
    except audio.UnusableAudio as error:
        return error.reason
    return ""
