"""A fingerprint changes when what is computed may change, and at no other time."""

import pytest

from dawg_ai.fingerprint import code

HELPED = '''
"""The power of each frame."""

from typing import Annotated

from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.features.audio import AudioFeatures
from . import helper
from .helper import TABLE, square as squared, half as halved

UNUSED = 1.0


@kernel
def prepare(sample_rate_hz: float) -> None:
    """Nothing."""


@kernel
def frame(x: Annotated[F32, "channels", "samples"], sample_rate_hz: float, power: Annotated[F32, 1]) -> None:
    """Mean square."""
    power[0] = halved(squared(float(x[0, 0]))) + helper.SCALE + TABLE[0]  # of the first sample


FEATURES = AudioFeatures(frame_s=1.0, outputs=("power",), prepare=prepare, frame=frame)
'''

HELPER = """
from dawg_ai.plugins import auto_eq

SCALE = 0.5
TABLE = [1.0, 2.0]
TABLE[1] = 3.0


def half(x: float) -> float:
    return x * SCALE


def square(x: float) -> float:
    return x * x


def unused(x: float) -> float:
    return x + 1.0
"""


@pytest.fixture
def helped(toy):
    """The toy with a kernel that leans on a second file."""
    (toy.folder / "features.py").write_text(HELPED)
    (toy.folder / "helper.py").write_text(HELPER)
    return toy


def fingerprint(toy):
    features = toy.load().sources[0].features
    return code(features.prepare, features.frame)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("helper.py", "x * x", "x * x * x"),
        ("helper.py", "SCALE = 0.5", "SCALE = 0.25"),
        ("helper.py", "TABLE[1] = 3.0", "TABLE[1] = 4.0"),
        ("features.py", "+ TABLE[0]", "- TABLE[0]"),
        ("features.py", "square as squared, half as halved", "half as squared, square as halved"),
    ],
)
def test_a_change_in_what_is_computed_counts(helped, file, old, new):
    before = fingerprint(helped)
    helped.edit(file, old, new)
    assert fingerprint(helped) != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("helper.py", "x + 1.0", "x + 2.0"),
        ("features.py", "UNUSED = 1.0", "UNUSED = 2.0"),
        ("features.py", "  # of the first sample", ""),
        ("features.py", '"""Mean square."""', '"""The mean square."""'),
        ("__init__.py", '"learning_rate": 0.1', '"learning_rate": 0.01'),
        ("model.py", "nn.GELU()", "nn.ReLU()"),
    ],
)
def test_nothing_else_counts(helped, file, old, new):
    before = fingerprint(helped)
    helped.edit(file, old, new)
    assert fingerprint(helped) == before


def test_only_what_is_reached_is_in_it(toy):
    modules = {name.rpartition(".")[0] for name in fingerprint(toy)}
    assert f"dawg_ai.plugins.{toy.folder.name}.features" in modules
    assert "dawg_ai.dsp.kernel" in modules
    assert "dawg_ai.dsp.effects.parametric" not in modules


def test_a_module_used_as_a_whole_counts_as_a_whole(toy):
    toy.edit("examples.py", "size = len(mode)", "print(np, effect)\n    size = len(mode)")
    toy.edit("examples.py", "import numpy as np\n", "import numpy as np\nfrom dawg_ai.dsp import effect\n")
    reached = code(toy.load().part("examples").batch)
    assert "dawg_ai.dsp.effect.Knob" in reached


def test_what_is_left_out_takes_with_it_what_only_it_reaches(toy):
    toy.edit("examples.py", "size = len(mode)", "print(PLUGIN)\n    size = len(mode)")
    toy.edit("examples.py", "import numpy as np\n", "import numpy as np\nfrom . import PLUGIN\n")
    package, batch = f"dawg_ai.plugins.{toy.folder.name}", toy.load().part("examples").batch
    assert {f"{package}.PLUGIN", f"{package}.features.frame"} <= code(batch).keys()
    without = code(batch, without={f"{package}.PLUGIN"})
    assert f"{package}.examples.FRAMES" in without
    assert not {f"{package}.PLUGIN", f"{package}.features.frame"} & without.keys()


@pytest.mark.parametrize(
    "handed_on",
    [
        {"helper.py": "from .deeper import inner as square\n"},
        {"helper.py": "from .between import square\n", "between.py": "from .deeper import inner as square\n"},
        {"helper.py": "from . import deeper\n\n\ndef square(x: float) -> float:\n    return deeper.inner(x)\n"},
        {
            "helper.py": "from .between import square\n",
            "between/__init__.py": "from ..deeper import inner as square\n",
        },
    ],
    ids=["imported", "handed on twice", "as a module", "by a package"],
)
def test_a_change_behind_a_name_that_is_handed_on_counts(helped, handed_on):
    """What a kernel calls may have come through any number of modules."""
    helped.edit("features.py", "square as squared, half as halved", "square as squared")
    helped.edit("features.py", "halved(squared(float(x[0, 0]))) + helper.SCALE + TABLE[0]", "squared(float(x[0, 0]))")
    helped.edit("features.py", "TABLE, ", "")
    helped.edit("features.py", "from . import helper\n", "")
    for name, source in handed_on.items():
        (helped.folder / name).parent.mkdir(exist_ok=True)
        (helped.folder / name).write_text(source)
    factor = "FACTOR = 2.0\n\n\ndef inner(x: float) -> float:\n    return FACTOR * x\n"
    (helped.folder / "deeper.py").write_text(factor)
    before = fingerprint(helped)
    for old, new in (("FACTOR = 2.0", "FACTOR = 3.0"), ("FACTOR * x", "FACTOR + x")):
        (helped.folder / "deeper.py").write_text(factor.replace(old, new))
        assert fingerprint(helped) != before
    (helped.folder / "deeper.py").write_text(factor + "\n\nUNUSED = 1.0\n")
    assert fingerprint(helped) == before


def test_two_names_from_one_place_do_not_stand_for_each_other(toy):
    """What the same words mean depends on where they were imported from."""
    for name, factor in (("one", 1), ("two", 2)):
        (toy.folder / f"{name}.py").write_text(f"def scale(x: float) -> float:\n    return {factor} * x\n")
    toy.edit("examples.py", "size = len(mode)", "print(scale)\n    size = len(mode)")
    toy.edit("examples.py", "import numpy as np\n", "import numpy as np\nfrom .one import scale\n")
    before = code(toy.load().part("examples").batch)
    toy.edit("examples.py", "from .one", "from .two")
    assert code(toy.load().part("examples").batch) != before
