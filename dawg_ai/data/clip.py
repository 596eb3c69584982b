"""A clip: one item of a dataset, with the metadata that training needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dawg_ai.data.licence import Licence

Part = Literal["train", "valid", "test"]


@dataclass(frozen=True)
class Clip:
    """One item of a dataset: a song, with its stems or notes where the dataset has them.

    Args:
        id: "<dataset>/<name>", unique and the same on every machine.
        files: its files by kind: "audio", and others such as "vocals", "notes" or "response".
        group: the artist, album, package, drummer, room or singer. All clips of a group are in the same part of a
            split, since they are alike.
        licence: its terms.
        title: its title.
        style: its style, where known.
        annotations: labels with units in their names, such as `tempo_bpm`.
        part: its part in the dataset's official split; by default a hash of the group decides.
    """

    id: str
    files: Mapping[str, Path]
    group: str
    licence: Licence
    title: str = ""
    style: str | None = None
    annotations: Mapping[str, float | str] = field(default_factory=dict)
    part: Part | None = None

    @property
    def path(self) -> Path:
        """The audio file."""
        return self.files["audio"]
