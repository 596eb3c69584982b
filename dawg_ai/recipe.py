"""Recipes, chains of effects with their knobs as JSON: read, checked, and written. docs/bundle.md has the format.

Browsers read the same and refuse the same, in the same words (`studio/web/src/engine/parse.ts`). A checked recipe
has choices by name, other knobs at a step of theirs, effects by today's name, and no key that does nothing.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import signature
from dawg_ai.errors import UsageError
from dawg_ai.notes import notes

FORMAT = 1
LINK = '{"effect": "parametric", "knobs": {"trim_db": -3}}'
EXAMPLE = f'{{"format": {FORMAT}, "chain": [{LINK}]}}'
MOST_NAMES, MOST_LETTERS = 40, 40  # of knobs, and of what was given, in one message


@dataclass(frozen=True)
class Parsed:
    """A checked recipe, and what is to be said about it."""

    recipe: dict[str, Any]
    remarks: tuple[str, ...] = ()


def read(path: Path) -> Parsed:
    """Read a recipe.

    Args:
        path: a recipe, or the output of `dawg apply --json`.

    Returns:
        The recipe; paths in it are relative to the working directory.

    Raises:
        UsageError: the file cannot be read or is not a recipe.
    """
    try:
        parsed = parse(parse_json(path.read_text("utf-8-sig")))
    except OSError as error:
        why = "is a folder; name the recipe in it" if path.is_dir() else f"cannot be read: {error.strerror}"
        raise UsageError(f"{path} {why}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not JSON: it is not text in UTF-8") from None
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    for link in parsed.recipe["chain"]:
        for name in link.keys() & {"sound", "key"}:
            link[name] = str(path.parent / link[name])
    return parsed


def parse_json(text: str) -> Any:
    """Parse JSON as a browser does: all numbers are float64, and NaN is none.

    Raises:
        UsageError: it is broken; the message says where.
    """

    def no_number(name: str) -> float:
        raise json.JSONDecodeError("", text, text.index(name))

    try:
        return json.loads(text, parse_int=float, parse_constant=no_number)
    except json.JSONDecodeError as error:
        found = f"unexpected {shown(text[error.pos])}" if error.pos < len(text) else "it ends too early"
        raise UsageError(f"not JSON: {found} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise UsageError("not JSON that can be read: it is nested too deep") from None


def parse(given: Any) -> Parsed:
    """Check a recipe.

    Args:
        given: a recipe, or the output of `dawg apply --json`, as JSON.

    Raises:
        UsageError: it is no recipe, or has a key, an effect, a knob or a value that does not exist.

    >>> parse({"format": 1, "chain": [{"effect": "reverb", "knobs": {"lines": 16, "mid_s": 1.2345}}]}).recipe["chain"]
    [{'effect': 'reverb', 'knobs': {'lines': '16', 'mid_s': 1.23}}]
    """
    if isinstance(given, Mapping) and "recipe" in given and "chain" not in given:
        given = given["recipe"]
    if not isinstance(given, Mapping) or not isinstance(given.get("chain"), list | tuple):
        raise UsageError(f"not a recipe; one looks like {EXAMPLE}")
    _only(given, ("format", "chain"), "a recipe")
    if _number(given.get("format")) != FORMAT:
        has = f"format {shown(given['format'])}" if "format" in given else "no format"
        raise UsageError(f"the recipe has {has}; expected {FORMAT}")
    remarks: list[str] = []
    links = [_link(each, number, remarks) for number, each in enumerate(given["chain"], 1)]
    return Parsed({"format": FORMAT, "chain": links}, tuple(remarks))


def values(link: Mapping[str, Any]) -> dict[str, float]:
    """The knobs of a checked link as numbers: a choice is its index.

    >>> values({"effect": "reverb", "knobs": {"lines": "16", "mid_s": 1.2}})
    {'lines': 1.0, 'mid_s': 1.2}
    """
    knobs = {knob.name: knob for knob in effect.load(link["effect"]).knobs}
    return {name: _position(knobs[name], value) for name, value in link["knobs"].items()}


def _position(knob: Knob, value: float | str) -> float:
    return float(knob.choices.index(value)) if isinstance(value, str) else value


def named(effect_name: str, given: Mapping[str, float]) -> dict[str, float | str]:
    """Knob values as a recipe has them: a choice by its name.

    >>> named("reverb", {"lines": 1.0, "mid_s": 1.2})
    {'lines': '16', 'mid_s': 1.2}
    """
    choices = {knob.name: knob.choices for knob in effect.load(effect_name).knobs}
    return {name: choices[name][int(value)] if choices[name] else value for name, value in given.items()}


def keys(chosen: Effect) -> list[str]:
    """The keys that a link of an effect may have."""
    takes = {"sound": bool(chosen.load), "key": chosen.takes_key, chosen.plays: bool(chosen.plays)}
    return ["effect", "knobs", "bypass", *(name for name, taken in takes.items() if taken)]


def _link(given: Any, number: int, remarks: list[str]) -> dict[str, Any]:
    if not isinstance(given, Mapping) or not isinstance(given.get("effect"), str):
        raise UsageError(f"link {number} of the recipe is none; one looks like {LINK}")
    name, differing = effect.FORMER.get(given["effect"], (given["effect"], {}))
    if name not in effect.names():
        raise UsageError(f"no effect called {shown(name)}; there are: {', '.join(effect.names())}")
    chosen = effect.load(name)
    _only(given, keys(chosen), name)
    knobs = given.get("knobs", {})
    if not isinstance(knobs, Mapping):
        raise UsageError(f"{name}: knobs is {shown(knobs)}; expected values by name")
    set_to = {each: _value(chosen, each, value, remarks) for each, value in {**differing, **knobs}.items()}
    link: dict[str, Any] = {"effect": name, "knobs": set_to}
    bypass = given.get("bypass", False)
    if not isinstance(bypass, bool):
        raise UsageError(f"{name}: bypass is {shown(bypass)}; expected true or false")
    if bypass:
        link["bypass"] = True
    for file in ("sound", "key"):
        if file in given:
            link[file] = _path(name, file, given[file])
    if chosen.plays in given:
        link[chosen.plays] = _rows(chosen, given[chosen.plays])
    return link


def _only(given: Mapping[Any, Any], allowed: Iterable[str], what: str) -> None:
    for name in given:
        if name not in allowed:
            raise UsageError(f"{what} takes no {shown(name)}; it takes {', '.join(allowed)}")


def _value(chosen: Effect, name: str, given: Any, remarks: list[str]) -> float | str:
    """A value at its knob's step; a choice by its name."""
    knobs = {knob.name: knob for knob in chosen.knobs}
    if name not in knobs:
        there = ", ".join(knobs) if len(knobs) <= MOST_NAMES else f"{len(knobs)}: dawg effects {chosen.name}"
        raise UsageError(f"{chosen.name} has no knob {shown(name)}; it has {there}")
    knob, number = knobs[name], _number(given)
    if not knob.choices:
        if number is None or not knob.minimum <= number <= knob.maximum:
            allowed = f"{knob.minimum:g} to {knob.maximum:g} {knob.unit}".rstrip()
            raise UsageError(f"{chosen.name}: {name} is {shown(given)}; expected {allowed}")
        return knob.nearest(number)
    by_index = next((choice for i, choice in enumerate(knob.choices) if i == number), None)
    called = given if isinstance(given, str) else shown(given)
    if called in knob.choices:
        # Earlier releases wrote the index, so that a number may be a name today and have meant another then.
        if by_index and by_index != called:
            remarks.append(
                f"{chosen.name}: {name} is {called}, which is its name; in a recipe of an earlier release it is the "
                f"index of {by_index}"
            )
        return called
    if by_index is None:
        raise UsageError(f"{chosen.name}: {name} is {shown(given)}; expected one of {', '.join(knob.choices)}")
    return by_index


def _path(name: str, file: str, given: Any) -> str:
    if isinstance(given, str) and given and "\0" not in given:
        return given
    raise UsageError(f"{name}: {file} is {shown(given)}; expected the path of a sound")


def _rows(chosen: Effect, given: Any) -> list[list[float]]:
    """What an instrument plays."""
    columns = (signature(chosen.play).arguments[0].shape or ())[1] if chosen.play else 0
    rows = [list(map(_number, row)) if _is_list(row) else [] for row in given] if _is_list(given) else [[]]
    whole = [[each for each in row if each is not None] for row in rows]
    if any(not len(row) == len(numbers) == columns for row, numbers in zip(rows, whole, strict=True)):
        raise UsageError(f"{chosen.name}: {chosen.plays} is no list of rows of {columns} numbers")
    if chosen.plays == "notes":
        try:
            notes(whole)
        except UsageError as error:
            raise UsageError(f"{chosen.name}: {error}") from None
    return whole


def _is_list(given: Any) -> bool:
    return isinstance(given, list | tuple)


def _number(given: Any) -> float | None:
    """A number as float64; None for anything else, such as true."""
    if isinstance(given, bool) or not isinstance(given, int | float | np.number):
        return None
    try:
        return float(given)
    except OverflowError:
        return float("inf") if given > 0 else float("-inf")


def shown(given: Any) -> str:
    """What was given, in the words of JSON: as a browser writes it, and not too long.

    >>> print(shown(1e-7), shown(3.0), shown(True), shown("high pass"), shown([1, 2]))
    1e-7 3 true "high pass" a list
    """
    number = _number(given)
    if number is not None:
        return _digits(number)
    if given is None or isinstance(given, bool):
        return json.dumps(given)
    if not isinstance(given, str):
        return "a list" if _is_list(given) else "an object"
    cut = given if len(given) <= MOST_LETTERS else f"{given[:MOST_LETTERS]}…"
    return json.dumps(cut, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def _digits(number: float) -> str:
    """ECMAScript's `Number::toString`."""
    if not np.isfinite(number):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(repr(number), "NaN")
    if number == 0 or 1e-6 <= abs(number) < 1e21:
        return format(Decimal(repr(number + 0.0)), "f").removesuffix(".0")
    return repr(number).replace("e-0", "e-")
