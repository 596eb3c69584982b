"""Mutation testing: small bugs put into modules one at a time; a bug that no test notices survives.

    python tests/mutation.py dawg_ai.store dawg_ai.data --sample 60 --seed 0

A module stands for the package below it as well. All happens in a copy of the repository. For each mutant run the
doctests of its module and those files of `tests` that belong to it (`tests_of`), until one fails.
"""

import argparse
import ast
import importlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SLOW_START_S = 60.0  # a mutant may take as long as this, and three times as long as the tests without a mutant
NAMES = {"passed": "SURVIVED", "failed": "killed  ", "too slow": "too slow"}
TRUSTED_S = 300.0  # where that is not measured

# Where a test is not called as the module, nor as its package.
ALSO = {
    "dawg_ai.ask": ("test_plugin.py", "test_declarations.py"),
    "dawg_ai.audio": ("test_audio.py",),
    "dawg_ai.bundle": ("test_declarations.py", "test_apply.py"),
    "dawg_ai.chain": ("test_render_verb.py",),
    "dawg_ai.data": ("data/test_cli.py", "data/test_folder.py"),
    "dawg_ai.data.debian": ("data/test_debian_games.py", "data/test_licence.py"),
    "dawg_ai.data.sets.debian_games": ("data/test_debian_games.py", "test_every_dataset.py"),
    "dawg_ai.data.sets.demo": ("data/test_demo.py", "test_every_dataset.py"),
    "dawg_ai.data.sets.folder": ("data/test_folder.py", "test_every_dataset.py"),
    "dawg_ai.dsp.instance": ("dsp/test_native_instance.py", "features/test_audio_features.py"),
    "dawg_ai.evaluation.run": ("evaluation/test_evaluation_run.py",),
    "dawg_ai.export.make": ("export/test_export.py",),
    "dawg_ai.features.audio": ("features/test_audio_features.py", "test_declarations.py"),
    "dawg_ai.features.notes": ("features/test_note_features.py", "test_declarations.py"),
    "dawg_ai.request": ("test_ask.py", "test_declarations.py"),
    "dawg_ai.training.batches": ("training/test_run.py", "training/test_loop.py"),
    "dawg_ai.training.calibrate": ("planning/test_plan_verb.py",),
    "dawg_ai.training.checkpoint": ("training/test_checkpoint.py", "training/test_loop.py"),
    "dawg_ai.training.stop": ("training/test_loop.py",),
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "startswith": "endswith", "endswith": "startswith"}

LEFT_OUT = {"absolute", "clone", "copy", "cpu", "detach", "lower", "mean", "resolve", "strip", "unlink"}


@dataclass(frozen=True)
class Mutant:
    """Bytes `start` to `end` of a module replaced by `new`."""

    module: str
    path: Path  # relative to the repository
    line: int
    start: int
    end: int
    new: str

    def apply(self, source: bytes) -> bytes:
        return source[: self.start] + self.new.encode() + source[self.end :]

    def describe(self) -> str:
        old = (ROOT / self.path).read_bytes()[self.start : self.end].decode()
        return " ".join(f"{self.path}:{self.line}: {old} -> {self.new}".split())


class _Finder:
    """Finds the mutants of one module. Left out are annotations, texts, what an error says, and assertions."""

    def __init__(self, module: str, path: Path) -> None:
        self.module, self.path = module, path
        source = (ROOT / path).read_bytes()
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.found: list[Mutant] = []
        self.visit(ast.parse(source))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset

    def add(self, node: ast.expr | ast.stmt, new: str) -> None:
        self.found.append(Mutant(self.module, self.path, node.lineno, *self.span(node), new))

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.Raise):
            self.add(node, "pass")
            return
        if isinstance(node, ast.Assert | ast.Import | ast.ImportFrom | ast.JoinedStr):
            return
        self.mutate(node)
        left_out = {id(getattr(node, name, None)) for name in ("annotation", "returns")}
        left_out |= {id(each) for each in getattr(node, "decorator_list", [])}
        for child in ast.iter_child_nodes(node):
            if id(child) not in left_out:
                self.visit(child)

    def mutate(self, node: ast.AST) -> None:
        """Add the mutants of this node, those of its children left aside."""
        text = ast.unparse
        match node:
            case ast.Compare(left, operators, rights):
                for i, operator in enumerate(operators):
                    for other in COMPARISONS[type(operator)]:
                        changed = [*operators[:i], other(), *operators[i + 1 :]]
                        self.add(node, f"({text(ast.Compare(left, changed, rights))})")
            case ast.BinOp(left, operator, right) if type(operator) in ARITHMETIC:
                self.add(node, f"({text(ast.BinOp(left, ARITHMETIC[type(operator)](), right))})")
            case ast.AugAssign(target, operator, value) if type(operator) in ARITHMETIC:
                self.add(node, text(ast.AugAssign(target, ARITHMETIC[type(operator)](), value)))
                self.add(node, "pass")
            case ast.BoolOp(operator, values):
                other = ast.Or() if isinstance(operator, ast.And) else ast.And()
                self.add(node, f"({text(ast.BoolOp(other, values))})")
            case ast.UnaryOp(ast.Not() | ast.USub(), operand):
                self.add(node, f"({text(operand)})")
            case ast.Constant(bool() as value):
                self.add(node, str(not value))
            case ast.Constant(int() | float() as value):
                self.add(node, str(value + 1))
            case ast.If(test) | ast.IfExp(test) | ast.While(test):
                self.add(test, f"(not ({text(test)}))")
            case ast.comprehension(ifs=[condition]):
                self.add(condition, "True")
            case ast.Return(ast.expr() as value) if text(value) != "None":
                self.add(node, "return None")
            case ast.Expr(ast.Call()):
                self.add(node, "pass")
            case ast.Break():
                self.add(node, "continue")
            case ast.Continue():
                self.add(node, "break")
            case ast.Call(ast.Name("abs" | "sorted" | "round" | "float" | "int"), [argument, *_]):
                self.add(node, f"({text(argument)})")
            case ast.Call(ast.Name(name) as function) if name in CALLS:
                self.add(function, CALLS[name])
            case ast.Call(ast.Attribute(receiver, name)) if name in CALLS:
                self.add(node.func, f"{text(receiver)}.{CALLS[name]}")
            case ast.Call(ast.Attribute(receiver, name), [], []) if name in LEFT_OUT:
                self.add(node, f"({text(receiver)})")
        if isinstance(node, ast.Call) and not text(node.func)[:1].isupper():  # a class needs most of what it is given
            for keyword in node.keywords if len(node.args) + len(node.keywords) > 1 else ():
                if keyword.arg and not isinstance(keyword.value, ast.Constant):
                    fewer = [each for each in node.keywords if each is not keyword]
                    self.add(node, text(ast.Call(node.func, node.args, fewer)))


def mutants_of(module: str) -> list[Mutant]:
    """All mutants of a module, and of those below it if it is a package."""
    place = Path(*module.split("."))
    paths = sorted((ROOT / place).rglob("*.py")) or [(ROOT / place).with_suffix(".py")]
    found = []
    for path in paths:
        relative = path.relative_to(ROOT)
        name = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
        found += _Finder(name, relative).found
    return [each for each in found if _is_code(each)]


def _is_code(mutant: Mutant) -> bool:
    """Whether Python reads it at all, such as a statement on one line with others."""
    try:
        compile(mutant.apply((ROOT / mutant.path).read_bytes()), str(mutant.path), "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def tests_of(module: str) -> list[str]:
    """The test files of a module, relative to the repository: those called as it or its package, and those in ALSO.

    The smallest package that has any counts; the cheapest come first.
    """
    tests = ROOT / "tests"
    parts, found = module.split(".")[1:], list[Path]()
    while parts and not found:
        mirror = tests.joinpath(*parts[:-1])
        found = [*mirror.glob(f"test_{parts[-1]}.py"), *sorted((mirror / parts[-1]).glob("test_*.py"))]
        found += [tests / each for each in ALSO.get(".".join(["dawg_ai", *parts]), ()) if (tests / each).exists()]
        parts.pop()
    return [str(path.relative_to(ROOT)) for path in dict.fromkeys(found)]


def run_tests(copy: Path, module: str, path: Path, timeout_s: float) -> str:
    """ "passed", "failed" or "too slow"; in a fork of this process, which has imported what is slow to import."""
    child = os.fork()
    if child == 0:
        os.setsid()
        os.chdir(copy)
        with Path(os.devnull).open("w") as nowhere:
            for stream in (1, 2):
                os.dup2(nowhere.fileno(), stream)
        sys.path.insert(0, str(copy))
        os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", str(path), *tests_of(module)])))
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return "failed" if status else "passed"
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "too slow"


def survivors(chosen: list[tuple[int, Mutant]], copy: Path, trusting: bool) -> Iterator[Mutant]:
    """Run the tests on each mutant and print what happens; yield those that no test notices."""
    limits_s: dict[str, float] = {}
    for number, mutant in chosen:
        if trusting:
            limits_s[mutant.module] = TRUSTED_S
        elif mutant.module not in limits_s:
            began_s = time.monotonic()
            if (outcome := run_tests(copy, mutant.module, mutant.path, 1800)) != "passed":
                sys.exit(f"without a mutant, the tests of {mutant.module} are {outcome}: {tests_of(mutant.module)}")
            limits_s[mutant.module] = SLOW_START_S + 3 * (time.monotonic() - began_s)
        original = (copy / mutant.path).read_bytes()
        (copy / mutant.path).write_bytes(mutant.apply(original))
        os.utime(copy / mutant.path, (number, number))  # or Python may take the bytecode of another mutant for it
        outcome = run_tests(copy, mutant.module, mutant.path, limits_s[mutant.module])
        (copy / mutant.path).write_bytes(original)
        print(f"{NAMES[outcome]} {number:4d} {mutant.describe()}", flush=True)
        if outcome == "passed":
            yield mutant


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="+", metavar="MODULE", help="such as dawg_ai.store")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many, drawn by chance; default: all")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the draw; default: 0")
    parser.add_argument("--only", type=int, nargs="*", metavar="N", help="only these numbers of the draw")
    parser.add_argument("--skip", type=int, default=0, metavar="N", help="leave out the first N of the draw")
    parser.add_argument("--trust", action="store_true", help="take it that the tests pass without a mutant")
    arguments = parser.parse_args()
    drawn = [mutant for module in arguments.modules for mutant in mutants_of(module)]
    everything = len(drawn)
    random.Random(arguments.seed).shuffle(drawn)
    numbered = list(enumerate(drawn))[arguments.skip : arguments.sample]
    if arguments.only:
        numbered = [each for each in numbered if each[0] in arguments.only]
    untested = {mutant.module for _, mutant in numbered if not tests_of(mutant.module)}
    if untested:
        sys.exit(f"no file of tests belongs to {', '.join(sorted(untested))}; name one in ALSO")
    os.environ["OMP_NUM_THREADS"] = "1"  # before they are imported
    for slow in ("numba", "playwright.sync_api", "scipy.signal", "soundfile", "torch"):
        importlib.import_module(slow)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        files = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True)
        for name in filter(None, files.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        alive = list(survivors(numbered, copy, arguments.trust))
    share = 1 - len(alive) / max(len(numbered), 1)
    print(f"{len(numbered) - len(alive)} of {len(numbered)} killed ({share:.0%}); there are {everything} mutants")
    return 0


if __name__ == "__main__":
    sys.exit(main())
