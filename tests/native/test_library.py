"""The library of kernels is at work, of these sources, and gives the bits of all other ways; else it is refused."""

import json
import os
import shutil
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

import dawg_ai
from dawg_ai import audio
from dawg_ai.dsp import effect, library
from dawg_ai.dsp.blocks import dither
from dawg_ai.native import build

sys.path.append(str(Path(__file__).parents[1] / "wasm"))
import parity
import test_golden

WITHOUT_NUMBA = "import sys; sys.modules['numba'] = sys.modules['llvmlite'] = None\n"
COMMAND = WITHOUT_NUMBA + "from dawg_ai.cli import main; sys.exit(main(sys.argv[1:]))"


def run(code, *words, package=Path(dawg_ai.__file__).parents[1], **settings):
    """A fresh process of Python with the package at `package`."""
    environment = os.environ | {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"} | settings
    environment = {name: value for name, value in environment.items() if value}
    command = [sys.executable, "-W", "error", "-c", code, *map(str, words)]
    return subprocess.run(command, cwd=package, env=environment, capture_output=True, text=True, check=False)


def runnable():
    """The libraries that this machine can run."""
    here = build.PLATFORMS.get(build.here())
    return [
        name
        for name in (here.targets if here else ())
        if library.runs(name) and build.current(library.BUILT / library.file_name(name))
    ]


pytestmark = pytest.mark.skipif(not runnable(), reason="python -m dawg_ai.native builds what this is about")


@pytest.mark.parametrize("name", runnable())
def test_outputs_are_the_golden_ones(name, tmp_path):
    golden, jobs = json.loads(test_golden.GOLDEN.read_text()), test_golden.jobs()
    found = parity.elsewhere(list(jobs.values()), tmp_path, DAWG_KERNELS=name)
    assert {title: sha256(out).hexdigest()[:16] for title, (out, _) in zip(jobs, found, strict=True)} == golden


def test_it_is_at_work_here():
    assert library.opened().handle and "of these sources" in library.opened().words


@pytest.fixture
def song(tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, (2, 3 * 44_100)).astype(np.float32)
    audio.write(tmp_path / "song.wav", noise, 44_100)
    links = [{"effect": name, "knobs": {}} for name in effect.names() if not effect.load(name).play]
    for link in links:
        if effect.load(link["effect"]).load:
            link["sound"] = str(tmp_path / "song.wav")
    (tmp_path / "all.json").write_text(json.dumps({"format": 1, "chain": links}))
    return tmp_path / "song.wav"


@pytest.mark.parametrize("verb", ["render", "apply", "analyse", "listen", "check", "effects"])
def test_no_verb_of_a_user_needs_numba(verb, song, tmp_path):
    words = {
        "render": [song, tmp_path / "out.wav", "--recipe", tmp_path / "all.json", "--bits", "16", "--tail"],
        "apply": ["auto_eq", song, tmp_path / "out.flac"],
        "analyse": [song, "--report", tmp_path / "page.html"],
        "listen": [song, "--out", tmp_path / "page.html"],
        "check": ["--quick"],
        "effects": ["reverb"],
    }[verb]
    done = run(COMMAND, verb, *words, DAWG_HOME=str(tmp_path / "home"), DAWG_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "cache").exists() and "kernels are compiled" not in done.stderr


def test_a_kernel_of_the_user_needs_numba_and_says_so(tmp_path):
    source = """
from typing import Annotated
import numpy as np
from dawg_ai.dsp.kernel import F64, kernel
@kernel
def scale(x: Annotated[F64, "n"]) -> None:
    for i in range(x.shape[0]):
        x[i] = 2.0 * x[i]
@kernel
def twice(x: float) -> float:
    return 2.0 * x
"""
    (tmp_path / "own.py").write_text(source)
    use = "import sys; sys.path.insert(0, sys.argv[1]); import own; import numpy as np\nprint(own.twice(2.0))\n"
    use += "x = np.ones(2); own.scale(x); print(x.sum())"
    done = run(WITHOUT_NUMBA + use, tmp_path)
    assert "UsageError: there is no machine code of own.scale" in done.stderr and "pip install numba" in done.stderr
    assert done.stdout.split() == ["4.0"], "without arrays it runs interpreted"
    for bar in (True, False):  # the first time it is compiled, and what is compiled is said
        done = run(use, tmp_path, DAWG_CACHE=str(tmp_path / "cache"))
        assert done.stdout.split() == ["4.0", "4.0"]
        assert ("compile own.scale" in done.stderr) == bar and "kernels are compiled" not in done.stderr


@pytest.fixture
def package(tmp_path):
    """A copy of the package, to be damaged."""
    root = Path(dawg_ai.__file__).parent
    unused = shutil.ignore_patterns("__pycache__", "bundles", "studio", "plugins", "styles")
    shutil.copytree(root, tmp_path / "copy" / root.name, ignore=unused)
    return tmp_path / "copy"


SAY = "from dawg_ai.dsp import library; print(library.opened().name); print(library.opened().words)"


def test_a_library_of_other_sources_is_refused(package):
    with (package / "dawg_ai" / "dsp" / "effects" / "limiter.py").open("a") as file:
        file.write("# changed\n")
    name, words = run(SAY, package=package).stdout.split("\n", 1)
    assert name == "" and "is of other sources" in words and "python -m dawg_ai.native builds it" in words
    use = "from dawg_ai.dsp.blocks.sanitise import mono; import numpy as np; print(mono(np.ones((1, 2), np.float32)))"
    done = run(use, package=package, DAWG_CACHE=str(package / "cache"))
    assert done.stdout == "[1. 1.]\n" and "kernels are compiled on first use: linux" in done.stderr
    assert "UsageError" in run(WITHOUT_NUMBA + use, package=package).stderr


def test_a_change_elsewhere_leaves_it_at_work(package):
    with (package / "dawg_ai" / "cli" / "check.py").open("a") as file:
        file.write("# changed\n")
    assert run(SAY, package=package).stdout.split("\n")[0] == library.opened().name


def test_a_damaged_or_missing_library_is_passed_over(package):
    built = package / "dawg_ai" / "native" / "built"
    names = runnable()
    for name in names[:-1]:
        (built / library.file_name(name)).write_bytes(b"no library")
    assert run(SAY, package=package).stdout.split("\n")[0] == names[-1]
    shutil.rmtree(built)
    assert "there is no library of kernels for" in run(SAY, package=package).stdout


def test_a_processor_that_lacks_instructions_gets_an_older_library(monkeypatch):
    if not {"x86-64-v4", "x86-64-v3"} <= set(runnable()):
        pytest.skip("python -m dawg_ai.native linux-x86-64 builds what this is about, for processors with AVX-512")
    choose = library.opened.__wrapped__
    for lacks, expected in (("AVX512BW", "x86-64-v3"), ("AVX2", "")):
        monkeypatch.setattr(library, "cpu_features", {**library.cpu_features, "AVX512F": False, lacks: False})
        assert choose().name == expected
    monkeypatch.setenv("DAWG_KERNELS", "x86-64-v4")
    assert (
        choose().name == "" and "needs AVX512F" in choose().words and "which this processor lacks" in choose().words
    )


RENDER = """
import sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from dawg_ai.dsp import effect
x = np.random.default_rng(0).standard_normal((2, 20_000)).astype(np.float32)
def made(name):
    return float(np.square(effect.Processor(effect.load(name), 44_100, {}, 2).process(x), dtype=float).sum())
with ThreadPoolExecutor(2) as pool:
    print(*pool.map(made, ["limiter", "limiter", "reverb", "reverb"]), "numba" in sys.modules)
"""


def test_two_processes_and_two_threads_load_it_at_once_from_where_nothing_may_be_written(package):
    files = {path: path.stat().st_mtime_ns for path in package.rglob("*")}
    for path in files:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        with ThreadPoolExecutor(2) as pool:
            one, two = (done.stdout for done in pool.map(lambda _: run(RENDER, package=package), range(2)))
    finally:
        for path in files:
            path.chmod(0o755 if path.is_dir() else 0o644)
    first, second, third, fourth, compiled = one.split()
    assert one == two and first == second and third == fourth and compiled == "False"
    assert {path: path.stat().st_mtime_ns for path in package.rglob("*")} == files


def test_arrays_that_are_not_as_declared_go_to_numba():
    """A strided output; what was declared takes the library, and both give the same."""
    x = np.random.default_rng(0).normal(0, 0.1, (2, 500)).astype(np.float32)
    keys, found = np.array([5, 6]), []
    for strided in (False, True):
        state, out = np.array([[0, 9]] * 2), np.zeros((500, 4), np.int32)
        out = out[:, ::2] if strided else np.zeros((500, 2), np.int32)
        dither.quantise(x, out, 2.0**15, keys, state)
        found.append(out.copy())
    assert np.abs(found[0]).max() > 1000
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize(
    "change",
    [
        lambda x, out: (x.astype(np.float64), out),
        lambda x, out: (x[0], out),
        lambda x, out: (x[:, ::2], out),
        lambda x, out: (x[:, :99], out),
    ],
    ids=["type", "rank", "strides", "size"],
)
def test_machine_code_is_not_called_with_what_it_was_not_made_for(change):
    entry = library.entry("dawg_ai_dsp_blocks_sanitise__average")
    arguments = [(np.dtype("f4"), ("channels", "samples")), (np.dtype("f4"), ("samples",))]
    average = library.bind(entry, arguments, ("channels", "samples"), None)
    x, out = np.ones((2, 100), np.float32), np.zeros(100, np.float32)
    assert average(*change(x, out)) is library.MISFIT and not out.any()
    assert average(x, out) is None and out.all()


def test_what_may_not_be_written_to_is_read_and_never_written():
    entry = library.entry("dawg_ai_dsp_blocks_sanitise__average")
    arguments = [(np.dtype("f4"), ("channels", "samples")), (np.dtype("f4"), ("samples",))]
    average = library.bind(entry, arguments, ("channels", "samples"), None)
    x, out = np.ones((2, 100), np.float32), np.zeros(100, np.float32)
    x.flags.writeable = False
    assert average(x, out) is None and out.all()
    out = np.zeros(100, np.float32)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="may not be written to"):
        average(x, out)
    assert not out.any()


@pytest.mark.skipif(sys.platform != "linux", reason="reads ELF")
@pytest.mark.parametrize("path", sorted(library.BUILT.glob("linux-*.so")), ids=lambda path: path.name)
def test_it_needs_no_other_library(path):
    """Nor does it allocate, therefore."""
    content = path.read_bytes()
    for index in range(struct.unpack_from("<H", content, 56)[0]):
        kind, access, at, _, _, size, _, _ = struct.unpack_from("<2I6Q", content, 64 + 56 * index)
        assert access & 3 != 3, "no page is both written to and executed"
        if kind == 2:
            tags = dict(struct.iter_unpack("<2Q", content[at : at + size]))
    hash_table, strings, symbols, string_bytes, entry_bytes, end = 4, 5, 6, 10, 11, 0
    assert tags.keys() == {hash_table, strings, symbols, string_bytes, entry_bytes, end}
    count = struct.unpack_from("<I", content, tags[hash_table] + 4)[0]
    sections = [struct.unpack_from("<I2BH2Q", content, tags[symbols] + 24 * index)[3] for index in range(1, count)]
    assert count > 80 and all(sections), "a symbol of section 0 would have to come from elsewhere"


def test_check_says_which_is_at_work(capsys):
    from dawg_ai.cli import main

    main(["check", "--quick"])
    assert f"kernels here: {library.opened().words}" in capsys.readouterr().out
