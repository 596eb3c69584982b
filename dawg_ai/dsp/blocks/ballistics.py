"""Ballistics: what lets a gain follow its target at one pace upwards and at another downwards.

Both steps are taken and the one that applies is picked afterwards: going up, the quicker pace leads higher, and going
down the slower one does. Where falling is quicker, all is turned upside down.

A step waits for the step before it, and that is all the time there is. So samples go in fours: where four steps lead
is the highest of five lines, one for each number of quick ones among them, and what these lines are is known before
it is known where they start. Fours are counted from the first sample of all, and anew when a pace changes; `state`
has what waits for its fourth.

Source: the smoothed branching ballistics of D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range
Compressor Design - A Tutorial and Analysis", J. Audio Eng. Soc. 60 (6), 2012.
"""

from typing import Annotated, Any, TypeAlias

import numpy as np

from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import high, highest, join, left, low, pair, right

Paces: TypeAlias = tuple[float, float, float, float]

# Of the state: where the last four ended, how many samples came since, the paces they go at, and these samples.
NOW, COUNT, RISE, FALL, WAITING = range(5)
FOLLOW = WAITING + 3  # numbers there are of it
ONE, TWO, THREE, FOUR, SIXTEEN = (np.uintp(n) for n in (1, 2, 3, 4, 16))


@kernel
def follow(targets: F64, rise: float, fall: float, state: Annotated[F64, FOLLOW]) -> None:
    """Go towards each target in turn, in place, the share `rise` of the way upwards and `fall` downwards."""
    if state[RISE] != rise or state[FALL] != fall:
        sign, paces = _both(state[RISE], state[FALL])
        state[NOW], state[COUNT] = sign * _so_far(int(state[COUNT]), sign, paces, state), 0.0
        state[RISE], state[FALL] = rise, fall
    sign, paces = _both(rise, fall)
    first, last = np.uintp(0), np.uintp(targets.shape[0])
    while first < last and state[COUNT] > 0.0:
        targets[first] = _one(targets[first], sign, paces, state)
        first += ONE
    now = sign * state[NOW]
    while first + SIXTEEN <= last:
        now = _sixteen(targets, first, now, sign, paces)
        first += SIXTEEN
    state[NOW] = sign * now
    while first < last:
        targets[first] = _one(targets[first], sign, paces, state)
        first += ONE


@kernel
def _sixteen(targets: F64, first: Any, now: float, sign: float, paces: Paces) -> float:
    """Four fours at once; returns where the last ends."""
    a, b, c, d = (
        sign * _every_fourth(targets, first), sign * _every_fourth(targets, first + ONE),
        sign * _every_fourth(targets, first + TWO), sign * _every_fourth(targets, first + THREE),
    )  # fmt: skip
    e0, e1, e2, e3, e4 = _lines(a, b, c, d, paces)
    e, f, g, h, k = _floats(e0), _floats(e1), _floats(e2), _floats(e3), _floats(e4)
    second = _end(now, (e[0], f[0], g[0], h[0], k[0]), paces)
    third = _end(second, (e[1], f[1], g[1], h[1], k[1]), paces)
    fourth = _end(third, (e[2], f[2], g[2], h[2], k[2]), paces)
    end = _end(fourth, (e[3], f[3], g[3], h[3], k[3]), paces)
    v = _step(join(pair(now, second), pair(third, fourth)), a, paces)
    w = _step(v, b, paces)
    _put_every_fourth(targets, first, sign * v)
    _put_every_fourth(targets, first + ONE, sign * w)
    _put_every_fourth(targets, first + TWO, sign * _step(w, c, paces))
    _put_every_fourth(targets, first + THREE, sign * join(pair(second, third), pair(fourth, end)))
    return end


@kernel
def _one(target: float, sign: float, paces: Paces, state: F64) -> float:
    """The next sample by itself: where it leads."""
    count, waiting = int(state[COUNT]), state[WAITING:]
    if count < 3:
        waiting[count] = target
        state[COUNT] += 1.0
        return sign * _so_far(count + 1, sign, paces, state)
    lines = _lines(sign * waiting[0], sign * waiting[1], sign * waiting[2], sign * target, paces)
    end = sign * _end(sign * state[NOW], lines, paces)
    state[NOW], state[COUNT] = end, 0.0
    return end


@kernel
def _so_far(count: int, sign: float, paces: Paces, state: F64) -> float:
    """Where the first `count` of the samples that wait lead, upside down if the sign is."""
    now = sign * float(state[NOW])
    for i in range(count):
        now = _step(now, sign * state[WAITING + i], paces)
    return now


@kernel
def _both(rise: float, fall: float) -> tuple[float, Paces]:
    """Whether up is up, and the paces: shares of the way gone, and of it left, of the quicker and of the slower."""
    fast, slow = max(rise, fall), min(rise, fall)
    return 1.0 if rise >= fall else -1.0, (fast, slow, 1.0 - fast, 1.0 - slow)


@kernel
def _step(now: Any, target: Any, paces: Paces) -> Any:
    fast, slow, fast_left, slow_left = paces
    return highest(fast * target + fast_left * now, slow * target + slow_left * now)


@kernel
def _lines(a: Any, b: Any, c: Any, d: Any, paces: Paces) -> Any:
    """Where 0 leads in four steps, at the highest, with no quick one among them, with one, ... with four."""
    fast, slow, fast_left, slow_left = paces
    lazy, quick = slow * b, fast * b
    e0, e1 = slow * a, fast * a
    e0, e1, e2 = lazy + slow_left * e0, highest(quick + fast_left * e0, lazy + slow_left * e1), quick + fast_left * e1
    lazy, quick = slow * c, fast * c
    e0, e1, e2, e3 = (
        lazy + slow_left * e0,
        highest(quick + fast_left * e0, lazy + slow_left * e1),
        highest(quick + fast_left * e1, lazy + slow_left * e2),
        quick + fast_left * e2,
    )
    lazy, quick = slow * d, fast * d
    return (
        lazy + slow_left * e0,
        highest(quick + fast_left * e0, lazy + slow_left * e1),
        highest(quick + fast_left * e1, lazy + slow_left * e2),
        highest(quick + fast_left * e2, lazy + slow_left * e3),
        quick + fast_left * e3,
    )


@kernel
def _end(now: float, lines: tuple[float, float, float, float, float], paces: Paces) -> float:
    """Where four steps lead."""
    _, _, f, s = paces
    ff, fs, ss = f * f, f * s, s * s
    e0, e1, e2, e3, e4 = lines
    lazier = max(e0 + ss * ss * now, e1 + ss * fs * now)
    quicker = max(e2 + ff * ss * now, e3 + ff * fs * now)
    return max(max(lazier, quicker), e4 + ff * ff * now)


@kernel
def _every_fourth(x: F64, i: Any) -> Any:
    return join(pair(x[i], x[i + FOUR]), pair(x[i + TWO * FOUR], x[i + THREE * FOUR]))


@kernel
def _put_every_fourth(x: F64, i: Any, lanes: Any) -> None:
    x[i], x[i + FOUR], x[i + TWO * FOUR], x[i + THREE * FOUR] = _floats(lanes)


@kernel
def _floats(lanes: Any) -> tuple[float, float, float, float]:
    return left(low(lanes)), right(low(lanes)), left(high(lanes)), right(high(lanes))
