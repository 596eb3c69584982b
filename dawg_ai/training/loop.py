"""The one training loop, for every plugin.

A run may be stopped, killed or out of time at any step; started again, it ends with the same weights, bit for bit (on
the same kind of machine). That takes three things: a batch is a function of (seed, step), the learning rate is a
function of the step, and all the rest that changes between two steps is the dictionary in `everything`.
"""

import copy
import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from dawg_ai import progress
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.plugin import Plugin
from dawg_ai.training import checkpoint
from dawg_ai.training.batches import Arrays, batches
from dawg_ai.training.optimiser import groups, learning_rate
from dawg_ai.training.run import Run
from dawg_ai.training.stop import Stop, Stopped

LOG_EVERY = 20  # steps


@dataclass(frozen=True)
class Result:
    """Where a run stands. `error` is the lowest so far on the valid part, None before the first evaluation."""

    folder: Path
    step: int
    steps: int
    error: float | None
    best_step: int
    seconds: float  # in all sittings
    steps_per_second: float  # in this sitting, evaluations left out
    floor_steps_per_second: float  # of bare forward and backward passes on one batch
    interrupted: bool


def train(run: Run, *, steps: int | None = None, hours: float | None = None, threads: int = 1) -> Result:
    """Train to the settings' number of steps, or to step `steps` or for `hours` where that comes first; go on from
    where the run stopped before. More `threads` than there are idle cores are slower, not faster.

    Raises:
        DawgError: the disk is full, no checkpoint is whole, or the gradient is no longer a number.
    """
    torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    plugin, settings, score = run.plugin, run.settings, run.plugin.part("score")
    total = int(settings["steps"])
    last = min(total, steps or total)

    torch.manual_seed(run.seed)
    model: nn.Module = plugin.part("model").build(run.seed).to(device)
    # The average of the weights over the last steps is what is evaluated and kept. It shares the model's buffers.
    average = copy.deepcopy(model, {id(buffer): buffer for buffer in model.buffers()}).eval().requires_grad_(False)
    weights, averages = tuple(model.parameters()), tuple(average.parameters())
    network = torch.compile(model) if device.type == "cuda" and find_spec("triton") else model
    optimiser = torch.optim.AdamW(groups(model, settings["weight_decay"]), fused=True)
    precision = torch.float16 if device.type == "cuda" and not torch.cuda.is_bf16_supported() else torch.bfloat16
    scaler = torch.amp.GradScaler(device.type, enabled=precision == torch.float16)
    best: dict[str, Any] = {"step": 0, "error": math.inf, "weights": {}}
    step, evaluated, seconds = 0, 0, 0.0

    def everything() -> dict[str, Any]:
        return {
            "step": step,  # how many are done
            "evaluated": evaluated,  # the step of the last evaluation
            "seconds": seconds,  # spent so far, in all sittings
            "weights": model.state_dict(),
            "average": average.state_dict(),
            "optimiser": optimiser.state_dict(),
            "scaler": scaler.state_dict(),  # empty but for float16
            "best": best,  # the average with the lowest error on the valid part
            "random": torch.get_rng_state(),  # dropout draws from it
            "random_cuda": torch.cuda.get_rng_state_all(),
        }

    saved = checkpoint.load(run.folder)
    if saved is not None:
        step, evaluated, seconds, best = saved["step"], saved["evaluated"], saved["seconds"], saved["best"]
        model.load_state_dict(saved["weights"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        scaler.load_state_dict(saved["scaler"])
        torch.set_rng_state(saved["random"])
        torch.cuda.set_rng_state_all(saved["random_cuda"])

    def loss_of(network: Callable[[Any], dict[str, Tensor]], batch: Mapping[str, Tensor]) -> Tensor:
        with torch.autocast(device.type, precision, enabled=device.type == "cuda"):
            outputs = network({signal.name: batch[signal.name] for signal in plugin.inputs})
        # Half precision is for the network; what its knobs do to the sound is computed in full.
        whole = {name: value.to(torch.promote_types(value.dtype, torch.float32)) for name, value in outputs.items()}
        loss: Tensor = score.loss(whole, batch)
        return loss

    numpy_batches = batches(plugin, run.songs["train"], run.seed, step, int(settings["batch"]))
    examples = _tensors(numpy_batches, device)
    first, spare = next(examples), copy.deepcopy(model)
    examples = itertools.chain([first], examples)
    floor_s = _floor_s(lambda: torch.autograd.backward(loss_of(spare, first)))

    with (
        SummaryWriter(run.folder / "logs", purge_step=step + 1 if step else None) as log,
        progress.bar(plugin.name, "step", last, step) as bar,
        closing(numpy_batches),
        Stop() as stop,
    ):
        first_step, spent_before_s, evaluating_s = step, seconds, 0.0
        began_at_s = saved_at_s = time.monotonic()
        while True:
            # Now and then: how well the averaged weights do on songs that nothing was learned from.
            due = step == total or step % int(settings["evaluate_every"]) == 0
            if due and step > evaluated and not stop.asked:
                before_s = time.monotonic()
                try:
                    with stop.at_once():
                        error = _error(plugin, average, run)
                    evaluated = step
                    log.add_scalar("error", error, step)
                    if error < best["error"]:
                        copied = {name: value.cpu().clone() for name, value in average.state_dict().items()}
                        best = {"step": step, "error": error, "weights": copied}
                except Stopped:
                    pass  # evaluated again when the run goes on
                evaluating_s += time.monotonic() - before_s

            # Every minute or so, and at the end: everything to disk.
            now_s = time.monotonic()
            seconds = spent_before_s + now_s - began_at_s
            done = step >= last or stop.asked or (hours is not None and now_s - began_at_s > hours * 3600)
            if done or now_s - saved_at_s > settings["save_every_s"]:
                checkpoint.save(run.folder, everything())
                saved_at_s = now_s
            if done:
                break

            # One step.
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(step, settings)
            optimiser.zero_grad()
            loss = loss_of(network, next(examples))
            torch.autograd.backward(scaler.scale(loss))
            scaler.unscale_(optimiser)
            length = nn.utils.clip_grad_norm_(weights, settings["clip"])
            if not (scaler.is_enabled() or math.isfinite(length)):
                raise DawgError(
                    f"the gradient of step {step} is {length.item()}; the last checkpoint is kept. "
                    "Lower the learning rate, or look for a division by zero in the loss"
                )
            scaler.step(optimiser)
            scaler.update()
            # Young averages forget faster, or they would remember the random start.
            decay = min(settings["ema"], (1 + step) / (10 + step))
            torch._foreach_lerp_(averages, weights, 1 - decay)
            step += 1

            # A line for TensorBoard, a figure for the bar.
            bar.update()
            if step % LOG_EVERY == 0:
                log.add_scalar("loss", loss.item(), step)
                log.add_scalar("learning_rate", optimiser.param_groups[0]["lr"], step)
                bar.set_postfix(loss=f"{loss.item():.3f}", error=f"{best['error']:.3f}", refresh=False)
    return Result(
        folder=run.folder,
        step=step,
        steps=total,
        error=best["error"] if best["weights"] else None,
        best_step=best["step"],
        seconds=seconds,
        steps_per_second=(step - first_step) / (time.monotonic() - began_at_s - evaluating_s),
        floor_steps_per_second=1 / floor_s,
        interrupted=stop.asked,
    )


def trained(plugin: Plugin, folder: Path) -> nn.Module:
    """The network of the run in `folder` with its best weights (before the first evaluation: the latest average).

    Raises:
        UsageError: nothing was trained there.
    """
    saved = checkpoint.load(folder)
    if saved is None:
        raise UsageError(f"nothing is trained in {folder} yet; do it with: dawg train {plugin.name}")
    model: nn.Module = plugin.part("model").build(0)
    model.load_state_dict(saved["best"]["weights"] or saved["average"])
    return model.eval()


def _tensors(batches: Iterable[Arrays], device: torch.device) -> Iterator[dict[str, Tensor]]:
    for batch in batches:
        tensors = {name: torch.from_numpy(array) for name, array in batch.items()}
        # Asking to move what need not move takes a turn at Python's lock, ten times a step.
        yield tensors if device.type == "cpu" else {name: tensor.to(device) for name, tensor in tensors.items()}


def _error(plugin: Plugin, average: nn.Module, run: Run) -> float:
    """The error on the valid part, always on the CPU, so that no score needs to know of devices."""
    random = torch.get_rng_state()
    try:
        with torch.no_grad():
            return float(plugin.part("score").error(copy.deepcopy(average).cpu(), run.songs["valid"], run.seed))
    finally:
        torch.set_rng_state(random)


def _floor_s(work: Callable[[], None]) -> float:
    """Median time of `work` in seconds, from half a second of it or more; random numbers drawn there do not count."""
    times: list[float] = []
    with torch.random.fork_rng():
        while len(times) < 5 or (sum(times) < 0.5 and len(times) < 20):
            before_s = time.perf_counter()
            work()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            times.append(time.perf_counter() - before_s)
    return median(times)
