"""A hostile host: hands one effect's kernels what no host should, in arrays with guard zones around them.

    python tests/hostile.py NAME

Run in a process of its own, since a kernel that does not end cannot be interrupted, and one that writes elsewhere may
end the process. Prints what it is at, line by line, and "done" at the end.
"""

import itertools
import resource
import sys

import instruments
import numpy as np

from dawg_ai.dsp import effect
from dawg_ai.dsp.kernel import DTYPES, call, signature
from dawg_ai.dsp.limits import MAX_RATE_HZ, MIN_RATE_HZ, USUAL_RATE_HZ

INF, NAN = float("inf"), float("nan")
RATES = (USUAL_RATE_HZ, 1.0, 8_000.0, 192_000.0, 384_000.0, 1e9, 0.0, -1.0, NAN, INF, -INF)
PLACES = (0.0, -3.0, 1e300, -1e300, NAN, INF)
CHANNELS = (1, 2, 3, 4, 8)
CPU_LIMIT_S = 120  # far more than it takes, compilation included, on a busy machine too
ZONE = 1 << 14  # bytes on either side of an array
PATTERN = 0xA5
BLOCK = 4096


class Guarded:
    """Zeroed arrays with a guard zone on either side of each."""

    def __init__(self) -> None:
        self.rooms: dict[str, np.ndarray] = {}

    def zeros(self, name: str, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        room = np.full(size + 2 * ZONE, PATTERN, np.uint8)
        self.rooms[name] = room
        inside = room[ZONE : ZONE + size]
        inside[:] = 0
        return inside.view(dtype).reshape(shape)

    def check(self, where: str) -> None:
        for name, room in self.rooms.items():
            whole = (room[:ZONE] == PATTERN).all() and (room[len(room) - ZONE :] == PATTERN).all()
            assert whole, f"{where}: wrote outside {name}"


class Host:
    """An effect's memory, and calls of its kernels."""

    def __init__(self, name: str, channels: int) -> None:
        self.effect, self.channels, self.guards = effect.load(name), channels, Guarded()
        self.rng = np.random.default_rng(channels)
        self.memory = {"sample_rate_hz": float(USUAL_RATE_HZ)}
        free = {"channels": channels, "points": 7}
        for array in self.effect.module.arrays().values():
            shape = tuple(free.get(d, d) if isinstance(d, str) else d for d in array.shape)
            if not any(isinstance(d, str) for d in shape):
                self.memory[array.name] = self.guards.zeros(array.name, shape, DTYPES[array.dtype])

    def call(self, kernel: str, **given: object) -> object:
        """Call a kernel and see that it wrote nowhere else."""
        found = call(getattr(self.effect, kernel), self.memory | given)
        self.guards.check(kernel)
        return found

    def process(self, samples: int) -> np.ndarray:
        """The next block of noise."""
        blocks = {each: self.guards.zeros(each, (self.channels, samples), np.float32) for each in ("x", "key", "y")}
        blocks["x"][:] = blocks["key"][:] = 0.5 * self.rng.standard_normal((self.channels, samples))
        self.call("process", **blocks)
        return blocks["y"]

    def give(self, times: int) -> None:
        """Give it the sound that it works with, and so many times what it plays."""
        if self.effect.load:
            x = self.guards.zeros("x", (self.channels, BLOCK), np.float32)
            x[:] = self.rng.standard_normal(x.shape) * np.exp(-np.arange(BLOCK) / 500)
            assert 0 <= self.call("load", x=x) <= BLOCK
        if self.effect.play:
            columns = signature(self.effect.play).arguments[0].shape[1]
            rows = self.guards.zeros(self.effect.plays, (300, columns), np.float32)
            rows[:] = self.rng.choice([0, 0.05, 36, -1, 1e9, -1e9, INF, -INF, NAN], rows.shape)
            rows[:3] = instruments.rows(self.effect)[:3]
            for _ in range(times):
                assert 0 <= self.call("play", **{self.effect.plays: rows}) <= 300

    def seek(self, position: float) -> None:
        """Jump to a place of the song."""
        if "position" in self.memory:
            self.memory["position"][0] = position

    def ask(self) -> None:
        """Latency, tail and curve."""
        for kernel in ("latency", "tail"):
            if getattr(self.effect, kernel):
                assert 0 <= self.call(kernel) < 2**31, f"{kernel} is {self.call(kernel)}"
        if self.effect.curve:
            self.memory["frequencies"][:] = 0.0, 20.0, 1e3, 1e9, -1.0, INF, NAN
            self.call("curve")

    def second_pass(self, y: np.ndarray) -> None:
        """Analyse and apply."""
        if self.effect.apply:
            for kernel in ("analyse", "apply"):
                block = self.guards.zeros("y", y.shape, np.float32)
                block[:] = y
                self.call(kernel, y=block)


def knob_values(knobs: tuple[effect.Knob, ...], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Values of all knobs, by what they are."""
    count = len(knobs)
    alike = {str(value): np.full(count, value) for value in (-1e9, 1e9, NAN, INF, -INF, 0.0, -0.5)}
    between = np.array([rng.uniform(each.minimum, each.maximum) for each in knobs])  # choices at no whole number too
    mixed = {f"mixed {i}": rng.choice([-1e9, 1e9, NAN, INF, -INF, 1.5], count) for i in range(3)}
    return {**alike, "between": between, **mixed}


def held(host: Host, knobs: np.ndarray, rate: float) -> tuple[np.ndarray, float]:
    """What a kernel should make of knobs and a rate, by NumPy."""
    lowest, usual, highest = (
        np.array([getattr(each, end) for each in host.effect.knobs], np.float64)
        for end in ("minimum", "default", "maximum")
    )
    rate = USUAL_RATE_HZ if np.isnan(rate) else float(np.clip(rate, MIN_RATE_HZ, MAX_RATE_HZ))
    return np.where(np.isnan(knobs), usual, np.clip(knobs, lowest, highest)), rate


def settings(name: str, knobs: np.ndarray, rate: float) -> list[bytes]:
    """All that `prepare` writes into fresh memory."""
    host = Host(name, 1)
    host.memory["knobs"][:], host.memory["sample_rate_hz"] = knobs, rate
    host.call("prepare")
    return [each.tobytes() for each in host.memory.values() if isinstance(each, np.ndarray) and each.size < 1e5]


def main(name: str) -> None:
    rng = np.random.default_rng(1)
    values = knob_values(effect.load(name).knobs, rng)
    usual = np.array([each.default for each in effect.load(name).knobs])
    hostile = [*itertools.product(values.items(), [USUAL_RATE_HZ]), *((("usual", usual), rate) for rate in RATES)]
    for (what, knobs), rate in hostile:
        print("held", what, rate, flush=True)
        right = settings(name, *held(Host(name, 1), knobs, rate))
        assert settings(name, knobs, rate) == right, "prepare did not hold the knobs and the rate within range"
    for channels in CHANNELS:
        print("never prepared", channels, flush=True)
        host = Host(name, channels)
        host.ask()
        host.give(30)
        for samples, position in zip((0, 1, *[BLOCK] * 16), itertools.cycle(PLACES), strict=False):
            host.seek(position)
            y = host.process(samples)
        host.second_pass(y)
        host, first = Host(name, channels), True
        for (what, knobs), rate in itertools.product(values.items(), RATES) if channels == 2 else hostile[:-1:3]:
            print(channels, "channels", what, rate, flush=True)
            host.memory["knobs"][:], host.memory["sample_rate_hz"] = knobs, rate
            host.ask()
            host.call("prepare")
            host.ask()
            if first:
                host.give(1)
            first = False
            for samples in (0, 1, 700):
                host.seek(rng.choice(PLACES))
                assert np.isfinite(host.process(samples)).all(), "the output is not finite"
        y = host.process(BLOCK)
        host.second_pass(y)
    print("done")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S))
    main(sys.argv[1])
