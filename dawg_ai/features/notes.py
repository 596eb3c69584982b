"""Note features: one kernel that turns rows of notes into named arrays."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from dawg_ai.dsp.instance import Instance
from dawg_ai.dsp.kernel import F32, signature
from dawg_ai.errors import UsageError
from dawg_ai.notes import Notes, read

MAX_NOTES = 16_384

Arrays = dict[str, F32]


@dataclass(frozen=True)
class NoteExtractor:
    """`NoteFeatures` with the kernel by its export name, as a bundle declares it."""

    kind: ClassVar[str] = "notes"

    encode: str
    outputs: tuple[str, ...]

    def declaration(self) -> dict[str, Any]:
        """As JSON, for a bundle."""
        return {"kind": self.kind, **asdict(self)}

    def read(self, path: Path) -> Notes:
        """Read a file of notes; see `dawg_ai.notes.read`."""
        return read(path)

    def extract(self, kernels: Instance, notes: Notes) -> Arrays:
        """Compute the features of one file of notes.

        Args:
            kernels: a fresh instance of the module; its memory is zeros.
            notes: (count, 6); see `dawg_ai.notes`.

        Returns:
            Each of `outputs` as (rows, ...), with as many rows as were filled.

        Raises:
            UsageError: there are more than MAX_NOTES notes.
        """
        if len(notes) > MAX_NOTES:
            raise UsageError(f"there are {len(notes)} notes; a plugin takes up to {MAX_NOTES}: give a shorter part")
        kernels.set("notes", notes)
        rows = int(kernels.call(self.encode, {}) or 0)
        return {name: kernels.get(name)[:rows] for name in self.outputs}

    def absent(self, kernels: Instance) -> Arrays:
        """The features of an absent source: one row of zeros."""
        return {name: np.zeros_like(kernels.get(name)[:1]) for name in self.outputs}

    def join(self, files: Sequence[Arrays]) -> Arrays:
        """Join the features of several files: rows are concatenated."""
        return {name: np.concatenate([each[name] for each in files]) for name in self.outputs}


@dataclass(frozen=True)
class NoteFeatures:
    """A kernel that turns notes into named arrays, float32.

    Args:
        outputs: arrays that `encode` fills, (rows, ...) each.
        encode: `encode(notes, <outputs>)`; `notes` is (rows, 6), see `dawg_ai.notes`. It returns how many rows of
            each output it has filled.
    """

    outputs: tuple[str, ...]
    encode: Callable[..., int]

    @property
    def kernels(self) -> tuple[Callable[..., Any], ...]:
        """The one kernel."""
        return (self.encode,)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all arrays."""
        return self.outputs

    @property
    def capacity(self) -> dict[str, int]:
        """The largest sizes of free dimensions."""
        return {"rows": MAX_NOTES}

    @property
    def extractor(self) -> NoteExtractor:
        """The extractor of these features."""
        return NoteExtractor(signature(self.encode).name, self.outputs)
