"""Work in threads that Ctrl-C does not wait for: a kernel that runs cannot be interrupted, only left behind."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from dawg_ai import files

Result = TypeVar("Result")

LOOK_S = 0.1  # where a waiting thread cannot be interrupted, as on Windows


class Abandoned(KeyboardInterrupt):
    """Ctrl-C while a thread still works: only `os._exit` ends the process, since its libraries are still in use."""


def abandonable(work: Callable[[], Result]) -> Result:
    """Do some work, or leave it behind at Ctrl-C, with nothing half-written: the process is expected to end then.

    Args:
        work: runs in a thread of its own.

    Raises:
        Abandoned: at Ctrl-C, while the work may go on until the process ends; it writes no file any more.
    """
    done: Future[Result] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    files.admit_writers()
    Thread(target=run, daemon=True).start()
    try:
        while not wait([done], LOOK_S).done:
            pass
    except KeyboardInterrupt as error:
        files.dismiss_writers()
        raise Abandoned from error
    return done.result()


def completed(work: Callable[..., Any], items: Sequence[tuple[Any, ...]], workers: int) -> Iterator[None]:
    """Call `work` with each of the items in threads, and yield whenever one is done. What one raises ends it.

    >>> found = []
    >>> for _ in completed(lambda a, b: found.append(a + b), [(1, 2), (3, 4)], workers=2):
    ...     pass
    >>> sorted(found)
    [3, 7]
    """
    todo: SimpleQueue[tuple[Any, ...]] = SimpleQueue()
    done: SimpleQueue[BaseException | None] = SimpleQueue()
    for item in items:
        todo.put(item)

    def run() -> None:
        while True:
            try:
                work(*todo.get_nowait())
            except Empty:
                return
            except BaseException as error:
                done.put(error)
            else:
                done.put(None)

    for _ in range(min(workers, len(items))):
        Thread(target=run, daemon=True).start()  # a ThreadPoolExecutor's would be waited for when the process ends
    for _ in items:
        if error := done.get():
            raise error
        yield
