"""Train the toy in processes that are killed at moments drawn from a seed, until one gets through.

Prints the step that was on disk after each kill.
"""

import json
import os
import random
import signal
import sys
import time

from toy_run import make_run

from dawg_ai.training import checkpoint
from dawg_ai.training.loop import train


def main(settings):
    """Kill until done."""
    run, moments, steps = make_run(**settings), random.Random(0), []
    train(make_run(seed=1), steps=1)  # whatever PyTorch does only once is done before the clock runs
    start = time.perf_counter()
    train(make_run(seed=2, **settings))
    whole_s = time.perf_counter() - start
    while True:
        child = os.fork()
        if child == 0:
            sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - the child ends with os._exit
            train(run)
            os._exit(0)
        time.sleep(whole_s * (moments.uniform(0.05, 0.25) + 0.02 * len(steps)))  # longer each time, so that it ends
        os.kill(child, signal.SIGKILL)
        if os.waitpid(child, 0)[1] == 0:
            print(json.dumps(steps))
            return
        state = checkpoint.load(run.folder)
        steps.append(state["step"] if state else 0)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
