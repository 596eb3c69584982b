"""Kernels of the library beside the same kernels compiled by Numba for this processor, in interleaved runs.

python benchmarks/ahead_of_time.py [EFFECT...]
"""

import statistics
import sys

import numpy as np
from turns import compared, save

from dawg_ai.dsp import effect, library
from dawg_ai.dsp.kernel import call

RATE_HZ, SECONDS = 44_100, 60


def rendering(name: str, compiled: bool) -> tuple[object, object]:
    """What renders a minute of stereo noise, by Numba or by the library, and what it has rendered."""
    chosen = effect.load(name)
    x = (0.2 * np.random.default_rng(0).standard_normal((2, SECONDS * RATE_HZ))).astype(np.float32)
    processor = effect.Processor(chosen, RATE_HZ, chosen.example, 2)
    if chosen.load:
        processor.load(x[:, :RATE_HZ])
    y = np.empty_like(x)
    process = chosen.process.dispatcher if compiled else chosen.process

    class Named:
        """The dispatcher with the kernel's declaration."""

        py_func = chosen.process.py_func
        __call__ = staticmethod(process)

    kernel = Named()

    def run() -> None:
        call(kernel, {**processor.memory, "x": x, "key": x, "y": y, "sample_rate_hz": float(RATE_HZ)})

    return run, y


def main(names: list[str]) -> None:
    """Compare, and print the geometric mean."""
    assert library.opened().handle, library.opened().words
    rows = []
    for name in names:
        (ours, y), (peer, expected) = rendering(name, compiled=False), rendering(name, compiled=True)
        rows.append(compared(f"{name}, {library.opened().name} beside the JIT", ours, peer))
        assert np.array_equal(y, expected), name
    save("ahead_of_time", rows)
    print(f"geometric mean of peer / ours: {statistics.geometric_mean(row['ratio'] for row in rows):.3f}")


if __name__ == "__main__":
    main(sys.argv[1:] or effect.names())
