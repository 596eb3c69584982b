"""Text of ID3v2 tags, which MP3 files begin with and WAV and AIFF files have as a chunk.

Source: id3.org, "ID3 tag version 2.4.0" and "2.3.0". Names are those of Vorbis comments.
"""

from collections.abc import Iterator, Mapping

FRAMES = {
    "title": "TIT2",
    "artist": "TPE1",
    "album": "TALB",
    "tracknumber": "TRCK",
    "date": "TDRC",
    "genre": "TCON",
    "copyright": "TCOP",
    "comment": "COMM",
    "license": "TXXX",  # with this name as its description: ID3 has no frame for a licence that is not a web address
}
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_UTF8 = b"\x03"
_NAMES = {frame: name for name, frame in FRAMES.items()} | {"TYER": "date"}  # version 2.3 knows the year alone


def build(text: Mapping[str, str]) -> bytes:
    """A tag of version 2.4.

    Args:
        text: by the names of `FRAMES`; those without text are left out.

    Returns:
        The tag; b"" if there is nothing to say.

    >>> parse(build({"title": "Été", "license": "CC0-1.0", "genre": ""}))
    {'title': 'Été', 'license': 'CC0-1.0'}
    """
    frames = b""
    for name, frame in FRAMES.items():
        if not text.get(name):
            continue
        before = {"COMM": b"XXX\0", "TXXX": name.upper().encode() + b"\0"}.get(frame, b"")  # XXX: language unknown
        content = _UTF8 + before + text[name].encode()
        frames += frame.encode() + _spread(len(content)) + bytes(2) + content
    return b"ID3\x04\0\0" + _spread(len(frames)) + frames if frames else b""


def parse(data: bytes) -> dict[str, str]:
    """The text of a tag of version 2.3 or 2.4, by the names of `FRAMES`.

    Args:
        data: the tag, and whatever follows it.

    Returns:
        What it says; several values of one frame are joined by "; ". Empty if it is no tag, or a damaged one.
    """
    found: dict[str, str] = {}
    for frame, content in frames_of(data):
        name = _NAMES.get(frame)
        if name is None or len(content) < 2 or content[0] >= len(_ENCODINGS):
            continue
        encoding, body = _ENCODINGS[content[0]], content[4:] if frame == "COMM" else content[1:]
        values = body.decode(encoding, "replace").rstrip("\0").split("\0")
        if frame in ("COMM", "TXXX"):
            description = values.pop(0).lstrip("\ufeff").lower()
            if description != ("license" if frame == "TXXX" else ""):
                continue
        if text := "; ".join(value.lstrip("\ufeff") for value in values if value):
            found.setdefault(name, text)
    return found


def frames_of(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and content of each frame of a tag of version 2.3 or 2.4; nothing if it is none of these."""
    if data[:3] != b"ID3" or len(data) < 10 or data[3] not in (3, 4):
        return
    version, flags = data[3], data[5]
    body = data[10 : 10 + _joined(data[6:10])]
    if flags & 0x80 and version == 3:  # unsynchronised: no FF is followed by a byte that begins an MP3 frame
        body = body.replace(b"\xff\0", b"\xff")
    at = 0
    if flags & 0x40:  # an extended header
        at = _joined(body[:4]) if version == 4 else 4 + int.from_bytes(body[:4], "big")
    while at + 10 <= len(body) and body[at] != 0:
        size = _joined(body[at + 4 : at + 8]) if version == 4 else int.from_bytes(body[at + 4 : at + 8], "big")
        content, of_content = body[at + 10 : at + 10 + size], body[at + 9] if version == 4 else 0
        if of_content & 0x01:  # its length in the open comes first
            content = content[4:]
        yield (
            body[at : at + 4].decode("latin-1"),
            content.replace(b"\xff\0", b"\xff") if of_content & 0x02 else content,
        )
        at += 10 + size


def _spread(size: int) -> bytes:
    """A size in four bytes of seven bits."""
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def _joined(size: bytes) -> int:
    return sum((byte & 0x7F) << shift for byte, shift in zip(size, (21, 14, 7, 0), strict=False))
