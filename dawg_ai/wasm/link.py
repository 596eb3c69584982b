"""Link an object file to a WebAssembly module that a browser can load.

A relocatable object of a single LLVM module already has final indices, so nothing has to be relocated. It only needs
an export section, and its linking metadata removed.

Source: WebAssembly Core Specification 2.0, 5.5 (https://www.w3.org/TR/wasm-core-2/), and "WebAssembly Object File
Linking" (https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CUSTOM, IMPORT, EXPORT, START, DATA = 0, 2, 7, 8, 11  # sections
FUNCTION, TABLE, MEMORY, GLOBAL = range(4)  # kinds of imports
KINDS = ("function", "table", "memory", "global")
SYMBOL_TABLE = 8
I32_CONST = 0x41
UNDEFINED, EXPLICIT_NAME = 0x10, 0x40


@dataclass
class Reader:
    """A cursor over the bytes of a module or section."""

    data: bytes
    offset: int = 0

    @property
    def done(self) -> bool:
        """Whether the end is reached."""
        return self.offset >= len(self.data)

    def byte(self) -> int:
        """One byte."""
        self.offset += 1
        return self.data[self.offset - 1]

    def unsigned(self) -> int:
        """An unsigned LEB128 integer: seven bits per byte, lowest first; the top bit marks continuation."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def signed(self) -> int:
        """A signed LEB128 integer: bit 6 of the last byte is its sign."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value - (1 << shift) if byte & 0x40 else value

    def chunk(self) -> bytes:
        """A length-prefixed byte vector."""
        size = self.unsigned()
        self.offset += size
        return self.data[self.offset - size : self.offset]

    def name(self) -> str:
        """A length-prefixed UTF-8 string."""
        return self.chunk().decode()


def unsigned(value: int) -> bytes:
    """Encode an unsigned integer as LEB128.

    >>> unsigned(300).hex()
    'ac02'
    """
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + unsigned(rest) if rest else bytes([low])


def sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    """The sections of a module or object: (kind, content)."""
    reader = Reader(module, offset=8)
    while not reader.done:
        yield reader.byte(), reader.chunk()


def imports(module: bytes) -> list[tuple[str, str]]:
    """Imports of a module or object: (kind, name)."""
    found = []
    for section, content in sections(module):
        if section == IMPORT:
            reader = Reader(content)
            for _ in range(reader.unsigned()):
                _module, name, kind = reader.name(), reader.name(), reader.byte()
                found.append((KINDS[kind], name))
                _skip_type(reader, kind)
    return found


def _skip_type(reader: Reader, kind: int) -> None:
    if kind == FUNCTION:
        reader.unsigned()
    elif kind == GLOBAL:
        reader.offset += 2
    else:
        if kind == TABLE:
            reader.byte()
        has_maximum = reader.unsigned() & 1
        reader.unsigned()
        if has_maximum:
            reader.unsigned()


def data_end(module: bytes) -> int:
    """The address after the last constant of a module's data segments; 0 if it has none.

    Raises:
        ValueError: a data segment is not at a constant address, as LLVM's always are.
    """
    end = 0
    for section, content in sections(module):
        reader = Reader(content if section == DATA else b"\0")
        for _ in range(reader.unsigned()):
            if (flags := reader.unsigned()) != 0 or reader.byte() != I32_CONST:
                raise ValueError(f"a data segment of kind {flags} is not at a constant address")
            address = reader.signed()
            reader.byte()  # end of the address expression
            end = max(end, address + len(reader.chunk()))
    return end


def functions(obj: bytes) -> dict[str, int]:
    """Index of each function that an object defines, by name."""
    found: dict[str, int] = {}
    for section, content in sections(obj):
        reader = Reader(content)
        if section == CUSTOM and reader.name() == "linking":
            reader.unsigned()  # version
            while not reader.done:
                kind, table = reader.byte(), Reader(reader.chunk())
                if kind == SYMBOL_TABLE:
                    found |= _defined_functions(table)
    return found


def _defined_functions(table: Reader) -> dict[str, int]:
    data, section = 1, 3
    found: dict[str, int] = {}
    for _ in range(table.unsigned()):
        kind, flags = table.byte(), table.unsigned()
        if kind == data:
            table.name()
            if not flags & UNDEFINED:
                for _place in range(3):
                    table.unsigned()
        elif kind == section:
            table.unsigned()
        else:
            index = table.unsigned()
            if not flags & UNDEFINED or flags & EXPLICIT_NAME:
                name = table.name()
                if kind == FUNCTION and not flags & UNDEFINED:
                    found[name] = index
    return found


def link(obj: bytes, exports: Sequence[str]) -> bytes:
    """Link an object file.

    Args:
        obj: the relocatable object.
        exports: names of the functions to export.

    Returns:
        The module.
    """
    indices = functions(obj)
    listed = [unsigned(len(name)) + name.encode() + bytes([FUNCTION]) + unsigned(indices[name]) for name in exports]
    kept = [(kind, content) for kind, content in sections(obj) if kind != CUSTOM]
    # Sections are ordered by number, except 12 and 13 (data count, tags), which come earlier. The export section goes
    # before the first section that must follow it.
    after = next((i for i, (kind, _) in enumerate(kept) if kind >= START and kind != 13), len(kept))
    kept.insert(after, (EXPORT, unsigned(len(exports)) + b"".join(listed)))
    return obj[:8] + b"".join(bytes([kind]) + unsigned(len(content)) + content for kind, content in kept)
