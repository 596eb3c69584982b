"""Text that fits the terminal: names with a text beside each, and tables of figures."""

import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence

WIDEST = 118
GAP = "  "


def columns() -> int:
    """The width to write to: that of the terminal, 80 where there is none."""
    return min(WIDEST, shutil.get_terminal_size().columns)


def wrapped(text: str) -> str:
    """A paragraph."""
    return textwrap.fill(text, columns())


def listed(rows: Iterable[tuple[str, str]], indent: int = 0, width: int = 14) -> Iterator[str]:
    """Names with a text beside each, line by line.

    Args:
        rows: names and texts.
        indent: spaces before each name.
        width: of the column of names; a longer name has a line of its own.
    """
    for name, text in rows:
        lines = textwrap.wrap(text, max(30, columns() - indent - width))
        head = f"{'':{indent}}{name:{width - 2}}  "
        if len(name) > width - 2:
            yield head.rstrip()
            head = " " * (indent + width)
        yield from (f"{head if at == 0 else '':{indent + width}}{line}" for at, line in enumerate(lines))


def shortened(name: str, width: int) -> str:
    """A name with its middle left out where it is longer than `width`.

    >>> shortened("a/rather/long/path/song.wav", 16)
    'a/rather…ong.wav'
    """
    return name if len(name) <= width else f"{name[: width // 2]}…{name[len(name) - (width - width // 2 - 1) :]}"


def table(names: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """A table of figures; columns for which there is no room follow in further tables.

    Args:
        names: heading of each row; long ones are shortened.
        cells: columns, each of as many cells as there are names.
    """
    room = columns()
    names = [name.encode("utf-8", "backslashreplace").decode() for name in names]  # as they are printed
    left = min(max(map(len, names)), max(24, room // 3))
    parts: list[list[Sequence[str]]] = [[]]
    used = left
    for column in cells:
        width = len(GAP) + max(map(len, column))
        if parts[-1] and used + width > room:
            parts.append([])
            used = left
        parts[-1].append(column)
        used += width
    return "\n\n".join(_rows([shortened(name, left) for name in names], part) for part in parts)


def _rows(names: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    left, widths = max(map(len, names)), [max(map(len, column)) for column in cells]
    rows = zip(names, *cells, strict=True)
    return "\n".join(
        GAP.join([f"{name:{left}}", *(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))]).rstrip()
        for name, *row in rows
    )


def plain(markdown: str) -> str:
    """Paragraphs and tables of Markdown as they are read in a terminal.

    >>> print(plain("| method | mean |\\n|---|---|\\n| **network** | 1.5 |\\n| ridge | 12.0 |"))
    method   mean
    network   1.5
    ridge    12.0
    """
    pieces = []
    for block in re.split(r"\n\s*\n", markdown.replace("**", "").strip()):
        lines = block.splitlines()
        if block.startswith("|"):
            rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
            names, *cells = zip(rows[0], *rows[2:], strict=True)
            pieces.append(table(names, cells))
        else:
            pieces.append(wrapped(block))
    return "\n\n".join(pieces)
