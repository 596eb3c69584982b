"""Ctrl-C and SIGTERM while training: a wish that is granted between two steps, when everything is in order."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self


class Stopped(KeyboardInterrupt):
    """Raised inside `Stop.at_once` when the wish to stop comes."""


class Stop:
    """Within `with Stop() as stop:` the first signal sets `stop.asked`; a second one interrupts as usual."""

    def __init__(self) -> None:
        self.asked = False
        self._at_once = False

    def __enter__(self) -> Self:
        # Python allows signal handlers in the main thread only; elsewhere nobody can send one either.
        mine = threading.current_thread() is threading.main_thread()
        self._before = {s: signal.signal(s, self._ask) for s in (signal.SIGINT, signal.SIGTERM) if mine}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        if self._at_once:
            raise Stopped

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """A block that changes nothing and may take long: it is left by `Stopped` as soon as the wish comes."""
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False
