"""Measured speeds: one JSON file for each plugin on each device, so that those of a rented machine are copied home.

planning/speeds/<plugin>.<platform>.<device>.json
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dawg_ai import places, registry
from dawg_ai.errors import DawgError
from dawg_ai.files import atomic_write
from dawg_ai.planning.work import Speed, Work
from dawg_ai.plugin import Plugin
from dawg_ai.training.run import DEFAULTS, unfinished


@dataclass(frozen=True)
class Measurement:
    """How fast a plugin trains on a device.

    Args:
        plugin: its name.
        platform: where it was measured.
        device: the device, as price rows call it.
        hardware: the device's own name, or the processor's and the number of cores.
        day: when.
        data: the datasets.
        batch: size of a batch.
        steps: how many steps were timed.
        steps_per_second: median over stretches of ten steps.
        low_steps_per_second: the speed that nine of ten stretches exceed.
        evaluation_s: an evaluation on the validation part.
        save_s: writing a checkpoint.
        start_s: from the datasets to the first step, with the features in the store.
        checkpoint_bytes: its size.
        memory_gib: the most memory that was used, of the GPU where there is one.
        torch: version of PyTorch.
        threads: of PyTorch.
        seed: of weights and batches.
    """

    plugin: str
    platform: str
    device: str
    hardware: str
    day: str
    data: tuple[str, ...]
    batch: int
    steps: int
    steps_per_second: float
    low_steps_per_second: float
    evaluation_s: float
    save_s: float
    start_s: float
    checkpoint_bytes: int
    memory_gib: float
    torch: str
    threads: int
    seed: int

    def seconds(self, steps: float, evaluate_every: float, *, low: bool = False) -> float:
        """How long a training of so many steps takes, evaluations included.

        Args:
            steps: of the training.
            evaluate_every: steps between two evaluations.
            low: at the speed that is exceeded nine times in ten.
        """
        speed = self.low_steps_per_second if low else self.steps_per_second
        return steps / speed + math.ceil(steps / evaluate_every) * self.evaluation_s


def folder() -> Path:
    """Where measurements are kept."""
    return places.planning() / "speeds"


def save(found: Measurement, where: Path | None = None) -> Path:
    """Keep a measurement in place of the one before of that plugin, platform and device.

    Args:
        found: the measurement.
        where: another folder than `folder()`.
    """
    name = f"{found.plugin}.{found.platform}.{found.device.replace(' ', '_')}.json"
    path = (where or folder()) / name
    with atomic_write(path) as draft:
        draft.write_text(json.dumps(asdict(found), indent=2) + "\n", "utf-8")
    return path


def load(where: Path | None = None) -> list[Measurement]:
    """All measurements.

    Args:
        where: another folder than `folder()`.

    Raises:
        DawgError: a file is damaged.
    """
    found = []
    for path in sorted((where or folder()).glob("*.json")):
        try:
            values = json.loads(path.read_text("utf-8"))
            found.append(Measurement(**{**values, "data": tuple(values["data"])}))
        except (ValueError, TypeError, KeyError) as error:
            raise DawgError(f"{path} is damaged ({error}); remove it and measure again: dawg calibrate") from None
    return found


def works(
    names: Sequence[str], measured: Sequence[Measurement], *, going_on: bool = False
) -> tuple[list[Work], list[str]]:
    """The trainings of plugins, with their measured speeds.

    Args:
        names: of the plugins.
        measured: all measurements.
        going_on: whether the steps that an unfinished run has done are left out.

    Returns:
        A work for each plugin that is measured, and the names of the others.
    """
    found, missing = [], []
    for name in names:
        plugin = registry.load(name)
        rows = [row for row in measured if row.plugin == name and row.batch == setting(plugin, "batch")]
        if rows:
            found.append(work(plugin, rows, unfinished(name) if going_on else 0))
        else:
            missing.append(name)
    return found, missing


def work(plugin: Plugin, rows: Sequence[Measurement], done: float = 0.0) -> Work:
    """The training of a plugin.

    Args:
        plugin: the plugin.
        rows: its measurements, at least one.
        done: steps that are done already.
    """
    steps, every = setting(plugin, "steps"), setting(plugin, "evaluate_every")
    speeds = {
        f"{row.platform}/{row.device}": Speed(
            3600 * steps / row.seconds(steps, every),
            3600 * steps / row.seconds(steps, every, low=True),
            f"measured on {row.day}: {row.hardware}",
        )
        for row in rows
    }
    return Work(
        plugin.name,
        max(1.0, steps - done),
        "steps",
        speeds,
        max(row.memory_gib for row in rows),
        max(row.save_s for row in rows),
        max(row.start_s for row in rows),
    )


def setting(plugin: Plugin, name: str) -> float:
    """One of a plugin's training settings."""
    return {**DEFAULTS, **plugin.settings}[name]
