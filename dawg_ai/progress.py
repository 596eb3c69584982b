"""Progress on stderr: messages, and bars with the time left, updated twice a minute where stderr is a log file."""

import sys
from typing import Any

from tqdm import tqdm


def bar(what: str, unit: str, total: int | None, done: int = 0) -> "tqdm[Any]":
    """A progress bar, as a context manager.

    Args:
        what: label.
        unit: what is counted, such as "song".
        total: count at the end; None where nobody knows.
        done: count at the start.
    """
    seconds_between = 0.2 if sys.stderr.isatty() else 30.0
    return tqdm(desc=what, unit=unit, total=total, initial=done, mininterval=seconds_between, file=sys.stderr)


def say(line: str) -> None:
    """Print a line above the progress bars."""
    tqdm.write(line, file=sys.stderr)
