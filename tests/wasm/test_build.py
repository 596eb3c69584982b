import json
import re
from hashlib import sha256
from itertools import pairwise

import pytest

from dawg_ai.errors import DawgError
from dawg_ai.wasm import build, link

REFUSED = """
import math
from typing import Annotated
import numpy as np
from dawg_ai.dsp.kernel import F64, Module, kernel

@kernel
def {name}(a: Annotated[F64, "n"]) -> None:
    {body}

MODULE = Module("refused", ({name},), {{"n": 8}})
"""


def test_the_shipped_files_are_what_the_sources_give(fresh):
    files = build.engine(fresh)
    assert {path.name for path in build.BUILT.iterdir()} == set(files)
    for name, content in files.items():
        fresh_enough = (build.BUILT / name).read_bytes() == content
        assert fresh_enough, f"{name} is stale; run: python -m dawg_ai.wasm"


@pytest.mark.parametrize("path", sorted(build.BUILT.glob("*.wasm")), ids=lambda path: path.name)
def test_nothing_but_memory_is_imported(path):
    """So nothing is allocated either: Numba's code asks its runtime for memory, and that would be an import."""
    assert link.imports(path.read_bytes()) == [("memory", "__linear_memory")]


def test_arrays_lie_apart_and_fit():
    for name, entry in json.loads((build.BUILT / "manifest.json").read_text("utf-8"))["modules"].items():
        assert entry["sha256"] == sha256((build.BUILT / entry["wasm"]).read_bytes()).hexdigest()
        spans = []
        for array in entry["memory"].values():
            size = {"f32": 4, "f64": 8, "i32": 4}[array["type"]]
            for count in array.get("capacity", array["shape"]):
                size *= count
            assert array["offset"] % 16 == 0
            spans.append((array["offset"], array["offset"] + size))
        spans.sort()
        assert all(end <= start for (_, end), (start, _) in pairwise(spans)), name
        assert spans[0][0] >= build.PAGE and spans[-1][1] <= entry["bytes"] and entry["bytes"] % build.PAGE == 0


@pytest.mark.parametrize(
    "name, body, symbol, cause",
    [
        ("allocates", "a[0] = np.zeros(int(a[1]))[0]", "NRT_", "allocates"),
        ("libm", "a[0] = math.sin(a[1])", "sin", "dawg_ai.dsp.math"),
    ],
)
def test_what_a_browser_lacks_is_refused_by_name(name, body, symbol, cause, tmp_path, monkeypatch):
    (tmp_path / f"refused_{name}.py").write_text(REFUSED.format(name=name, body=body))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(DawgError, match=rf"{name} needs {symbol}.*{re.escape(cause)}"):
        build.compile_module(f"refused_{name}:MODULE")


def test_leb128_round_trip():
    for value in (0, 1, 127, 128, 300, 65_535, 2**31):
        assert link.Reader(link.unsigned(value)).unsigned() == value
