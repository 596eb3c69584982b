"""Attack and release ballistics: a one-pole smoother that rises with one coefficient and falls with another.

Both branches are computed and the one that applies is picked afterwards: going up, the quicker branch leads higher,
and going down the slower one does, so it is the higher of the two. Where falling is the quicker one, all signs are
turned.

A recursion depends on the step before it, and that latency is what limits its speed. So samples go in fours: where
four steps lead is the highest of five lines in the starting value, one for each number of quick steps among the four,
and the lines can be computed before the starting value is known. Fours are counted from the first sample of all, and
anew when a coefficient changes; `state` keeps the samples of an unfinished four.

Source: the smoothed branching ballistics of D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range
Compressor Design - A Tutorial and Analysis", J. Audio Eng. Soc. 60 (6), 2012.
"""

from typing import Annotated, Any, TypeAlias

import numpy as np

from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import high, highest, join, left, low, pair, right

Coefficients: TypeAlias = tuple[float, float, float, float]

# Of the state: the value after the last four, samples since then, the coefficients in use, and these samples.
NOW, COUNT, RISE, FALL, PENDING = range(5)
BALLISTICS_STATE = PENDING + 3  # numbers there are of it
ONE, TWO, THREE, FOUR, SIXTEEN = (np.uintp(n) for n in (1, 2, 3, 4, 16))


@kernel
def apply_ballistics(targets: F64, rise: float, fall: float, state: Annotated[F64, BALLISTICS_STATE]) -> None:
    """Smooth `targets` in place.

    Args:
        targets: (samples,).
        rise: one-pole coefficient where the target is above the present value.
        fall: one-pole coefficient where it is below.
        state: zeros before the first call.
    """
    if state[RISE] != rise or state[FALL] != fall:
        sign, coefficients = _branches(state[RISE], state[FALL])
        state[NOW], state[COUNT] = sign * _pending_value(int(state[COUNT]), sign, coefficients, state), 0.0
        state[RISE], state[FALL] = rise, fall
    sign, coefficients = _branches(rise, fall)
    first, last = np.uintp(0), np.uintp(targets.shape[0])
    while first < last and state[COUNT] > 0.0:
        targets[first] = _one_sample(targets[first], sign, coefficients, state)
        first += ONE
    now = sign * state[NOW]
    while first + SIXTEEN <= last:
        now = _sixteen_samples(targets, first, now, sign, coefficients)
        first += SIXTEEN
    state[NOW] = sign * now
    while first < last:
        targets[first] = _one_sample(targets[first], sign, coefficients, state)
        first += ONE


@kernel
def _sixteen_samples(targets: F64, first: Any, now: float, sign: float, coefficients: Coefficients) -> float:
    """Four fours at once; returns the value after the last."""
    a, b, c, d = (
        sign * _load_every_fourth(targets, first), sign * _load_every_fourth(targets, first + ONE),
        sign * _load_every_fourth(targets, first + TWO), sign * _load_every_fourth(targets, first + THREE),
    )  # fmt: skip
    e0, e1, e2, e3, e4 = _lines(a, b, c, d, coefficients)
    e, f, g, h, k = _floats(e0), _floats(e1), _floats(e2), _floats(e3), _floats(e4)
    second = _after_four(now, (e[0], f[0], g[0], h[0], k[0]), coefficients)
    third = _after_four(second, (e[1], f[1], g[1], h[1], k[1]), coefficients)
    fourth = _after_four(third, (e[2], f[2], g[2], h[2], k[2]), coefficients)
    end = _after_four(fourth, (e[3], f[3], g[3], h[3], k[3]), coefficients)
    v = _step(join(pair(now, second), pair(third, fourth)), a, coefficients)
    w = _step(v, b, coefficients)
    _store_every_fourth(targets, first, sign * v)
    _store_every_fourth(targets, first + ONE, sign * w)
    _store_every_fourth(targets, first + TWO, sign * _step(w, c, coefficients))
    _store_every_fourth(targets, first + THREE, sign * join(pair(second, third), pair(fourth, end)))
    return end


@kernel
def _one_sample(target: float, sign: float, coefficients: Coefficients, state: F64) -> float:
    """The next sample by itself; returns the smoothed value."""
    count, pending = int(state[COUNT]), state[PENDING:]
    if count < 3:
        pending[count] = target
        state[COUNT] += 1.0
        return sign * _pending_value(count + 1, sign, coefficients, state)
    lines = _lines(sign * pending[0], sign * pending[1], sign * pending[2], sign * target, coefficients)
    end = sign * _after_four(sign * state[NOW], lines, coefficients)
    state[NOW], state[COUNT] = end, 0.0
    return end


@kernel
def _pending_value(count: int, sign: float, coefficients: Coefficients, state: F64) -> float:
    """The value after the first `count` pending samples, times `sign`."""
    now = sign * float(state[NOW])
    for i in range(count):
        now = _step(now, sign * state[PENDING + i], coefficients)
    return now


@kernel
def smoothed_now(state: Annotated[F64, BALLISTICS_STATE]) -> float:
    """The value after the last sample; the state stays as it is."""
    sign, coefficients = _branches(state[RISE], state[FALL])
    return float(sign * _pending_value(int(state[COUNT]), sign, coefficients, state))


@kernel
def _branches(rise: float, fall: float) -> tuple[float, Coefficients]:
    """The sign that makes rising the quicker branch, and both coefficients with their complements."""
    fast, slow = max(rise, fall), min(rise, fall)
    return 1.0 if rise >= fall else -1.0, (fast, slow, 1.0 - fast, 1.0 - slow)


@kernel
def _step(now: Any, target: Any, coefficients: Coefficients) -> Any:
    """One step: the higher of both branches."""
    fast, slow, fast_keep, slow_keep = coefficients
    return highest(fast * target + fast_keep * now, slow * target + slow_keep * now)


@kernel
def _lines(a: Any, b: Any, c: Any, d: Any, coefficients: Coefficients) -> Any:
    """Offsets of the five lines: the highest that 0 leads to in four steps with no quick one among them, ... four."""
    fast, slow, fast_keep, slow_keep = coefficients
    lazy, quick = slow * b, fast * b
    e0, e1 = slow * a, fast * a
    e0, e1, e2 = lazy + slow_keep * e0, highest(quick + fast_keep * e0, lazy + slow_keep * e1), quick + fast_keep * e1
    lazy, quick = slow * c, fast * c
    e0, e1, e2, e3 = (
        lazy + slow_keep * e0,
        highest(quick + fast_keep * e0, lazy + slow_keep * e1),
        highest(quick + fast_keep * e1, lazy + slow_keep * e2),
        quick + fast_keep * e2,
    )
    lazy, quick = slow * d, fast * d
    return (
        lazy + slow_keep * e0,
        highest(quick + fast_keep * e0, lazy + slow_keep * e1),
        highest(quick + fast_keep * e1, lazy + slow_keep * e2),
        highest(quick + fast_keep * e2, lazy + slow_keep * e3),
        quick + fast_keep * e3,
    )


@kernel
def _after_four(now: float, lines: tuple[float, float, float, float, float], coefficients: Coefficients) -> float:
    """The value after four steps from `now`: the highest of the five lines."""
    _, _, f, s = coefficients
    ff, fs, ss = f * f, f * s, s * s
    e0, e1, e2, e3, e4 = lines
    lazier = max(e0 + ss * ss * now, e1 + ss * fs * now)
    quicker = max(e2 + ff * ss * now, e3 + ff * fs * now)
    return max(max(lazier, quicker), e4 + ff * ff * now)


@kernel
def _load_every_fourth(x: F64, i: Any) -> Any:
    """Four lanes: every fourth value, from `i` on."""
    return join(pair(x[i], x[i + FOUR]), pair(x[i + TWO * FOUR], x[i + THREE * FOUR]))


@kernel
def _store_every_fourth(x: F64, i: Any, lanes: Any) -> None:
    """The inverse of `_load_every_fourth`."""
    x[i], x[i + FOUR], x[i + TWO * FOUR], x[i + THREE * FOUR] = _floats(lanes)


@kernel
def _floats(lanes: Any) -> tuple[float, float, float, float]:
    """Four lanes as floats."""
    return left(low(lanes)), right(low(lanes)), left(high(lanes)), right(high(lanes))
