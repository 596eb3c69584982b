"""Limits: the sample rates and knob values that effects are made for, and how kernels are held to them.

Kernels compute lengths of loops and places in ring buffers from knobs and the sample rate, and check neither. Hosts
refuse what is out of range in words (`check_rate`, `Effect.vector`); whatever a host hands over all the same, the
kernel holds (`guarded`), so that none loops forever or writes outside its memory.
"""

from collections.abc import Callable
from typing import Any

from dawg_ai.dsp.kernel import F64, kernel, signature
from dawg_ai.errors import UsageError

# Below 3364 Hz the shelf of the K-weighting is above half the rate; above 384 kHz ring buffers have no room.
MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 384_000
USUAL_RATE_HZ = 44_100


def check_rate(sample_rate_hz: float, what: str = "effects work", highest_hz: int = MAX_RATE_HZ) -> None:
    """Refuse a sample rate that the engine is not made for.

    Args:
        sample_rate_hz: the sample rate.
        what: who works from the lowest to the highest rate.
        highest_hz: the highest rate.

    Raises:
        UsageError: it is out of range.

    >>> check_rate(500_000)
    Traceback (most recent call last):
    dawg_ai.errors.UsageError: the sample rate is 500000 Hz; effects work from 4000 to 384000 Hz: resample it first
    """
    if not MIN_RATE_HZ <= sample_rate_hz <= highest_hz:
        raise UsageError(
            f"the sample rate is {sample_rate_hz:.12g} Hz; {what} from {MIN_RATE_HZ} to {highest_hz} Hz: "
            "resample it first"
        )


@kernel
def within(value: float, lowest: float, usual: float, highest: float) -> float:
    """`value` held within a range; `usual` for nan.

    >>> within(7.0, 0.0, 1.0, 5.0), within(float("nan"), 0.0, 1.0, 5.0)
    (5.0, 1.0)
    """
    if value < lowest:
        return lowest
    if value > highest:
        return highest
    return value if value == value else usual


@kernel
def hold_knobs(knobs: F64, ranges: F64) -> None:
    """Hold knobs within their ranges, in place; nan becomes the default.

    Args:
        knobs: values in declared order.
        ranges: (3, knobs): the lowest, default and highest value of each.
    """
    for i in range(knobs.shape[0]):
        knobs[i] = within(knobs[i], ranges[0, i], ranges[1, i], ranges[2, i])


@kernel
def hold_rate(sample_rate_hz: float) -> float:
    """Hold a sample rate within `MIN_RATE_HZ` and `MAX_RATE_HZ`."""
    return within(sample_rate_hz, float(MIN_RATE_HZ), float(USUAL_RATE_HZ), float(MAX_RATE_HZ))


def guarded(function: Callable[..., Any], ranges: F64) -> Callable[..., Any]:
    """A kernel that holds its `knobs` and `sample_rate_hz` within their ranges first.

    Args:
        function: a kernel; one that takes neither is returned as it is.
        ranges: as for `hold_knobs`.

    Returns:
        A kernel of the same name and signature.
    """
    names = [each.name for each in signature(function).arguments]
    lines = []
    if "knobs" in names:
        lines.append("hold_knobs(knobs, ranges)")
    if "sample_rate_hz" in names:
        lines.append("sample_rate_hz = hold_rate(sample_rate_hz)")
    if not lines:
        return function
    # Numba knows no kernel with arguments of any number, so the definition is written out. It stands at the line of
    # `function`, and `ranges` are a free variable: by both Numba's cache tells what it has compiled.
    plain = getattr(function, "py_func", function)
    given, name = ", ".join(names), plain.__name__
    body = [f"        {line}" for line in (*lines, f"return function({given})")]
    source = "\n".join(["def make(ranges):", f"    def {name}({given}):", *body, f"    return {name}"])
    scope: dict[str, Any] = {"hold_knobs": hold_knobs, "hold_rate": hold_rate, "function": function}
    scope["__name__"] = plain.__module__
    above = "\n" * (plain.__code__.co_firstlineno - 2)
    exec(compile(above + source, plain.__code__.co_filename, "exec"), scope)
    made: Callable[..., Any] = scope["make"](ranges)
    made.__annotations__, made.__doc__ = plain.__annotations__, plain.__doc__
    made.__qualname__ = f"guarded.{name}"
    return kernel(made)
