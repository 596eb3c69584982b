"""Work: what is to be trained, how much of it, and how fast it goes on each device."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dawg_ai.planning import devices


@dataclass(frozen=True)
class Speed:
    """How fast a work goes on a device.

    Args:
        per_hour: units of work in an hour, the median.
        low_per_hour: the speed that is exceeded nine times in ten.
        source: where it is from.
        measured: False where it is assumed from a data sheet.
    """

    per_hour: float
    low_per_hour: float
    source: str
    measured: bool = True


@dataclass(frozen=True)
class Work:
    """One training.

    Args:
        name: of the plugin.
        amount: units of work that are left.
        unit: what is counted, such as "steps".
        speeds: by device, or by platform and device as "kaggle/T4", which takes precedence.
        memory_gib: memory that it takes on the device; None where it is unknown.
        save_s: how long a checkpoint takes to write.
        start_s: from the command to the first step.
    """

    name: str
    amount: float
    unit: str = "steps"
    speeds: Mapping[str, Speed] = field(default_factory=dict)
    memory_gib: float | None = None
    save_s: float = 1.0
    start_s: float = 0.0

    def speed(self, platform: str, device: str, *, assumed: bool = False) -> Speed | None:
        """How fast it goes.

        Args:
            platform: the platform.
            device: a device of it.
            assumed: whether a speed may be derived from another GPU by the data sheets.

        Returns:
            The speed measured there, else on that device elsewhere, else the assumed one; None where it is unknown.
        """
        own = self.speeds.get(f"{platform}/{device}")
        if own:
            return own
        if device.startswith("this "):  # every computer is another
            return None
        elsewhere = {name.rpartition("/")[2]: speed for name, speed in self.speeds.items()}
        if device in elsewhere or not assumed:
            return elsewhere.get(device)
        found = []
        for name, speed in elsewhere.items():
            factor = devices.factor(device, name)
            if factor and speed.measured:
                found.append(
                    Speed(
                        speed.per_hour * factor.likely,
                        speed.low_per_hour * factor.low,
                        f"assumed: {factor.low:.2f} to {factor.high:.2f} times {name} by their data sheets",
                        measured=False,
                    )
                )
        return min(found, key=lambda each: each.per_hour, default=None)
