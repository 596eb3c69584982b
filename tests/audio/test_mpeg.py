"""Frames of MPEG audio, against sizes that the standards' formulas give and files that this test lays out itself."""

import io
import itertools
import struct

import pytest
from mutagen.mp3 import HeaderNotFoundError, MPEGFrame

from dawg_ai.audio import mpeg

# version bits (3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5), layer, bit rate index, rate index, padding ->
# kbit/s, Hz, bytes, samples; bytes = samples / 8 * bit rate / rate, in slots of 4 bytes for layer I
FRAMES = [
    ((3, 3, 9, 0, 0), (44_100, 417, 1152)),  # 128 kbit/s: 144 * 128000 / 44100 = 417.96
    ((3, 3, 9, 0, 1), (44_100, 418, 1152)),
    ((3, 3, 14, 1, 0), (48_000, 960, 1152)),  # 320
    ((3, 3, 1, 2, 0), (32_000, 144, 1152)),  # 32
    ((3, 2, 10, 1, 0), (48_000, 576, 1152)),  # layer II, 192: 144 * 192000 / 48000
    ((3, 2, 14, 0, 1), (44_100, 1254, 1152)),  # 384: 1253.9
    ((3, 1, 12, 2, 0), (32_000, 576, 384)),  # layer I, 384: 12 * 384000 / 32000 slots
    ((3, 1, 12, 0, 1), (44_100, 420, 384)),  # 104.5 slots, and one more
    ((2, 3, 8, 0, 0), (22_050, 208, 576)),  # MPEG 2, 64: 72 * 64000 / 22050 = 208.98
    ((2, 2, 14, 1, 0), (24_000, 960, 1152)),  # 160: 144 * 160000 / 24000
    ((2, 1, 14, 2, 0), (16_000, 768, 384)),  # 256: 12 * 256000 / 16000 slots
    ((0, 3, 1, 2, 0), (8_000, 72, 576)),  # MPEG 2.5, 8: 72 * 8000 / 8000
    ((0, 3, 14, 0, 1), (11_025, 1045, 576)),  # 160: 1044.9
]


def head(version: int, layer: int, kbps: int, rate: int, padding: int, mono: bool = False) -> bytes:
    return bytes(
        [255, 0xE0 | version << 3 | (4 - layer) << 1 | 1, kbps << 4 | rate << 2 | padding << 1, 0xC0 if mono else 0]
    )


def frame(mono: bool = False, kbps: int = 9, tag: bytes = b"", at: int = 36) -> bytes:
    """A frame of MPEG 1 layer III at 44.1 kHz, with a header of an encoder from byte `at`."""
    size = {9: 417, 5: 208}[kbps]
    return (head(3, 3, kbps, 0, 0, mono) + bytes(at - 4) + tag).ljust(size, b"\0")


def found(data: bytes) -> list[mpeg.Stream]:
    return mpeg.streams(memoryview(data))


def joined(stream: mpeg.Stream, data: bytes) -> bytes:
    """What `pieces` stand for."""
    parts = mpeg.pieces(memoryview(data), stream)
    return b"".join(data[each.start : each.stop] if isinstance(each, range) else bytes(each) for each in parts)


@pytest.mark.parametrize(("fields", "expected"), FRAMES)
def test_a_header_states_the_frame(fields: tuple[int, int, int, int, int], expected: tuple[int, int, int]) -> None:
    read = mpeg.header(memoryview(head(*fields)), 0)
    assert read
    assert (read.rate_hz, read.size, read.samples) == expected
    assert read.layer == fields[1]


def test_every_header_is_read_as_mutagen_reads_it() -> None:
    """Its rates; the bytes of a frame by the standards' formulas, where layer I counts slots of four bytes."""
    for version, layer, kbps, rate, padding in itertools.product(
        range(4), range(1, 5), range(16), range(4), range(2)
    ):
        data = head(version, layer, kbps, rate, padding)
        read = mpeg.header(memoryview(data), 0)
        try:
            theirs = MPEGFrame(io.BytesIO(data + bytes(5000)))
        except HeaderNotFoundError:
            assert read is None
            continue
        assert read
        samples = 384 if layer == 1 else 576 if layer == 3 and theirs.version > 1 else 1152
        slot = 4 if layer == 1 else 1
        size = (samples // 8 * theirs.bitrate // theirs.sample_rate // slot + padding) * slot
        assert (read.rate_hz, read.size, read.samples) == (theirs.sample_rate, size, samples)


@pytest.mark.parametrize(("version", "mono", "at"), [(3, False, 36), (3, True, 21), (2, False, 21), (2, True, 13)])
def test_an_encoders_header_follows_the_side_information(version: int, mono: bool, at: int) -> None:
    read = mpeg.header(memoryview(head(version, 3, 9, 0, 0, mono)), 0)
    assert read
    assert read.info_at == at


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfb\x90",
        b"\xfe\xfb\x90\0",
        b"\xff\x1b\x90\0",
        head(1, 3, 9, 0, 0),  # a reserved version
        head(3, 4, 9, 0, 0),  # a reserved layer
        head(3, 3, 0, 0, 0),  # free format
        head(3, 3, 15, 0, 0),  # a forbidden bit rate
        head(3, 3, 9, 3, 0),  # a reserved rate
    ],
)
def test_what_is_no_header(data: bytes) -> None:
    assert mpeg.header(memoryview(data), 0) is None


def test_frames_are_found_behind_tags_and_between_other_bytes() -> None:
    size = 70 * 128 + 5  # of a tag, in seven bits a byte
    tag = b"ID3\x04\0\0" + bytes([0, 0, 70, 5]) + b"\xff\xfb\x90\0" * (size // 4) + b"\0" * (size % 4)
    data = tag + frame() * 3 + b"TAG".ljust(128, b"\0") + frame() * 4
    one, *more = found(data)
    assert one.at == tuple(len(tag) + 417 * k for k in range(3)) + tuple(
        len(tag) + 3 * 417 + 128 + 417 * k for k in range(4)
    )
    assert (one.end, one.info, one.promised, more) == (len(data), None, None, [])


def test_a_tag_as_long_as_three_bytes_say() -> None:
    size = (3 << 14) + (2 << 7) + 1
    data = b"ID3\x03\0\0" + bytes([0, 3, 2, 1]) + bytes(size) + frame() * 3
    assert found(data)[0].at[0] == 10 + size
    large = b"ID3\x03\0\0" + bytes([1, 0, 0, 0]) + bytes(1 << 21) + frame() * 3
    assert found(large)[0].at[0] == 10 + (1 << 21)


@pytest.mark.parametrize(("frames", "streams"), [(1, 1), (2, 1), (3, 1)])
def test_few_frames_count_where_the_file_ends_with_them(frames: int, streams: int) -> None:
    assert len(found(frame() * frames)) == streams


def test_two_headers_by_chance_are_no_stream() -> None:
    assert found(frame() * 2 + b"x" * 5000) == []
    other = head(3, 3, 9, 1, 0) + bytes(380)  # 384 bytes at 48 kHz: another rate
    assert found(frame() + other + frame() + b"x" * 5000) == []


def test_the_last_frame_must_be_whole() -> None:
    (stream,) = found(frame() * 4 + frame()[:-1])
    assert len(stream.at) == 4
    assert stream.end == 4 * 417


def test_joined_files_are_streams_of_their_own() -> None:
    info = frame(tag=b"Info" + struct.pack(">II", 1, 3))
    data = info + frame() * 3 + info + frame() * 5
    one, two = found(data)
    assert (one.info, one.promised, one.at) == (0, 3, (417, 834, 1251))
    assert (two.info, two.promised, len(two.at), two.end) == (4 * 417, 3, 5, len(data))
    rate = (head(3, 3, 9, 1, 0) + bytes(380)) * 4
    one, two = found(frame() * 4 + rate)
    assert (one.first.rate_hz, two.first.rate_hz) == (44_100, 48_000)
    assert (one.end, two.at[0]) == (4 * 417, 4 * 417)


def test_an_encoders_header_may_not_count() -> None:
    (stream,) = found(frame(tag=b"Xing" + struct.pack(">II", 2, 999)) + frame() * 3)
    assert (stream.info, stream.promised) == (0, None)
    vbri = b"VBRI" + bytes(10) + struct.pack(">I", 3)
    (stream,) = found(frame(tag=vbri) + frame() * 3)
    assert (stream.info, stream.promised) == (0, 3)


def test_a_wrong_count_is_put_right_and_the_rest_kept() -> None:
    data = frame(tag=b"Info" + struct.pack(">II", 1, 9) + b"LAME3.100") + frame() * 5
    right = joined(found(data)[0], data)
    assert struct.unpack(">I", right[44:48]) == (5,)
    assert right[:44] + right[48:] == data[:44] + data[48:]


@pytest.mark.parametrize("stated", [4, 5, 6])
def test_a_count_that_is_one_off_is_left_alone(stated: int) -> None:
    data = frame(tag=b"Info" + struct.pack(">II", 1, stated)) + frame() * 5
    assert joined(found(data)[0], data) == data


def test_a_stream_without_a_count_gets_one_and_a_frame_of_silence() -> None:
    data = frame(kbps=5) * 3 + frame() * 2
    (stream,) = found(data)
    made = joined(stream, data)
    read = mpeg.header(memoryview(made), 0)
    assert read
    assert (read.rate_hz, read.kind) == (44_100, stream.first.kind)
    assert made[36:40] == b"Xing"
    assert struct.unpack(">II", made[40:48]) == (1, len(stream.at) + 1)
    assert made[2 * read.size :] == data
    assert not any(made[read.size + 4 : 2 * read.size]), "silence"
    assert mpeg.added_samples(stream) == 1152 - 529, "a frame more, less the decoder's delay"


def test_layer_two_stays_as_it_is() -> None:
    data = (head(3, 2, 10, 1, 0) + bytes(572)) * 3
    (stream,) = found(data)
    assert joined(stream, data) == data
    assert mpeg.added_samples(stream) == 0


def test_a_file_is_whole_where_its_header_states_its_size() -> None:
    def whole(stated: int, behind: bytes = b"", flags: int = 3) -> bool:
        tag = b"Xing" + struct.pack(">III", flags, 3, stated)
        return mpeg.is_whole(memoryview(frame(tag=tag) + frame() * 3 + behind))

    size = 4 * 417
    assert whole(size)
    assert whole(size, b"TAG".ljust(128, b"\0"))
    assert not whole(size, b"GAT".ljust(128, b"\0"))
    assert not whole(size, b"TAG".ljust(127, b"\0"))
    assert not whole(size, frame())
    assert not whole(size - 1)
    assert not whole(size, flags=1)
    assert not mpeg.is_whole(memoryview(frame() * 3))
    assert not mpeg.is_whole(memoryview(b"no frames"))
