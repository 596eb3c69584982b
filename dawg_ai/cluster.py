"""Work on a Ray cluster: a function over jobs, as core tasks.

Every node needs this program and sees the datasets and the folder of shards at the same paths. A task is given a
manifest, a few kilobytes; sound never passes Ray's object store. A task whose node dies is given to another one; it
begins anew, which is safe, since a shard is renamed into place when it is whole.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dawg_ai.errors import DawgError, UsageError

MAX_RETRIES = 5  # of a task whose node died
AT_ONCE = 1000  # tasks that are submitted and not done


def each(function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], address: str) -> Iterator[Any]:
    """Call a function for each job on a cluster.

    Args:
        function: of a module that is installed on every node.
        jobs: its arguments.
        address: of the cluster, such as "10.0.0.1:6379", or "auto".

    Yields:
        What the function returns, in the order of completion.

    Raises:
        UsageError: Ray is not installed, or no cluster answers.
        DawgError: a task failed on every node that tried it.
    """
    try:
        import ray
    except ModuleNotFoundError:
        raise UsageError(
            "this needs Ray, which is not installed; install it with: pip install 'dawg-ai[cluster]'"
        ) from None
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves the cluster
    try:
        ray.init(address=address, log_to_driver=False, runtime_env={"env_vars": _environment()})
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise UsageError(
            f"no Ray cluster answers at {address}: {error}; start one with: ray start --head --port 6379"
        ) from None
    try:
        task = ray.remote(max_retries=MAX_RETRIES, num_cpus=1)(function)
        waiting: list[Any] = []
        left = list(jobs)[::-1]
        while left or waiting:
            while left and len(waiting) < AT_ONCE:
                waiting.append(task.remote(*left.pop()))
            done, waiting = ray.wait(waiting, num_returns=1)
            yield ray.get(done[0])
    except ray.exceptions.RayError as error:
        raise DawgError(
            f"a task on the cluster failed: {error}; what is done stays: run the same command again"
        ) from None
    finally:
        ray.shutdown()


def _environment() -> dict[str, str]:
    """The variables that say where data and plugins are, for the nodes."""
    return {name: value for name, value in os.environ.items() if name.startswith("DAWG_") or name == "PYTHONPATH"}
