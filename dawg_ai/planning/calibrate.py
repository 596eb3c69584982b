"""Measure how fast a plugin trains here, as plans need it. The measuring itself is `dawg_ai.training.calibrate`."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from dawg_ai.planning.speeds import Measurement
from dawg_ai.plugin import Plugin


def calibrate(
    plugin: Plugin, specs: Sequence[str] | None = None, threads: int = 1, platform: str = "", device: str = ""
) -> Measurement:
    """Measure a plugin. Features that are missing are computed first.

    Args:
        plugin: the plugin.
        specs: datasets; by default those that it declares.
        threads: of PyTorch.
        platform: where this is; by default this computer.
        device: the device there.

    Raises:
        UsageError: PyTorch is missing, or a dataset is not here.
    """
    plugin.part("model")  # reports missing PyTorch
    import torch

    from dawg_ai.training.calibrate import measure
    from dawg_ai.training.run import gather

    chosen = list(specs or plugin.data)
    gather(plugin, chosen)
    before = time.perf_counter()
    request = gather(plugin, chosen)  # again, with the features in the store
    gathered_s = time.perf_counter() - before
    figures = measure(request, threads)
    return Measurement(
        plugin=plugin.name,
        platform=platform or ("local_gpu" if figures.gpu else "local_cpu"),
        device=device or ("this GPU" if figures.gpu else "this CPU"),
        hardware=figures.hardware,
        day=datetime.now(UTC).date().isoformat(),
        data=tuple(chosen),
        batch=int(request.settings["batch"]),
        steps=figures.steps,
        steps_per_second=figures.steps_per_second,
        low_steps_per_second=figures.low_steps_per_second,
        evaluation_s=figures.evaluation_s,
        save_s=figures.save_s,
        start_s=round(gathered_s + figures.first_step_s, 3),
        checkpoint_bytes=figures.checkpoint_bytes,
        memory_gib=figures.memory_gib,
        torch=str(torch.__version__),
        threads=threads,
        seed=request.seed,
    )
