"""TOML files written by people: each value is checked as it is read, and an error names its path in the file."""

import tomllib
from collections.abc import Collection, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from dawg_ai.errors import UsageError


class Table:
    """One table of a file. Whatever nobody has asked for when `close` is called is refused.

    Args:
        values: as TOML gives them.
        path: where the table is: the file's name, and the keys that lead to it.
    """

    def __init__(self, values: dict[str, Any], path: str) -> None:
        self._values = values
        self._path = path
        self._asked: set[str] = set()

    def refuse(self, name: str, expected: str) -> UsageError:
        """The error about a field: its path, its value, and what is right."""
        if name not in self._values:
            return UsageError(f"{self._at(name)} is missing; expected {expected}")
        return UsageError(f"{self._at(name)} is {_shown(self._values[name])}; expected {expected}")

    def has(self, name: str) -> bool:
        """Whether the field is there."""
        return name in self._values

    def text(self, name: str, default: str | None = None, among: Collection[str] = ()) -> str:
        """A string that is not empty; one of `among`, if that is given."""
        expected = f"one of: {', '.join(among)}" if among else "a text"
        value = self._take(name, default, expected)
        if value is default and name not in self._values:
            return str(value)
        if not isinstance(value, str) or not value.strip() or (among and value not in among):
            raise self.refuse(name, expected)
        return value

    def number(self, name: str, default: float | None = None, *, minimum: float = 0.0, above: bool = False) -> float:
        """A number of at least `minimum`, or above it."""
        expected = f"a number {'above' if above else 'of at least'} {minimum:g}"
        value = self._take(name, default, expected)
        right = isinstance(value, int | float) and not isinstance(value, bool)
        # NaN fails both comparisons; infinity is no price, quota or time.
        if not right or not (value > minimum if above else value >= minimum) or value == float("inf"):
            raise self.refuse(name, expected)
        return float(value)

    def maybe(self, name: str, *, minimum: float = 0.0, above: bool = False) -> float | None:
        """As `number`; None where the field is missing: unknown, or without limit."""
        self._asked.add(name)
        return self.number(name, minimum=minimum, above=above) if name in self._values else None

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        value = self._take(name, default, "true or false")
        if not isinstance(value, bool):
            raise self.refuse(name, "true or false")
        return value

    def day(self, name: str) -> date:
        """A date, written as 2026-11-28."""
        value = self._take(name, None, "a date such as 2026-11-28")
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.refuse(name, "a date such as 2026-11-28")
        return value

    def table(self, name: str) -> "Table":
        """A table inside; empty where it is missing."""
        value = self._take(name, {}, "a table")
        if not isinstance(value, dict):
            raise self.refuse(name, f"a table, written as [{name}]")
        return Table(value, self._at(name))

    def tables(self, name: str) -> Iterator["Table"]:
        """The tables of an array, written as [[name]]."""
        value = self._take(name, [], "a list of tables")
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.refuse(name, f"tables, each written as [[{name}]]")
        for index, each in enumerate(value):
            yield Table(each, f"{self._at(name)}[{index}]")

    def close(self) -> None:
        """Refuse the fields that nobody has asked for."""
        for name in sorted(set(self._values) - self._asked):
            raise UsageError(f"{self._at(name)} is not known here; fields that are: {', '.join(sorted(self._asked))}")

    def _take(self, name: str, default: Any, expected: str) -> Any:
        self._asked.add(name)
        if name not in self._values and default is None:
            raise self.refuse(name, expected)
        return self._values.get(name, default)

    def _at(self, name: str) -> str:
        return f"{self._path}{'' if self._path.endswith(': ') else '.'}{name}"


def read(path: Path) -> Table:
    """The top table of a file.

    Raises:
        UsageError: there is no such file, or it is not TOML.
    """
    try:
        return Table(tomllib.loads(path.read_text("utf-8")), f"{path.name}: ")
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path.name} is not TOML: {error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path.name} is not TOML: it is not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name a TOML file") from None


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, str) else str(value)
