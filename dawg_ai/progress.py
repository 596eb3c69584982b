"""Progress on stderr: lines, and bars with the time left, often on a terminal, twice a minute in a log file."""

import sys
from typing import Any

from tqdm import tqdm


def bar(what: str, unit: str, total: int, done: int = 0) -> "tqdm[Any]":
    """A bar to `update()`, for use in `with`."""
    seconds_between = 0.2 if sys.stderr.isatty() else 30.0
    return tqdm(desc=what, unit=unit, total=total, initial=done, mininterval=seconds_between, file=sys.stderr)


def say(line: str) -> None:
    """A line above the bars that there are."""
    tqdm.write(line, file=sys.stderr)
