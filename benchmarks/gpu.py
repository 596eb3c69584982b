"""Training on a CUDA GPU: speed beside the CPU, precision, and whether a resumed run ends with the same weights.

    python benchmarks/gpu.py             # all of VARIANTS, each in a process of its own
    python benchmarks/gpu.py bfloat16

Trains auto_eq on songs of noise with automatic mixed precision (bfloat16, or float16 with its gradient scaler),
uninterrupted and stopped half way, and on the CPU; prints a line of JSON for each.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from training import make_run

from dawg_ai.training import checkpoint, loop
from dawg_ai.training.run import Run

STEPS = 120
VARIANTS = ("CPU", "bfloat16", "float16")


def outcome(run: Run, *stops: int) -> tuple[dict[str, Any], loop.Result, float]:
    """State at the end of a run that is stopped at each of `stops`; result and seconds of its last session."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["DAWG_HOME"] = home
        for stop in (*stops, STEPS):
            began_s = time.perf_counter()
            result = loop.train(replace(run), steps=stop)
        state = checkpoint.load(Path(result.folder))
        assert state is not None and state["step"] == STEPS
        return state, result, time.perf_counter() - began_s


def largest_difference(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Largest absolute difference of all weights."""
    return max(float((one["weights"][name] - other["weights"][name]).abs().max()) for name in one["weights"])


def measure(variant: str) -> dict[str, Any]:
    """Figures of one variant."""
    if variant == "CPU":
        torch.cuda.is_available = lambda: False
    torch.cuda.is_bf16_supported = lambda *_, **__: variant == "bfloat16"  # type: ignore[assignment]
    run = make_run("auto_eq")
    settings = {**run.plugin.settings, "steps": STEPS, "evaluate_every": 60}
    run = replace(run, plugin=replace(run.plugin, settings=settings))
    whole, result, seconds = outcome(run)
    stopped, _, _ = outcome(run, STEPS // 2)
    return {
        "variant": variant,
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
        "torch": torch.__version__,
        "error": result.error,
        "steps_per_second": round(result.steps_per_second, 1),
        "seconds": round(seconds, 1),
        "difference_if_stopped_half_way": largest_difference(whole, stopped),
        "gradient_scale": whole["scaler"].get("scale"),
    }


def main() -> None:
    """Measure and print."""
    if sys.argv[1:]:
        print(json.dumps(measure(sys.argv[1])), flush=True)
    elif torch.cuda.is_available():
        for variant in VARIANTS:
            subprocess.run([sys.executable, __file__, variant], check=True)
    else:
        print("no CUDA device is here; this measures training on one", file=sys.stderr)


if __name__ == "__main__":
    main()
