"""TFRecord files of `SequenceExample`, read without TensorFlow.

A record is a length (uint64), its CRC, a protocol buffer and the CRC of that, all little-endian:
https://www.tensorflow.org/tutorials/load_data/tfrecord. Of protocol buffers only what these files use is read:
varints, fixed 32 bits, and lengths (https://protobuf.dev/programming-guides/encoding/).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dawg_ai.errors import DawgError

_LONGEST_BYTES = 1 << 24  # of a record; those of ten seconds have about 1,500


@dataclass(frozen=True)
class Sequence:
    """A `SequenceExample`.

    Args:
        context: name -> bytes, floats or integers.
        features: name -> bytes of each step.
    """

    context: dict[str, list[bytes] | list[float] | list[int]]
    features: dict[str, list[bytes]]


def read(path: Path) -> Iterator[Sequence]:
    """The records of a file.

    Args:
        path: the file.

    Raises:
        DawgError: it is damaged or no TFRecord file.
    """
    with path.open("rb") as file:
        while head := file.read(12):
            try:
                (size,) = struct.unpack("<Q", head[:8])
                content = file.read(size) if size <= _LONGEST_BYTES else b""
                if len(content) != size or len(file.read(4)) != 4:
                    raise ValueError("a record breaks off")
                yield _sequence(content)
            except (ValueError, IndexError, struct.error, UnicodeDecodeError) as error:
                raise DawgError(f"{path} is damaged, or no TFRecord file: {error}") from None


def _sequence(content: bytes) -> Sequence:
    context: dict[str, list[bytes] | list[float] | list[int]] = {}
    features: dict[str, list[bytes]] = {}
    for number, part in _fields(content):
        for _, entry in _fields(part):
            pair = dict(_fields(entry))
            name, value = pair[1].decode("utf-8"), pair.get(2, b"")
            if number == 1:
                context[name] = _feature(value)
            else:
                steps = (_feature(step) for _, step in _fields(value))
                features[name] = [each for step in steps for each in step if isinstance(each, bytes)]
    return Sequence(context, features)


def _feature(content: bytes) -> list[bytes] | list[float] | list[int]:
    """A `Feature`: a list of bytes (1), floats (2) or integers (3)."""
    for kind, values in _fields(content):
        if kind == 1:
            return [value for _, value in _fields(values)]
        if kind == 2:
            return [each for _, packed in _fields(values) for each in struct.unpack(f"<{len(packed) // 4}f", packed)]
        return [each for _, packed in _fields(values) for each in _varints(packed)]
    return []


def _fields(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each field; numbers come as they are written."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        start = at
        match key & 7:
            case 2:
                size, start = _varint(content, at)
                at = start + size
            case 0:
                _, at = _varint(content, at)
            case 1:
                at += 8
            case 5:
                at += 4
            case kind:
                raise ValueError(f"there is no field of type {kind}")
        if at > len(content):
            raise ValueError("a field breaks off")
        yield key >> 3, content[start:at]


def _varints(content: bytes) -> Iterator[int]:
    at = 0
    while at < len(content):
        value, at = _varint(content, at)
        yield value


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        value, at, shift = value | (byte & 0x7F) << shift, at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("a number is too long")
