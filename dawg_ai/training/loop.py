"""The one training loop, for every plugin.

A run that is stopped, killed or out of time at any step can be resumed. It ends with the same weights, bit for bit,
on the same kind of machine: a batch is a function of (seed, step), the learning rate is a function of the step, and
all other state that changes between two steps is in the dictionary that `state` returns.
"""

import copy
import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from dawg_ai import progress
from dawg_ai.data.item import Arrays
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.nn.rounding import round_weights
from dawg_ai.plugin import Plugin
from dawg_ai.training import checkpoint
from dawg_ai.training.batches import batches
from dawg_ai.training.optimiser import learning_rate, parameter_groups
from dawg_ai.training.run import Run
from dawg_ai.training.stop import Stop, Stopped

LOG_EVERY = 20  # steps


@dataclass(frozen=True)
class Result:
    """Progress of a run.

    Args:
        folder: the run's folder.
        step: number of steps done.
        steps: number of steps of the whole run.
        error: lowest error on the validation part so far; None before the first evaluation.
        best_step: the step with that error.
        seconds: training time, over all sessions.
        steps_per_second: in this session, without evaluations.
        floor_steps_per_second: of forward and backward passes alone, on one batch.
        interrupted: whether Ctrl-C or SIGTERM stopped it.
    """

    folder: Path
    step: int
    steps: int
    error: float | None
    best_step: int
    seconds: float
    steps_per_second: float
    floor_steps_per_second: float
    interrupted: bool


def train(
    run: Run,
    *,
    steps: int | None = None,
    hours: float | None = None,
    threads: int = 1,
    on_step: Callable[[], None] | None = None,
    save_every_s: float | None = None,
    on_save: Callable[[int], None] | None = None,
) -> Result:
    """Train a run, or resume it from its checkpoint.

    Args:
        run: the run.
        steps: stop after this step; by default the number of steps in the settings.
        hours: stop after this time.
        threads: PyTorch threads. More than there are idle cores are slower.
        on_step: called after each step.
        save_every_s: seconds between two checkpoints; by default as in the settings.
        on_save: called after each checkpoint, with the number of steps done; the training waits for it.

    Returns:
        The progress.

    Raises:
        DawgError: the disk is full, all checkpoints are damaged, or the gradient is not finite.
    """
    torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    plugin, settings, score = run.plugin, run.settings, run.plugin.part("score")
    total = int(settings["steps"])
    last = min(total, steps or total)
    every_s = save_every_s or settings["save_every_s"]

    torch.manual_seed(run.seed)
    model: nn.Module = plugin.part("model").build(run.seed).to(device)
    # An exponential moving average of the weights is evaluated and kept. It shares the model's buffers.
    average = copy.deepcopy(model, {id(buffer): buffer for buffer in model.buffers()}).eval().requires_grad_(False)
    weights, averages = tuple(model.parameters()), tuple(average.parameters())
    optimiser = torch.optim.AdamW(parameter_groups(model, settings["weight_decay"]), fused=True)
    precision = torch.float16 if device.type == "cuda" and not torch.cuda.is_bf16_supported() else torch.bfloat16
    # No torch.compile: its code depends on the order in which it has seen shapes, so a resumed run ended with other
    # weights, and compiling took ten times as long as a short training (LOG.md, 2026-11-27).
    scaler = torch.amp.GradScaler(device.type, enabled=precision == torch.float16)
    best: dict[str, Any] = {"step": 0, "error": math.inf, "weights": {}}
    step, evaluated, seconds = 0, 0, 0.0

    def state() -> dict[str, Any]:
        return {
            "step": step,  # number of steps done
            "evaluated": evaluated,  # the step of the last evaluation
            "seconds": seconds,  # training time, over all sessions
            "weights": model.state_dict(),
            "average": average.state_dict(),
            "optimiser": optimiser.state_dict(),
            "scaler": scaler.state_dict(),  # empty except with float16
            "best": best,  # averaged weights with the lowest validation error
            "random": torch.get_rng_state(),  # used by dropout
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
        # Only the network runs in half precision; the loss needs at least float32.
        outputs = {name: value.to(torch.promote_types(value.dtype, torch.float32)) for name, value in outputs.items()}
        loss: Tensor = score.loss(outputs, batch)
        return loss

    numpy_batches = batches(plugin, run.items["train"], run.seed, step, int(settings["batch"]))
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
            # Evaluate the averaged weights on the validation part at intervals.
            due = step == total or step % int(settings["evaluate_every"]) == 0
            if due and step > evaluated and not stop.requested:
                before_s = time.monotonic()
                try:
                    with stop.interruptible():
                        error = _error(plugin, average, run)
                    evaluated = step
                    log.add_scalar("error", error, step)
                    if error < best["error"]:
                        copied = {name: value.cpu().clone() for name, value in average.state_dict().items()}
                        best = {"step": step, "error": error, "weights": copied}
                except Stopped:
                    pass  # evaluated when the run is resumed
                evaluating_s += time.monotonic() - before_s

            # Save a checkpoint every minute or so, and at the end.
            now_s = time.monotonic()
            seconds = spent_before_s + now_s - began_at_s
            done = step >= last or stop.requested or (hours is not None and now_s - began_at_s > hours * 3600)
            if done or now_s - saved_at_s > every_s:
                checkpoint.save(run.folder, state())
                run.note(step, total, seconds)
                if on_save:
                    on_save(step)
                saved_at_s = time.monotonic()
            if done:
                break

            # One step.
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(step, settings)
            optimiser.zero_grad()
            loss = loss_of(model, next(examples))
            torch.autograd.backward(scaler.scale(loss))
            scaler.unscale_(optimiser)
            gradient_norm = nn.utils.clip_grad_norm_(weights, settings["clip"])
            if not (scaler.is_enabled() or math.isfinite(gradient_norm)):
                raise DawgError(
                    f"the gradient of step {step} is {gradient_norm.item()}; the last checkpoint is kept. "
                    "Lower the learning rate, or look for a division by zero in the loss"
                )
            scaler.step(optimiser)
            scaler.update()
            # A shorter average at the start, so that the random initial weights are forgotten.
            decay = min(settings["ema"], (1 + step) / (10 + step))
            torch._foreach_lerp_(averages, weights, 1 - decay)
            step += 1
            if on_step:
                on_step()

            # Log to TensorBoard and the progress bar.
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
        interrupted=stop.requested,
    )


def trained(plugin: Plugin, folder: Path) -> nn.Module:
    """Load the network of a run with its best weights; before the first evaluation, with the current average.

    Args:
        plugin: the plugin.
        folder: the run's folder.

    Returns:
        The network in evaluation mode, on the CPU; its weights rounded where the plugin ships them as 8-bit integers.

    Raises:
        UsageError: there is no checkpoint.
    """
    saved = checkpoint.load(folder)
    if saved is None:
        raise UsageError(f"nothing is trained in {folder} yet; train it with: dawg train {plugin.name}")
    model: nn.Module = plugin.part("model").build(0)
    model.load_state_dict(saved["best"]["weights"] or saved["average"])
    return (round_weights(model) if plugin.int8 else model).eval()


def _tensors(batches: Iterable[Arrays], device: torch.device) -> Iterator[dict[str, Tensor]]:
    for batch in batches:
        tensors = {name: torch.from_numpy(array) for name, array in batch.items()}
        # On the CPU nothing moves, and `to` would take the GIL for each array.
        yield tensors if device.type == "cpu" else {name: tensor.to(device) for name, tensor in tensors.items()}


def _error(plugin: Plugin, average: nn.Module, run: Run) -> float:
    """The error on the validation part, always on the CPU, so that no `score.py` has to handle devices."""
    random = torch.get_rng_state()
    try:
        with torch.no_grad():
            return float(plugin.part("score").error(copy.deepcopy(average).cpu(), run.items["valid"], run.seed))
    finally:
        torch.set_rng_state(random)


def _floor_s(work: Callable[[], None]) -> float:
    """Median time of `work` in seconds, over at least 5 calls; the random state is restored."""
    times: list[float] = []
    with torch.random.fork_rng():
        while len(times) < 5 or (sum(times) < 0.5 and len(times) < 20):
            before_s = time.perf_counter()
            work()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            times.append(time.perf_counter() - before_s)
    return median(times)
