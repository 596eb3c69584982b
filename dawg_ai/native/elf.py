"""Link object files to a shared library for Linux, so that building it takes no linker: Debian has none by itself.

The objects hold code and constants alone, and need nothing from outside. So a library is three segments: the table
of its symbols with the constants, the code, and the few words in which the loader finds the table.

Source: "System V Application Binary Interface" (https://www.sco.com/developers/gabi/), its supplement for AMD64
(https://gitlab.com/x86-psABIs/x86-64-ABI) and "ELF for the Arm 64-bit Architecture"
(https://github.com/ARM-software/abi-aa).
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dawg_ai.errors import DawgError

X86_64, AARCH64 = 62, 183  # machines
PAGE = 1 << 16  # the largest of any Linux on either
LINE = 64  # the strictest alignment of code and constants
_WRITE, _ALLOC, _EXEC = 1, 2, 4  # flags of sections
_SYMTAB, _RELA = 2, 4  # types of sections
_LOAD, _DYNAMIC, _STACK = 1, 2, 0x6474E551  # types of segments
_HASH, _STRTAB, _SYMBOLS, _STRSZ, _SYMENT = 4, 5, 6, 10, 11  # tags of the dynamic section
_HEADER, _SEGMENT, _SYMBOL = 64, 56, 24  # sizes in bytes


@dataclass(frozen=True)
class _Section:
    name: str
    kind: int
    flags: int
    content: bytes
    link: int
    info: int
    align: int


@dataclass(frozen=True)
class _Symbol:
    name: str
    section: int  # 0 for one that is not defined here
    value: int
    size: int
    kind: int
    is_global: bool
    is_hidden: bool


def _sections(obj: bytes) -> list[_Section]:
    (at,), (size, count, names) = struct.unpack_from("<Q", obj, 40), struct.unpack_from("<3H", obj, 58)
    headers = [struct.unpack_from("<2I4Q2I2Q", obj, at + size * index) for index in range(count)]
    text = obj[headers[names][4] :]
    return [
        _Section(_name(text, name), kind, flags, obj[start : start + length] if kind != 8 else b"", link, info, align)
        for name, kind, flags, _, start, length, link, info, align, _ in headers
    ]


def _name(text: bytes, at: int) -> str:
    return text[at : text.index(b"\0", at)].decode()


def _symbols(sections: Sequence[_Section]) -> list[_Symbol]:
    found = []
    for table in sections:
        if table.kind == _SYMTAB:
            names = sections[table.link].content
            for name, info, other, section, value, size in struct.iter_unpack("<I2BH2Q", table.content):
                bits = info & 15, info >> 4 == 1, other & 3 == 2
                found.append(_Symbol(_name(names, name), section, value, size, *bits))
    return found


def _kept(section: _Section) -> bool:
    return bool(section.flags & _ALLOC and section.content) and section.name != ".eh_frame"


@dataclass
class _Segment:
    """The sections of one kind of access, one after another."""

    content: bytearray
    address: int = 0

    def add(self, content: bytes, align: int) -> int:
        """Append `content`, aligned; where in the segment it is."""
        self.content += bytes(-len(self.content) % max(align, 1))
        self.content += content
        return len(self.content) - len(content)


def _x86_64(kind: int, word: int, target: int, place: int) -> tuple[str, int] | None:
    """The relocated word: its format and value."""
    if kind in (2, 4):  # PC32, PLT32
        return "<i", target - place
    return ("<q", target - place) if kind == 24 else None  # PC64


def _aarch64(kind: int, word: int, target: int, place: int) -> tuple[str, int] | None:
    shifts = {277: 0, 278: 0, 284: 1, 285: 2, 286: 3, 299: 4}  # ADD, LDST8, 16, 32, 64, 128: the low 12 bits
    if kind in shifts:
        return "<I", word | (target & 0xFFF) >> shifts[kind] << 10
    if kind == 275:  # ADR_PREL_PG_HI21
        pages = (target >> 12) - (place >> 12)
        return "<I", word | (pages & 3) << 29 | (pages >> 2 & 0x7FFFF) << 5
    if kind in (282, 283):  # JUMP26, CALL26
        return "<I", word | (target - place) >> 2 & 0x3FFFFFF
    return {260: ("<q", target - place), 261: ("<i", target - place)}.get(kind)  # PREL64, PREL32


_RELOCATE: Mapping[int, Callable[[int, int, int, int], tuple[str, int] | None]] = {
    X86_64: _x86_64,
    AARCH64: _aarch64,
}


def link(objects: Sequence[bytes]) -> bytes:
    """Link relocatable objects.

    Args:
        objects: of one machine, for position-independent code. Their global symbols are exported but for hidden ones.

    Returns:
        The library.

    Raises:
        DawgError: a symbol is needed that no object defines; or an object has data that can be written to, or a
            relocation of a kind that code and constants of kernels do not need.
    """
    (machine,) = struct.unpack_from("<H", objects[0], 18)
    constants, code = _Segment(bytearray()), _Segment(bytearray())
    parsed, places = [], []
    for obj in objects:
        sections = _sections(obj)
        place: dict[int, tuple[_Segment, int]] = {}
        for index, section in enumerate(sections):
            if _kept(section):
                if section.flags & _WRITE:
                    raise DawgError(f"kernels have data that can be written to, in {section.name}")
                segment = code if section.flags & _EXEC else constants
                place[index] = segment, segment.add(section.content, section.align)
        parsed.append((sections, _symbols(sections)))
        places.append(place)
    exported = {
        each.name: (*place[each.section], each)
        for (_, symbols), place in zip(parsed, places, strict=True)
        for each in symbols
        if each.is_global and each.section in place
    }
    visible = {name: found for name, found in sorted(exported.items()) if not found[2].is_hidden}
    file = _laid_out(machine, constants, code, visible)
    for (sections, symbols), place in zip(parsed, places, strict=True):
        for section in sections:
            if section.kind == _RELA and section.info in place:
                _relocate(machine, section.content, place[section.info], symbols, place, exported)
    return file()


def _relocate(
    machine: int,
    table: bytes,
    where: tuple[_Segment, int],
    symbols: Sequence[_Symbol],
    place: Mapping[int, tuple[_Segment, int]],
    exported: Mapping[str, tuple[_Segment, int, _Symbol]],
) -> None:
    segment, start = where
    for at, info, addend in struct.iter_unpack("<2Qq", table):
        symbol, kind = symbols[info >> 32], info & 0xFFFFFFFF
        if symbol.section in place:
            home, begin, value = *place[symbol.section], symbol.value
        elif symbol.name in exported:
            home, begin, value = *exported[symbol.name][:2], exported[symbol.name][2].value
        else:
            raise DawgError(f"a kernel needs {symbol.name or 'a section that is left out'}, which is in no object")
        (word,) = struct.unpack_from("<I", segment.content, start + at)
        target, from_here = home.address + begin + value + addend, segment.address + start + at
        made = _RELOCATE[machine](kind, word, target, from_here)
        if made is None:
            raise DawgError(f"a kernel needs {symbol.name} by a relocation of kind {kind}, which is not known here")
        struct.pack_into(made[0], segment.content, start + at, made[1])


def _aligned(at: int) -> int:
    return -(-at // LINE) * LINE


def _laid_out(
    machine: int, constants: _Segment, code: _Segment, exported: Mapping[str, tuple[_Segment, int, _Symbol]]
) -> Callable[[], bytes]:
    """Give the segments their addresses; what is returned puts the file together once they are relocated."""
    names = b"\0" + b"".join(name.encode() + b"\0" for name in exported)
    count = len(exported) + 1
    hash_at = _HEADER + 5 * _SEGMENT
    symbols_at = _aligned(hash_at + 4 * (3 + count))  # one bucket: few symbols, looked up once each
    names_at = symbols_at + count * _SYMBOL
    constants_at = _aligned(names_at + len(names))
    code_at = _aligned(constants_at + len(constants.content))
    dynamic_at = _aligned(code_at + len(code.content))
    # A segment lies as far into its page as into that of the file, so the file needs no gaps.
    constants.address, code.address, dynamic_address = constants_at, code_at + PAGE, dynamic_at + 2 * PAGE

    def file() -> bytes:
        entries = [(_HASH, hash_at), (_STRTAB, names_at), (_SYMBOLS, symbols_at), (_STRSZ, len(names))]
        dynamic = b"".join(struct.pack("<2Q", *entry) for entry in [*entries, (_SYMENT, _SYMBOL), (0, 0)])
        segments = [
            (_LOAD, 4, 0, 0, code_at, PAGE),
            (_LOAD, 5, code_at, code.address, len(code.content), PAGE),
            (_LOAD, 6, dynamic_at, dynamic_address, len(dynamic), PAGE),
            (_DYNAMIC, 6, dynamic_at, dynamic_address, len(dynamic), 8),
            (_STACK, 6, 0, 0, 0, 8),
        ]
        ident = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
        header = struct.pack("<2HI3QI6H", 3, machine, 1, 0, _HEADER, 0, 0, _HEADER, _SEGMENT, len(segments), 64, 0, 0)
        symbols, name_at = bytes(_SYMBOL), 1
        for name, (segment, begin, symbol) in exported.items():
            value = segment.address + begin + symbol.value
            symbols += struct.pack("<I2BH2Q", name_at, 16 | symbol.kind, 0, 1, value, symbol.size)
            name_at += len(name) + 1
        parts = {
            0: ident + header,
            _HEADER: b"".join(
                struct.pack("<2I6Q", k, access, at, to, to, n, n, to_page)
                for k, access, at, to, n, to_page in segments
            ),
            hash_at: struct.pack(f"<{3 + count}I", 1, count, 1, 0, *range(2, count), 0),
            symbols_at: symbols,
            names_at: names,
            constants_at: constants.content,
            code_at: code.content,
            dynamic_at: dynamic,
        }
        whole = b""
        for at, part in parts.items():
            whole += bytes(at - len(whole)) + bytes(part)
        return whole

    return file
