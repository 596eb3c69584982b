"""Ctrl-C and SIGTERM during training: the run stops between two steps, where all state is consistent."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self


class Stopped(KeyboardInterrupt):
    """Raised inside `Stop.interruptible` by the first signal."""


class Stop:
    """A context in which the first signal sets `requested`; a second Ctrl-C raises KeyboardInterrupt.

    A second SIGTERM means nothing: `timeout` sends it to the process and to its group.
    """

    def __init__(self) -> None:
        self.requested = False
        self._interruptible = False

    def __enter__(self) -> Self:
        # Python allows signal handlers in the main thread only.
        is_main = threading.current_thread() is threading.main_thread()
        self._before = {s: signal.signal(s, self._handle) for s in (signal.SIGINT, signal.SIGTERM) if is_main}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        first, self.requested = not self.requested, True
        if first and self._interruptible:
            raise Stopped

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """A long block without side effects, which the first signal leaves at once by raising `Stopped`."""
        self._interruptible = True
        try:
            yield
        finally:
            self._interruptible = False
