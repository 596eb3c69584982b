"""Work on all cores: a function over jobs, in processes that end with their parent."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

from dawg_ai.errors import DawgError

# For so few jobs, starting worker processes costs about as much as they save.
MAX_JOBS_WITHOUT_WORKERS = 2

Result = TypeVar("Result")


def each(function: Callable[..., Result], jobs: Sequence[tuple[Any, ...]], workers: int | None) -> Iterator[Result]:
    """Call a function for each job, in this process if there are few jobs or one worker.

    Args:
        function: of a module, since processes find it by its name.
        jobs: its arguments; those that take longest should come first.
        workers: number of processes; by default one per core.

    Yields:
        What the function returns, in the order of completion.

    Raises:
        DawgError: a process was killed.
    """
    workers = workers or os.cpu_count() or 1
    if workers == 1 or len(jobs) <= MAX_JOBS_WITHOUT_WORKERS:
        yield from (function(*job) for job in jobs)
        return
    # Forking a process that has threads (PyTorch does) can deadlock, so spawn.
    pool = ProcessPoolExecutor(min(workers, len(jobs)), get_context("spawn"), initializer=_prepare)
    try:
        for future in as_completed([pool.submit(function, *job) for job in jobs]):
            yield _result(future)
    finally:
        pool.shutdown(cancel_futures=True)


def _result(future: "Future[Result]") -> Result:
    try:
        return future.result()
    except BrokenProcessPool:
        raise DawgError(
            "a process that computed features was killed, most likely because memory ran out; finished clips are "
            "kept: run the same command again, with --workers 1 if it happens again"
        ) from None


def _prepare() -> None:
    """Leave Ctrl-C to the parent, which ends the workers, and exit when the parent exits, even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def exit_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=exit_with_parent, daemon=True).start()
