"""An object file to a WebAssembly module that a browser can load.

A relocatable object of a single LLVM module already has final indices, so that nothing is left to relocate: it needs
its exports listed, and its notes to a linker dropped.

Source: WebAssembly Core Specification 2.0, 5.5 (https://www.w3.org/TR/wasm-core-2/), and "WebAssembly Object File
Linking" (https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CUSTOM, IMPORT, EXPORT, START = 0, 2, 7, 8  # sections
FUNCTION, TABLE, MEMORY, GLOBAL = range(4)  # kinds of imports
KINDS = ("function", "table", "memory", "global")
SYMBOL_TABLE = 8
UNDEFINED, EXPLICIT_NAME = 0x10, 0x40


@dataclass
class Reader:
    """Walks over bytes."""

    data: bytes
    at: int = 0

    @property
    def done(self) -> bool:
        """Whether the end is reached."""
        return self.at >= len(self.data)

    def byte(self) -> int:
        """One byte."""
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        """An unsigned integer in LEB128: seven bits a byte, lowest first, the top bit says that more follow."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def chunk(self) -> bytes:
        """Bytes behind their count."""
        size = self.number()
        self.at += size
        return self.data[self.at - size : self.at]

    def name(self) -> str:
        """A string behind its length."""
        return self.chunk().decode()


def number(value: int) -> bytes:
    """An unsigned integer in LEB128.

    >>> number(300).hex()
    'ac02'
    """
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + number(rest) if rest else bytes([low])


def sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    """The sections of a module or object: (kind, content)."""
    reader = Reader(module, at=8)
    while not reader.done:
        yield reader.byte(), reader.chunk()


def imports(module: bytes) -> list[tuple[str, str]]:
    """What a module or object asks for: (kind, name)."""
    found = []
    for section, content in sections(module):
        if section == IMPORT:
            reader = Reader(content)
            for _ in range(reader.number()):
                _module, name, kind = reader.name(), reader.name(), reader.byte()
                found.append((KINDS[kind], name))
                _skip_type(reader, kind)
    return found


def _skip_type(reader: Reader, kind: int) -> None:
    if kind == FUNCTION:
        reader.number()
    elif kind == GLOBAL:
        reader.at += 2
    else:
        if kind == TABLE:
            reader.byte()
        has_maximum = reader.number() & 1
        reader.number()
        if has_maximum:
            reader.number()


def functions(obj: bytes) -> dict[str, int]:
    """Index of each function that an object defines, by name."""
    found: dict[str, int] = {}
    for section, content in sections(obj):
        reader = Reader(content)
        if section == CUSTOM and reader.name() == "linking":
            reader.number()  # version
            while not reader.done:
                kind, table = reader.byte(), Reader(reader.chunk())
                if kind == SYMBOL_TABLE:
                    found |= _defined_functions(table)
    return found


def _defined_functions(table: Reader) -> dict[str, int]:
    data, section = 1, 3
    found: dict[str, int] = {}
    for _ in range(table.number()):
        kind, flags = table.byte(), table.number()
        if kind == data:
            table.name()
            if not flags & UNDEFINED:
                for _place in range(3):
                    table.number()
        elif kind == section:
            table.number()
        else:
            index = table.number()
            if not flags & UNDEFINED or flags & EXPLICIT_NAME:
                name = table.name()
                if kind == FUNCTION and not flags & UNDEFINED:
                    found[name] = index
    return found


def link(obj: bytes, exports: Sequence[str]) -> bytes:
    """A module of the object file `obj` that exports the functions called `exports`."""
    indices = functions(obj)
    listed = [number(len(name)) + name.encode() + bytes([FUNCTION]) + number(indices[name]) for name in exports]
    kept = [(kind, content) for kind, content in sections(obj) if kind != CUSTOM]
    # Sections stand in the order of their numbers, except that 12 and 13 (data count, tags) come earlier; exports go
    # before the first that belongs after them.
    after = next((i for i, (kind, _) in enumerate(kept) if kind >= START and kind != 13), len(kept))
    kept.insert(after, (EXPORT, number(len(exports)) + b"".join(listed)))
    return obj[:8] + b"".join(bytes([kind]) + number(len(content)) + content for kind, content in kept)
