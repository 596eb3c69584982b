"""FLAC: the channel mask, which stands in a Vorbis comment.

Source: RFC 9639, 8 (metadata blocks) and 8.6.2 (channel mask).
"""

import re

MAGIC = b"fLaC"
_COMMENT = 4  # kind of metadata block
_MASK = re.compile(rb"WAVEFORMATEXTENSIBLE_CHANNEL_MASK=(0x[0-9a-f]{1,8})", re.IGNORECASE)


def mask(data: memoryview) -> int:
    """The channel mask of a native FLAC file; 0 where it has none."""
    at = len(MAGIC)
    while at + 4 <= len(data):
        kind, size = data[at] & 0x7F, int.from_bytes(data[at + 1 : at + 4], "big")
        if kind == _COMMENT:
            found = _MASK.search(data, at + 4, at + 4 + size)
            return int(found[1], 16) if found else 0
        if data[at] & 0x80:
            break
        at += 4 + size
    return 0
