"""Patterns: how dry sounds of one kit are played for ten seconds. The same for envelopes and for samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SECONDS = 10.0
SHORTEST_S = 1.5  # of what is played before it stops


@dataclass(frozen=True)
class Hit:
    """One sound: which of those given, when in seconds, and how loud as a power."""

    sound: int
    time_s: float
    power: float


@dataclass(frozen=True)
class Pattern:
    """Hits, and where the recording ends in seconds."""

    hits: Sequence[Hit]
    end_s: float


def draw(rng: np.random.Generator, count: int) -> Pattern:
    """A pattern of up to `count` sounds: single hits far apart, or a bar on a grid again and again.

    It may stop early, so that what rings on is heard; the recording may end early as well.

    Args:
        rng: random numbers.
        count: number of sounds.
    """
    stop = SECONDS if rng.random() < 0.4 else rng.uniform(SHORTEST_S, SECONDS)
    hits: list[Hit] = []
    if rng.random() < 0.3:
        period, sound = float(np.exp(rng.uniform(np.log(0.35), np.log(5.0)))), int(rng.integers(count))
        time_s = rng.uniform(0.0, 0.5)
        while time_s < stop:
            hits.append(Hit(sound, time_s, 10.0 ** rng.uniform(-0.6, 0.0)))
            time_s += period * rng.uniform(0.9, 1.1)
    else:
        step_s = 60.0 / rng.uniform(60.0, 180.0) / 4.0 * (2.0 if rng.random() < 0.3 else 1.0)
        steps, start = int(rng.choice([8, 16, 32])), rng.uniform(0.0, 0.5)
        for sound in range(count):
            level, bar = 10.0 ** rng.uniform(-1.5, 0.0), rng.random(steps) < rng.uniform(0.04, 0.4)
            bar[int(rng.integers(steps))] |= sound == 0
            for index in range(int((stop - start) / step_s) + 1):
                if bar[index % steps]:
                    hits.append(Hit(sound, start + index * step_s, level * 10.0 ** rng.uniform(-0.4, 0.0)))
    end_s = SECONDS if rng.random() < 0.7 else rng.uniform(max(stop, 2.0 * SHORTEST_S), SECONDS + 1e-6)
    return Pattern([hit for hit in hits if hit.time_s < end_s], min(end_s, SECONDS))
