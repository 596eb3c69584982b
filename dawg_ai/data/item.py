"""An item: a clip as training and evaluation see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Item:
    """A clip as training knows it. `style` may be one no plugin knows.

    Args:
        id: the clip's.
        group: whom it belongs to.
        features: arrays by name, `<source>_<output>`; those of a store are read when asked for.
        style: its style, where it is known.
        annotations: facts with units in their names.
    """

    id: str
    group: str
    features: Arrays
    style: str | None = None
    annotations: Mapping[str, float | str] = field(default_factory=dict)
