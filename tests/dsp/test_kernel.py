import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import numba
import numpy as np
import pytest
from numba.core.errors import NumbaError

from dawg_ai import dsp
from dawg_ai.dsp import jit
from dawg_ai.dsp.kernel import F32, F64, Module, kernel, signature

USE = """
from dawg_ai.dsp import math
print(math.finite(0.7), sum(math.finite.dispatcher.stats.cache_hits.values()))
"""

FIRST = """
from dawg_ai.dsp.kernel import kernel

@kernel
def first(a):
    return a[0] + 0.0
"""

USE_TWO_SIGNATURES = """
import numpy as np
from first import first
print(first(np.ones(2, np.float32)) + 10 * first(np.ones(2)), sum(first.dispatcher.stats.cache_hits.values()))
"""


@kernel
def gain(x: Annotated[F32, "channels", "samples"], by: Annotated[F64, 1], level: float, count: int) -> float:
    """Not called."""
    return level


def test_signature_is_read_from_annotations():
    signed = signature(gain)
    assert [(a.name, a.dtype, a.shape) for a in signed.arguments] == [
        ("x", "f32", ("channels", "samples")),
        ("by", "f64", (1,)),
        ("level", "f64", None),
        ("count", "i32", None),
    ]
    assert signed.free == ("channels", "samples") and signed.returns == "f64"


def test_allocate_leaves_out_what_has_no_size_yet():
    arrays = Module("m", (gain,)).allocate(channels=2)
    assert list(arrays) == ["by"] and arrays["by"].dtype == np.float64


def test_one_name_has_one_meaning():
    def other(by: Annotated[F64, 2]) -> None: ...

    with pytest.raises(AssertionError, match="by is declared as"):
        Module("m", (gain, other)).arrays()


SECOND = """
from dawg_ai.dsp.kernel import kernel

@kernel
def scale(x: float) -> float:
    return {factor} * x
"""

FIRST_OF_TWO = """
from dawg_ai.dsp.kernel import kernel
from second import scale

@kernel
def scaled(x: float) -> float:
    return scale(x)
"""


def start(cache, use=USE):
    """A process that uses a kernel, its machine code kept in `cache`."""
    environment = os.environ | {"DAWG_CACHE": str(cache), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen([sys.executable, "-W", "error", "-c", use], env=environment, stdout=subprocess.PIPE)


def finish(process):
    """Its result, and how often it found machine code ready."""
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    value, hits = out.split()
    return float(value), int(hits)


def test_a_kernel_that_returns_an_array_or_makes_one_is_refused():
    """It would be counted by nobody; a slice would come out as all of its array."""
    for function in (lambda x: x[2:4], lambda x: x, lambda x: x[2:] if x[0] > 0 else x):
        with pytest.raises((TypeError, NumbaError), match="array"):
            kernel(function)(np.zeros(8))
    makes = numba.njit(lambda n: np.zeros(n).sum())
    for function in (lambda n: np.zeros(n).sum(), lambda n: makes(n)):
        with pytest.raises(NumbaError, match=r"NRT required|function zeros"):
            kernel(function)(8)


def test_two_processes_fill_the_cache_and_a_third_uses_it(tmp_path):
    both = [start(tmp_path), start(tmp_path)]
    values = [finish(process)[0] for process in both]
    assert finish(start(tmp_path)) == (values[0], 1) and values[0] == values[1]


def test_where_no_cache_can_be_kept_it_still_works(tmp_path):
    (tmp_path / "file").touch()
    value, hits = finish(start(tmp_path / "file"))
    assert value == 0.7 and hits == 0
    assert not list(Path(dsp.__file__).parent.rglob("*.nbi"))  # nor written beside the sources, read-only or not


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        (numba.config, "OPT", 1),
        (numba.config, "BOUNDSCHECK", 7),
        (numba.config, "CPU_NAME", "another"),
        (numba, "__version__", "0.0"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_machine_code_of_other_settings_is_kept_apart(place, name, value, monkeypatch):
    before = jit._cache_folder(gain.py_func)
    monkeypatch.setattr(place, name, value)
    assert jit._cache_folder(gain.py_func) != before
    monkeypatch.undo()
    assert jit._cache_folder(gain.py_func) == before


def test_machine_code_of_another_signature_is_not_run(tmp_path, monkeypatch):
    """As when two processes took the same number for the files of different signatures."""
    (tmp_path / "first.py").write_text(FIRST)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert finish(start(tmp_path, USE_TWO_SIGNATURES)) == (11, 0)
    assert finish(start(tmp_path, USE_TWO_SIGNATURES)) == (11, 2)
    one, two = sorted(tmp_path.rglob("first.first-*.nbc"))
    one.rename(tmp_path / "aside")
    two.rename(one)
    (tmp_path / "aside").rename(two)
    assert finish(start(tmp_path, USE_TWO_SIGNATURES)) == (11, 0)


def test_a_kernel_that_calls_a_second_file_of_its_folder_is_compiled_anew_when_that_changes(tmp_path, monkeypatch):
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "second.py").write_text(SECOND.format(factor=2.0))
    (folder / "first_of_two.py").write_text(FIRST_OF_TWO)
    monkeypatch.syspath_prepend(str(folder))
    use = "from first_of_two import scaled as s; print(s(1.5), s.dispatcher.stats.cache_hits.total())"
    assert finish(start(tmp_path / "cache", use)) == (3.0, 0)
    assert finish(start(tmp_path / "cache", use)) == (3.0, 1)
    (folder / "second.py").write_text(SECOND.format(factor=4.0))
    assert finish(start(tmp_path / "cache", use)) == (6.0, 0)
