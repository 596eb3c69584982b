"""MP3 streams: every frame found, whatever a header estimates.

libsndfile reads as many samples as the first frames promise: of a variable bit rate without a Xing header it
estimates them, and of joined files it reads the first. Here frames are counted, and each stream gets a header with
its count.

Sources: ISO/IEC 11172-3 2.4.1.3 and 13818-3 (frame header); the Xing header as LAME documents it.
"""

import struct
from dataclasses import dataclass

from dawg_ai.audio.splice import Piece

Buffer = memoryview  # of a file that is mapped into memory

_KBPS = {  # bit rates by (MPEG 1?, layer)
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = (44_100, 48_000, 32_000)
_CONSISTENT_FRAMES = 3  # in a row, before bytes are taken for a stream: FF Ex turns up in any data
_HAS_COUNT, _HAS_BOTH = 1, 3  # flags of a Xing header: count of frames; size in bytes too
_TAGS = (b"Xing", b"Info")
_ID3V1_SIZE = 128
_DECODER_DELAY = 529  # samples, of layer III


@dataclass(frozen=True)
class Frame:
    """A frame's header.

    Args:
        size: in bytes, the header included.
        rate_hz: sample rate.
        samples: per channel.
        kind: version and layer, which do not change within a stream.
        info_at: where a Xing header would stand, from the frame's beginning.
    """

    size: int
    rate_hz: int
    samples: int
    kind: int
    info_at: int

    @property
    def layer(self) -> int:
        """1, 2 or 3."""
        return 4 - (self.kind >> 1 & 3)


@dataclass(frozen=True)
class Stream:
    """Frames that one encoder wrote.

    Args:
        at: positions of all frames, the one with a Xing header left out.
        end: position after the last frame.
        info: position of the frame with the Xing header; None where there is none.
        promised: frames by the Xing header; None where it does not say.
        first: header of the first frame.
    """

    at: tuple[int, ...]
    end: int
    info: int | None
    promised: int | None
    first: Frame


def streams(data: Buffer) -> list[Stream]:
    """The streams of a file in their order; empty where it has none, or is in free format."""
    found: list[Stream] = []
    positions: list[int] = []
    first: Frame | None = None
    info: int | None = None
    promised: int | None = None
    at, end = _next_stream(data, 0), 0

    def close() -> None:
        if positions and first:
            found.append(Stream(tuple(positions), end, info, promised, first))
        positions.clear()

    while at is not None:
        frame = header(data, at)
        if frame is None or at + frame.size > len(data):
            resumed = _next_stream(data, at)
            if resumed is None or resumed <= at:
                break
            at = resumed
            continue
        if frame_count := _xing(data, at, frame):
            close()
            first, info, promised = frame, at, frame_count[0]
        else:
            if first is None or (frame.kind, frame.rate_hz) != (first.kind, first.rate_hz):
                close()
                first, info, promised = frame, None, None
            positions.append(at)
        at += frame.size
        end = at
    close()
    return found


def header(data: Buffer, at: int) -> Frame | None:
    """The header of the frame that begins here; None where none does."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = data[at + 1] >> 3 & 3, 4 - (data[at + 1] >> 1 & 3)
    kbps_index, rate_index = data[at + 2] >> 4, data[at + 2] >> 2 & 3
    if version == 1 or layer == 4 or kbps_index in (0, 15) or rate_index == 3:
        return None
    first_version = version == 3
    kbps = _KBPS[first_version, layer][kbps_index - 1]
    rate_hz = _RATES_HZ[rate_index] >> (0 if first_version else 1 if version == 2 else 2)
    padding = data[at + 2] >> 1 & 1
    samples = 384 if layer == 1 else 576 if layer == 3 and not first_version else 1152
    slot = 4 if layer == 1 else 1
    size = (samples // 8 * kbps * 1000 // rate_hz // slot + padding) * slot
    mono = data[at + 3] >> 6 == 3
    side_info = (17 if mono else 32) if first_version else (9 if mono else 17)
    return Frame(size, rate_hz, samples, data[at + 1] & 0x1E, 4 + side_info)


def _xing(data: Buffer, at: int, frame: Frame) -> tuple[int | None] | None:
    """The frame count of a Xing header, which may be missing; None where the frame holds none."""
    tag = at + frame.info_at
    if bytes(data[tag : tag + 4]) in _TAGS:
        flags = int.from_bytes(data[tag + 4 : tag + 8], "big")
        return (int.from_bytes(data[tag + 8 : tag + 12], "big") if flags & _HAS_COUNT else None,)
    if bytes(data[at + 36 : at + 40]) == b"VBRI":
        return (int.from_bytes(data[at + 50 : at + 54], "big"),)
    return None


def _next_stream(data: Buffer, at: int) -> int | None:
    """The next position, from here on, where frames follow one another; tags are skipped by their size."""
    while at < len(data):
        if bytes(data[at : at + 3]) == b"ID3" and at + 10 <= len(data):
            at += 10 + sum((data[at + 6 + k] & 0x7F) << 7 * (3 - k) for k in range(4))
            continue
        if _follow(data, at):
            return at
        at = _candidate(data, at + 1)
    return None


def _candidate(data: Buffer, at: int) -> int:
    """Where the next sync word or tag may be; the end where there is none."""
    for start in range(at, len(data), 1 << 16):
        part = bytes(data[start : start + (1 << 16) + 2])
        found = [part.find(word) for word in (b"\xff", b"ID3")]
        if hits := [start + each for each in found if each >= 0]:
            return min(hits)
    return len(data)


def _follow(data: Buffer, at: int) -> bool:
    """Whether consistent frames follow one another from here, or up to the end of the file."""
    first = frame = header(data, at)
    for _ in range(_CONSISTENT_FRAMES - 1):
        if first is None or frame is None:
            return False
        if at + frame.size >= len(data):
            return at + frame.size == len(data)
        at += frame.size
        frame = header(data, at)
        if frame is None or (frame.kind, frame.rate_hz) != (first.kind, first.rate_hz):
            return False
    return True


def pieces(data: Buffer, stream: Stream) -> tuple[Piece, ...]:
    """The stream as a file whose Xing header states the right count of frames; delays that it states are kept."""
    count = len(stream.at)
    if stream.info is None and stream.first.layer == 3:
        silence = _silent_frame(data, stream)
        tag = struct.pack(">4sII", b"Xing", _HAS_COUNT, count + 1)
        at = stream.first.info_at
        return silence[:at] + tag + silence[at + len(tag) :], silence, range(stream.at[0], stream.end)
    if stream.info is None:
        return (range(stream.at[0], stream.end),)
    tag_at = stream.info + stream.first.info_at
    stated = stream.promised is not None and abs(stream.promised - count) <= 1
    if stated or bytes(data[tag_at : tag_at + 4]) not in _TAGS:
        return (range(stream.info, stream.end),)
    return range(stream.info, tag_at + 8), struct.pack(">I", count), range(tag_at + 12, stream.end)


def added_samples(stream: Stream) -> int:
    """How many samples too many libsndfile decodes at the beginning of `pieces`.

    Where there is a Xing header its decoder leaves out its own delay. Without one it, and every other decoder, does
    not: so a frame of silence goes before the stream, of which the delay is left out.
    """
    return stream.first.samples - _DECODER_DELAY if stream.info is None and stream.first.layer == 3 else 0


def _silent_frame(data: Buffer, stream: Stream) -> bytes:
    """A frame of silence of the same kind, without a checksum, in which a Xing header has room."""
    first = bytearray(data[stream.at[0] : stream.at[0] + 4])
    first[1] |= 1
    first[2] = 8 << 4 | first[2] & 0x0C
    sized = header(memoryview(bytes(first)), 0)
    assert sized, "a frame's header is one with another bit rate too"
    return bytes(first).ljust(sized.size, b"\0")


def is_whole(data: Buffer) -> bool:
    """Whether a Xing header states the very size of the file, so that its count of frames can be believed."""
    at = _next_stream(data, 0)
    frame = header(data, at) if at is not None else None
    if at is None or frame is None:
        return False
    tag = at + frame.info_at
    flags = int.from_bytes(data[tag + 4 : tag + 8], "big")
    if bytes(data[tag : tag + 4]) not in _TAGS or flags & _HAS_BOTH != _HAS_BOTH:
        return False
    rest = len(data) - at - int.from_bytes(data[tag + 12 : tag + 16], "big")
    return rest == 0 or (rest == _ID3V1_SIZE and bytes(data[-rest : 3 - rest]) == b"TAG")
