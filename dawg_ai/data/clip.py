"""A clip: one piece of music on disk, with what must be known before anything is learned from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dawg_ai.data.licence import Licence


@dataclass(frozen=True)
class Clip:
    """One audio file of a dataset.

    `group` is the artist, album or package: all clips of a group land in one split, since songs made together
    resemble each other. `annotations` are facts with units in their names, such as `tempo_bpm`.
    """

    id: str  # "<dataset>/<name>", unique and the same on every machine
    path: Path
    group: str
    licence: Licence
    title: str = ""
    style: str | None = None
    annotations: Mapping[str, float | str] = field(default_factory=dict)
