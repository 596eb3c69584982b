"""Kernels at work by name: arrays are kept and copied, sizes are checked, scalars are cast."""

from typing import Annotated

import numpy as np
import pytest

from dawg_ai.dsp.instance import Native, shaped, sizes
from dawg_ai.dsp.kernel import F32, F64, Argument, Module, kernel


@kernel
def pick(x: Annotated[F64, "n"], y: Annotated[F64, "n"], table: Annotated[F32, 3], at: int, gain: float) -> float:
    """Scale; return one value of the table and count the call."""
    for i in range(x.shape[0]):
        y[i] = x[i] * gain
    table[0] += np.float32(1.0)
    return np.float64(table[at])


def instance():
    return Native(Module("m", (pick,), {"n": 8}))


def test_arrays_keep_what_was_put_in_and_the_caller_gets_copies():
    at_work, given = instance(), np.array([1.0, 2.0])
    at_work.set("x", given)
    given[:] = 0
    assert at_work.call("pick", {"at": 0, "gain": 3.0}) == 1.0
    found = at_work.get("y")
    assert found.tolist() == [3.0, 6.0]
    found[:] = -1
    assert at_work.get("y").tolist() == [3.0, 6.0]
    assert at_work.call("pick", {"at": 0, "gain": 3.0}) == 2.0, "the memory lives on"


def test_scalars_are_cast_to_what_the_kernel_takes():
    at_work = instance()
    at_work.set("table", np.float32([0, 5, 7]))
    assert at_work.call("pick", {"at": 2.0, "gain": 1}) == 7.0
    assert at_work.call("pick", {"at": np.float32(1), "gain": np.int64(1)}) == 5.0


def test_another_size_begins_with_zeros():
    at_work = instance()
    assert at_work.get("x").shape == at_work.get("y").shape == (1,)
    at_work.set("x", np.ones(3))
    assert at_work.get("y").tolist() == [0, 0, 0]
    at_work.set("y", np.ones(5))
    assert at_work.get("x").tolist() == [0] * 5


def test_it_says_what_it_takes():
    at_work = instance()
    assert at_work.arguments("pick") == ("x", "y", "table", "at", "gain")
    assert at_work.declared("table") == Argument("table", "f32", (3,)) and at_work.declared("gain") is None
    assert at_work.capacity("n") == 8


@pytest.mark.parametrize("shape", [(3,), (2, 3), (3, 4, 1), ()])
def test_a_shape_that_was_not_declared_is_refused(shape):
    with pytest.raises(AssertionError, match="declared as"):
        sizes(Argument("x", "f32", ("channels", 4)), shape)


def test_shapes_are_filled_in():
    declared = Argument("x", "f32", ("channels", 4, "frames"))
    assert sizes(declared, (2, 4, 9)) == {"channels": 2, "frames": 9}
    assert shaped(declared, {"channels": 2, "frames": 9}) == (2, 4, 9)
    assert shaped(declared, {"frames": 9}) == (1, 4, 9)
