"""Devices that networks are trained on, and how fast one is beside another where nobody has measured it."""

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dawg_ai.planning import fields

FILE = Path(__file__).with_name("devices.toml")


@dataclass(frozen=True)
class Device:
    """One device.

    Args:
        name: as platforms call it in their price rows.
        memory_gib: memory for the network; None where it is unknown.
        fp32_tflops: single-precision rate; None where only a measurement tells the speed.
        bandwidth_gb_per_s: memory bandwidth.
    """

    name: str
    memory_gib: float | None
    fp32_tflops: float | None
    bandwidth_gb_per_s: float | None


@dataclass(frozen=True)
class Factor:
    """Speed of a device beside another: the lowest, the likely and the highest ratio."""

    low: float
    likely: float
    high: float


@cache
def known() -> dict[str, Device]:
    """All devices by name."""
    return _read()[1]


def reference() -> str:
    """The device in whose hours work is stated."""
    return _read()[0]


def factor(name: str, beside: str) -> Factor | None:
    """Assumed speed of one device beside another: between the ratios of arithmetic and of memory bandwidth.

    Args:
        name: the device.
        beside: the device that counts as 1.

    Returns:
        The likely value is the geometric mean of the two ratios. None where one of the devices has no data sheet.

    >>> found = factor("T4", "RTX 3090")
    >>> [round(each, 3) for each in (found.low, found.likely, found.high)]
    [0.228, 0.279, 0.342]
    """
    one, other = known()[name], known()[beside]
    if not (one.fp32_tflops and one.bandwidth_gb_per_s and other.fp32_tflops and other.bandwidth_gb_per_s):
        return None
    ratios = one.fp32_tflops / other.fp32_tflops, one.bandwidth_gb_per_s / other.bandwidth_gb_per_s
    return Factor(min(ratios), math.sqrt(ratios[0] * ratios[1]), max(ratios))


@cache
def _read() -> tuple[str, dict[str, Device]]:
    top = fields.read(FILE)
    found = {}
    for row in top.tables("device"):
        device = Device(
            row.text("name"),
            row.maybe("memory_gib", above=True),
            row.maybe("fp32_tflops", above=True),
            row.maybe("bandwidth_gb_per_s", above=True),
        )
        row.close()
        found[device.name] = device
    name = top.text("reference", among=found)
    top.close()
    return name, found
