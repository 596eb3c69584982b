"""Tables of datasets, which come from others and may be damaged."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dawg_ai.errors import DawgError

# What parsing raises where a cell is not what it should be, or not there.
_DAMAGE = (ValueError, LookupError, TypeError, AttributeError, SyntaxError, RuntimeError, OverflowError, csv.Error)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Say which table is damaged, instead of what its cells did to the parser.

    Args:
        path: the table, or the folder that several are in.

    Raises:
        DawgError: it is damaged.
    """
    try:
        yield
    except _DAMAGE as error:
        raise DawgError(f"{path} is damaged ({type(error).__name__}: {error}); get it again") from error
