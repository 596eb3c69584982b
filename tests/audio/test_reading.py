"""Every sample of a file is read, whatever its header says, or the reason is said why not."""

import os
import shutil
import struct
import subprocess
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawg_ai import audio
from dawg_ai.audio import UnusableAudio, foreign, layout, ogg

RATE_HZ = 44_100


def noise(seconds: float, seed: int = 0, channels: int = 2, rate_hz: int = RATE_HZ) -> audio.Audio:
    draw = np.random.default_rng(seed)
    return (0.1 * draw.standard_normal((channels, round(seconds * rate_hz)))).astype(np.float32)


def saved(path: Path, sound: audio.Audio, rate_hz: int = RATE_HZ, **how) -> bytes:
    """The bytes of a file that libsndfile writes, and what it decodes to is what it is read as."""
    soundfile.write(path, sound.T, rate_hz, **how)
    return path.read_bytes()


def decoded(path: Path) -> audio.Audio:
    return soundfile.read(path, dtype="float32", always_2d=True)[0].T


def test_blocks_are_the_whole(tmp_path: Path):
    saved(tmp_path / "a.flac", noise(4))
    sound = audio.open(tmp_path / "a.flac")
    blocks = list(sound.blocks())
    assert len(blocks) > 1 and all(block.flags.c_contiguous and block.dtype == np.float32 for block in blocks)
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), audio.read(tmp_path / "a.flac")[0])
    np.testing.assert_array_equal(sound.audio(), sound.audio())  # it can be read again


def test_flac_without_a_sample_count(tmp_path: Path):
    content = bytearray(saved(tmp_path / "a.flac", noise(3)))
    right = decoded(tmp_path / "a.flac")
    content[21] &= 0xF0  # of STREAMINFO: the last 36 bits before the checksum
    content[22:26] = bytes(4)
    (tmp_path / "streamed.flac").write_bytes(content)
    with pytest.raises((soundfile.LibsndfileError, ValueError)):
        soundfile.read(tmp_path / "streamed.flac")
    np.testing.assert_array_equal(audio.read(tmp_path / "streamed.flac")[0], right)
    assert audio.duration_s(tmp_path / "streamed.flac") == 3.0


def ogg_pages(packets: list[bytes], serial: int = 7) -> bytes:
    """A page for each packet of less than 64 kB; checksums are left out."""
    pages = []
    for number, packet in enumerate(packets):
        lacing = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
        flags = 2 * (number == 0) | 4 * (number == len(packets) - 1)
        head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, 0, serial, number, 0, len(lacing))
        pages.append(head + lacing + packet)
    return b"".join(pages)


def test_a_page_whose_table_of_segments_breaks_off_is_none():
    first, last = ogg_pages([b"a", b"\0" * 600]), ogg_pages([b"\xff" * 40, b"a" * 600], serial=8)
    for count in range(1, 3):  # of the bytes of its table of three
        whole = first + last[: 27 + 1 + 40 + 27 + count]
        assert [(link.start, link.end) for link in ogg.links(memoryview(whole))] == [
            (0, len(first)),
            (len(first), len(first) + 27 + 1 + 40),
        ]
    (only,) = ogg.links(memoryview(b"\xff" * 30 + first))
    assert (only.start, only.end) == (30, 30 + len(first))
    assert ogg.links(memoryview(b"\0" * 30 + first[:27])) == []


def test_flac_in_ogg(tmp_path: Path):
    content = saved(tmp_path / "a.flac", noise(3))
    right = decoded(tmp_path / "a.flac")
    metadata, last = [], False
    at = 4
    while not last:
        last, size = bool(content[at] & 0x80), int.from_bytes(content[at + 1 : at + 4], "big")
        metadata.append(content[at : at + 4 + size])
        at += 4 + size
    # Frames are as long as they come: where pages end does not matter to a stream that is joined again.
    frames = [content[start : start + 60_000] for start in range(at, len(content), 60_000)]
    first = b"\x7fFLAC\x01\x00" + struct.pack(">H", len(metadata) - 1) + b"fLaC" + metadata[0]
    (tmp_path / "a.oga").write_bytes(ogg_pages([first, *metadata[1:], *frames]))
    with pytest.raises(soundfile.LibsndfileError):
        soundfile.read(tmp_path / "a.oga")
    np.testing.assert_array_equal(audio.read(tmp_path / "a.oga")[0], right)


@pytest.mark.parametrize("suffix", [".ogg", ".mp3"])
def test_joined_streams_are_read_one_after_the_other(tmp_path: Path, suffix: str):
    parts = [saved(tmp_path / f"{i}{suffix}", noise(2 + i, i)) for i in range(3)]
    right = np.concatenate([decoded(tmp_path / f"{i}{suffix}") for i in range(3)], axis=1)
    (tmp_path / f"all{suffix}").write_bytes(b"".join(parts))
    with suppress(ValueError):  # soundfile of a chain, which libsndfile says is endless
        assert len(decoded(tmp_path / f"all{suffix}").T) < right.shape[1]
    np.testing.assert_array_equal(audio.read(tmp_path / f"all{suffix}")[0], right)
    assert audio.duration_s(tmp_path / f"all{suffix}") == pytest.approx(right.shape[1] / RATE_HZ, abs=1e-9)


def test_joined_streams_of_different_rates_are_refused(tmp_path: Path):
    parts = [saved(tmp_path / f"{rate}.ogg", noise(1, 0, 2, rate), rate) for rate in (44_100, 48_000)]
    (tmp_path / "all.ogg").write_bytes(b"".join(parts))
    with pytest.raises(UnusableAudio, match=r"after 1\.000 s it goes on with 2 channels at 48000 Hz: split it"):
        audio.read(tmp_path / "all.ogg")


def without_first_frame(mp3: bytes) -> bytes:
    """Without the frame that holds the Xing header: MPEG-1 layer III at 44.1 kHz."""
    kbps = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)[mp3[2] >> 4]
    assert b"Info" in mp3[:200] or b"Xing" in mp3[:200]
    return mp3[144_000 * kbps // RATE_HZ + (mp3[2] >> 1 & 1) :]


@pytest.mark.parametrize("quiet_first", [False, True])
@pytest.mark.parametrize("junk", [b"", bytes(100) + b"\xff\xe3\x14\x00" + bytes(300)], ids=["clean", "junk"])
def test_mp3_of_variable_bit_rate_without_a_header(tmp_path: Path, quiet_first: bool, junk: bytes):
    loud, quiet = noise(4), np.zeros((2, 8 * RATE_HZ), np.float32)
    song = np.concatenate([quiet, loud] if quiet_first else [loud, quiet], axis=1)
    whole = saved(tmp_path / "a.mp3", song, bitrate_mode="VARIABLE", compression_level=0.2)
    (tmp_path / "b.mp3").write_bytes(junk + without_first_frame(whole))
    found, rate_hz = audio.read(tmp_path / "b.mp3")
    assert rate_hz == RATE_HZ
    # Without the header nothing says how long the encoder's delay and padding are: whole frames, some 0.03 s late.
    assert found.shape[1] % 1152 == 0 and 0 <= found.shape[1] - song.shape[1] < 3 * 1152
    delay = 576 + 529
    difference = found[:, delay : delay + song.shape[1]] - decoded(tmp_path / "a.mp3")
    assert np.sqrt(np.mean(difference**2)) < 1e-4


def test_an_mp3_that_breaks_off_is_named(tmp_path: Path):
    whole = saved(tmp_path / "a.mp3", noise(5))
    (tmp_path / "b.mp3").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnusableAudio, match=r"truncated: it breaks off after 2\.\d+ s"):
        audio.read(tmp_path / "b.mp3")


def wave(samples: np.ndarray, riff_size: int, data_size: int, magic: bytes = b"RIFF", after: bytes = b"") -> bytes:
    """A mono WAV of 16 bits at 48 kHz."""
    form = struct.pack("<IHHIIHH", 16, 1, 1, 48_000, 96_000, 2, 16)
    head = magic + struct.pack("<I", riff_size) + b"WAVEfmt " + form + b"data" + struct.pack("<I", data_size)
    return head + samples.astype("<i2").tobytes() + after


@pytest.mark.parametrize(
    ("riff_size", "data_size"),
    [
        (0x7FFFF024, 0x7FFFF000),  # SoX
        (0x80000000 - 8, 0x80000000 - 44),
        (0xFFFFFFFF, 0xFFFFFFFF),  # FFmpeg
        (0x80000024, 0x80000000),
        (0, 0),  # recorders that were switched off
        (36, 0),
        (0xFFFFFFFF, 0),
    ],
    ids=hex,
)
def test_wave_headers_that_were_never_finished(tmp_path: Path, riff_size: int, data_size: int):
    samples = np.arange(-10_000, 20_000)
    (tmp_path / "a.wav").write_bytes(wave(samples, riff_size, data_size))
    found, rate_hz = audio.read(tmp_path / "a.wav")
    assert rate_hz == 48_000
    np.testing.assert_array_equal(found[0] * 32_768, samples)


def test_a_wave_that_really_is_empty_is_not_filled_with_what_follows(tmp_path: Path):
    chunk = b"LIST" + struct.pack("<I", 26) + b"INFOISFT" + struct.pack("<I", 14) + b"Lavf59.27.100\0"
    (tmp_path / "a.wav").write_bytes(wave(np.zeros(0), 70, 0, after=chunk))
    with pytest.raises(UnusableAudio, match="zero-length"):
        audio.read(tmp_path / "a.wav")


def test_a_wave_that_breaks_off_is_named(tmp_path: Path):
    (tmp_path / "a.wav").write_bytes(wave(np.ones(48_000), 36 + 192_000, 192_000))
    with pytest.raises(UnusableAudio, match=r"truncated: it breaks off after 1\.000 s"):
        audio.read(tmp_path / "a.wav")


@pytest.mark.parametrize("finished", [True, False])
def test_bw64(tmp_path: Path, finished: bool):
    sound = noise(1)
    content = bytearray(saved(tmp_path / "a.wav", sound, format="RF64", subtype="FLOAT"))
    content[:4] = b"BW64"
    if not finished:
        at = content.index(b"ds64") + 16
        content[at : at + 8] = bytes(8)
    (tmp_path / "b.wav").write_bytes(content)
    np.testing.assert_array_equal(audio.read(tmp_path / "b.wav")[0], sound)


@pytest.mark.skipif(os.name != "posix", reason="names are text on Windows")
def test_a_name_that_is_not_utf_8(tmp_path: Path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/mod\xe0.wav"))
    path.write_bytes(saved(tmp_path / "a.wav", noise(1), subtype="FLOAT"))
    np.testing.assert_array_equal(audio.read(path)[0], noise(1))


@pytest.mark.parametrize("mask", [layout.MASKS[name] for name in ("2.1", "3.0", "3.1", "4.0", "quad", "5.1(side)")])
def test_the_channel_mask_of_a_wave_is_read(tmp_path: Path, mask: int):
    channels = mask.bit_count()
    form = struct.pack("<HHIIHHHHI", 0xFFFE, channels, 48_000, 192_000 * channels, 4 * channels, 32, 22, 32, mask)
    guid = struct.pack("<H", 3) + bytes.fromhex("000000001000800000aa00389b71")
    samples = noise(0.1, 0, channels, 48_000).T.tobytes()
    chunks = b"fmt " + struct.pack("<I", 40) + form + guid + b"data" + struct.pack("<I", len(samples)) + samples
    (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    sound = audio.open(tmp_path / "a.wav")
    assert sound.layout == mask and sound.channels == channels


@pytest.mark.parametrize("channels", [3, 5, 6, 7, 8])
def test_channels_of_ogg_come_in_wave_order(tmp_path: Path, channels: int):
    """Vorbis I specification, 4.3.9: left, centre, right, ..., the low-frequency channel last."""
    xiph = {
        3: "L C R",
        5: "L C R Ls Rs",
        6: "L C R Ls Rs LFE",
        7: "L C R Ls Rs Cs LFE",
        8: "L C R Ls Rs Lb Rb LFE",
    }[channels].split()
    wave_order = [name for name in ("L", "R", "C", "LFE", "Lb", "Rb", "Cs", "Ls", "Rs") if name in xiph]
    if channels in (5, 6):
        wave_order = [name for name in ("L", "R", "C", "LFE", "Ls", "Rs") if name in xiph]
    level = {name: 0.02 * (1 + k) for k, name in enumerate(xiph)}
    tone = np.sin(2 * np.pi * 60 / 48_000 * np.arange(48_000))
    saved(tmp_path / "a.ogg", np.array([level[name] * tone for name in xiph], np.float32), 48_000)
    found, _ = audio.read(tmp_path / "a.ogg")
    peaks = np.abs(found[:, 10_000:40_000]).max(axis=1)
    # Levels of a lossy codec are not exact, that of the low-frequency channel by 30 %; their order is plain.
    assert np.argsort(peaks).tolist() == np.argsort([level[name] for name in wave_order]).tolist()


def test_what_only_ffmpeg_decodes_says_what_to_install(tmp_path: Path, monkeypatch):
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    monkeypatch.setattr(foreign, "_openers", lambda: [])
    with pytest.raises(UnusableAudio, match=r"ffmpeg, or: pip install 'dawg-ai\[formats\]'"):
        audio.open(tmp_path / "a.m4a")


def test_silence_is_read_and_only_refused_where_something_is_to_be_learned(tmp_path: Path):
    saved(tmp_path / "a.wav", 1e-5 * noise(1), subtype="FLOAT")
    assert audio.read(tmp_path / "a.wav")[0].any()
    with pytest.raises(UnusableAudio, match="silent"):
        list(audio.audible(tmp_path / "a.wav").blocks())


def test_resampling_in_blocks_equals_the_whole():
    sound = noise(5)
    whole = audio.at_rate(sound, RATE_HZ, 48_000)
    np.testing.assert_array_equal(audio.resampled(audio.held(sound, RATE_HZ), 48_000).audio(), whole)


@pytest.mark.parametrize("left", [4, 20, 26, 27, 28])
def test_an_ogg_file_that_ends_within_a_page_header_is_named(tmp_path: Path, left: int):
    whole = saved(tmp_path / "a.ogg", noise(1))
    (tmp_path / "b.ogg").write_bytes(whole[: whole.rindex(b"OggS") + left])
    with pytest.raises(UnusableAudio, match="truncated"):
        audio.read(tmp_path / "b.ogg")


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
@pytest.mark.parametrize("codec", ["alac", "aac"])
def test_m4a_by_ffmpeg_is_as_long_as_what_was_encoded(tmp_path: Path, codec: str):
    """Without the padding of the encoder, as browsers decode it."""
    sound = noise(2.5) + np.sin(np.arange(round(2.5 * RATE_HZ)) * 0.05, dtype=np.float32) * np.float32(0.3)
    saved(tmp_path / "a.wav", sound, subtype="PCM_16")
    encode = ["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", "-c:a", codec, "-b:a", "256k", tmp_path / "a.m4a"]
    subprocess.run(encode, check=True)
    found, rate_hz = audio.read(tmp_path / "a.m4a")
    assert (found.shape, rate_hz) == (sound.shape, RATE_HZ)
    error = np.sqrt(np.mean((found - sound)[:, 2000:-2000] ** 2))
    assert error < (1e-4 if codec == "alac" else 0.05)
    (tmp_path / "half.m4a").write_bytes((tmp_path / "a.m4a").read_bytes()[:20_000])
    with pytest.raises(UnusableAudio):
        audio.read(tmp_path / "half.m4a")
