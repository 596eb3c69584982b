"""Fingerprints of code: digests of functions that change only when the computation may have changed.

A digest covers the functions and every definition of this package that they refer to by name, across modules.
Comments, docstrings, formatting and unrelated definitions in a module do not count: a new knob of an effect does not
change the digest of features that share a kernel with it.
"""

import ast
import importlib.util
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

EVERYTHING = "*"


def digest(*values: object) -> str:
    """Digest of values whose `repr` is complete: 16 hexadecimal digits.

    >>> digest("a", 1.0) == digest("a", 1.0) != digest("a", 2.0)
    True
    """
    return sha256(repr(values).encode()).hexdigest()[:16]


def code(*functions: Callable[..., Any], without: Collection[str] = ()) -> dict[str, str]:
    """The definitions that functions depend on, directly or indirectly.

    Args:
        functions: the functions.
        without: definitions to leave out, as "module.name", with all that only they depend on.

    Returns:
        "module.name" -> source without comments and docstrings, formatted by `ast.unparse`.

    >>> found = code(digest)
    >>> print(found["dawg_ai.fingerprint.digest"])
    def digest(*values: object) -> str:
        return sha256(repr(values).encode()).hexdigest()[:16]
    """
    modules: dict[str, _Module] = {}
    reached: dict[tuple[str, str], str] = {}
    waiting = [(function.__module__, function.__name__) for function in functions]
    while waiting:
        place, name = waiting.pop()
        if (place, name) in reached or f"{place}.{name}" in without:
            continue
        module = modules[place] if place in modules else modules.setdefault(place, _read(place))
        statements = module.definitions.get(name, [])
        used = sorted({each for statement in statements for each in _used(statement, place, module)})
        origins = [f"# {here} is {source}.{there}" for here, source, there in used if source != place]
        reached[place, name] = "\n".join([*origins, *(ast.unparse(statement) for statement in statements)])
        if name == EVERYTHING:
            waiting.extend((place, each) for each in module.definitions)
        elif name in module.imports:  # re-exported from another module
            waiting.append(module.imports[name])
        waiting.extend((source, there) for _, source, there in used)
    return {f"{place}.{name}": text for (place, name), text in sorted(reached.items()) if text}


@dataclass(frozen=True)
class _Module:
    definitions: dict[str, list[ast.stmt]]  # name -> the top-level statements that bind or change it
    imports: dict[str, tuple[str, str]]  # name here -> module of this package, name there


def _read(name: str) -> _Module:
    path = _source(name)
    assert path is not None, f"{name} has no source"
    tree = ast.parse(path.read_text("utf-8"))
    imports: dict[str, tuple[str, str]] = {}
    for node in ast.walk(tree):
        _strip(node)
        if isinstance(node, ast.Import):
            imports |= {a.asname or a.name: (a.name, EVERYTHING) for a in node.names if _ours(a.name)}
        elif isinstance(node, ast.ImportFrom):
            package = name if path.name == "__init__.py" else name.rpartition(".")[0]
            source = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            imports |= {a.asname or a.name: _resolve(source, a.name) for a in node.names if _ours(source)}
    definitions: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        for made in _made(statement):
            definitions.setdefault(made, []).append(statement)
    return _Module(definitions, imports)


def _source(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin else None


def _ours(module: str) -> bool:
    return module.partition(".")[0] == __name__.partition(".")[0]


def _resolve(source: str, name: str) -> tuple[str, str]:
    """What `from source import name` refers to: a module, or a name in one."""
    path = _source(source)
    if path is not None and path.name == "__init__.py" and _source(f"{source}.{name}") is not None:
        return f"{source}.{name}", EVERYTHING
    return source, name


def _strip(node: ast.AST) -> None:
    """Remove the docstring of a definition."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        kept = [each for each in node.body if not _is_text(each)]
        node.body = kept if kept or isinstance(node, ast.Module) else [ast.Pass()]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _made(statement: ast.stmt) -> set[str]:
    """The names that a top-level statement binds or changes, such as `TABLE` in `TABLE[0] = 1.0`."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    made = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.Name | ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            made |= {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    return made


def _used(statement: ast.stmt, place: str, module: _Module) -> Iterator[tuple[str, str, str]]:
    """The names that a statement uses from this package: name here, module, name there."""
    nodes = list(ast.walk(statement))
    dotted = {_dotted(node) for node in nodes if isinstance(node, ast.Attribute)}
    opened = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in module.definitions:
            yield node.id, place, node.id
        elif isinstance(node, ast.Name) and node.id in module.imports:
            source, name = module.imports[node.id]
            if name != EVERYTHING or id(node) not in opened:
                yield node.id, source, name
    for here, (source, name) in module.imports.items():
        for used in dotted if name == EVERYTHING else ():
            if used.startswith(f"{here}."):
                yield here, source, used.removeprefix(f"{here}.").partition(".")[0]


def _dotted(node: ast.expr) -> str:
    """`a.b.c` as text; "" for an expression that is not a dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    base = _dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{base}.{node.attr}" if isinstance(node, ast.Attribute) and base else ""
