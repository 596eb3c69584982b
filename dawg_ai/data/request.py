"""What a user wants of a dataset: some of its clips, or those under certain terms."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, get_args

from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.errors import UsageError
from dawg_ai.files import atomic_write

Terms = Literal["permissive", "share-alike", "any"]
TERMS: tuple[Terms, ...] = get_args(Terms)
_FILE = ".request.json"  # in the dataset's folder


@dataclass(frozen=True)
class Request:
    """Which clips are wanted.

    Args:
        limit: the maximum number; None for all. The same number is the same clips, and a greater one has those of a
            smaller one.
        licence: "permissive" for clips whose weights may be shipped under any terms, "share-alike" for those whose
            weights may be shipped, "any" for all.
        has_rights: whether the user states to have the right to learn from what they name.
    """

    limit: int | None = None
    licence: Terms = "any"
    has_rights: bool = False

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"--limit is {self.limit}; expected 1 or more")

    def suits(self, licence: Licence) -> bool:
        """Whether clips of a licence are wanted."""
        return self.licence == "any" or (
            licence.is_permissive if self.licence == "permissive" else bool(licence.may_ship)
        )

    def of(self, clips: Iterable[Clip]) -> list[Clip]:
        """The wanted clips, in order.

        Args:
            clips: all clips, sorted by id.
        """
        suitable = [clip for clip in clips if self.suits(clip.licence)]
        if self.limit is None or len(suitable) <= self.limit:
            return suitable
        # Spread over artists and styles, which ids are sorted by, as a hash spreads them.
        drawn = sorted(suitable, key=lambda clip: sha256(clip.id.encode("utf-8", "surrogatepass")).digest())
        return sorted(drawn[: self.limit], key=lambda clip: clip.id)

    def save(self, root: Path) -> None:
        """Write it into the dataset's folder, where `load` finds it."""
        if self == Request(has_rights=self.has_rights):
            (root / _FILE).unlink(missing_ok=True)
            return
        with atomic_write(root / _FILE) as draft:
            draft.write_text(json.dumps(asdict(self)) + "\n", "utf-8")


def load(root: Path) -> Request:
    """The request that a dataset's folder was filled by."""
    path = root / _FILE
    return Request(**json.loads(path.read_text("utf-8"))) if path.is_file() else Request()
