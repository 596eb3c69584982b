"""Tags survive every format, and say the same to other programs."""

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawg_ai.audio import id3, writing
from dawg_ai.audio import tags as tagging
from dawg_ai.audio.formats import FORMATS
from dawg_ai.audio.tags import Cover, Tags

RATE_HZ = 48_000
SOUND = (0.1 * np.random.default_rng(0).standard_normal((2, 9_001))).astype(np.float32)
TAGS = Tags(
    title="Tïtel 曲",
    artist="A" * 50,  # longer than the oldest MP3 tags hold
    album="B; C",
    tracknumber="3/12",
    date="2021-03-04",
    genre="Jazz",
    license="CC-BY-4.0",
    copyright="(c) somebody",
    comment="said",
)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("tags", [TAGS, Tags(license="CC0-1.0"), Tags(title="T"), Tags()], ids=str)
def test_tags_come_back(tmp_path, suffix, tags):
    writing.write(tmp_path / f"a{suffix}", SOUND, RATE_HZ, tags=tags)
    assert tagging.read(tmp_path / f"a{suffix}") == tags


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="FFmpeg is not on this machine")
@pytest.mark.parametrize("suffix", FORMATS)
def test_ffmpeg_reads_the_same(tmp_path, suffix):
    """A WAV file has no field that FFmpeg takes a licence from: there it stands beside the copyright."""
    writing.write(tmp_path / f"a{suffix}", SOUND, RATE_HZ, tags=TAGS)
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_entries", "format_tags:stream_tags"]
    found = json.loads(subprocess.run([*command, tmp_path / f"a{suffix}"], capture_output=True, check=True).stdout)
    said = found["format"].get("tags", {}) | (found["streams"][0].get("tags", {}) if "streams" in found else {})
    said = {name.lower(): value for name, value in said.items()}
    expected = {"track" if name == "tracknumber" else name: value for name, value in TAGS.text.items()}
    if suffix == ".wav":
        expected["copyright"] += f"; {expected.pop('license')}"
    assert said == expected | {name: said[name] for name in ("encoder", "author") if name in said}


def test_a_flac_file_keeps_exactly_the_tags_of_another(tmp_path):
    with soundfile.SoundFile(tmp_path / "a.flac", "w", RATE_HZ, 2) as file:
        file.title, file.artist, file.tracknumber, file.license = "T", "A", "3", "CC-BY-4.0"
        file.write(SOUND.T)
    writing.write(tmp_path / "b.flac", SOUND, RATE_HZ, tags=tagging.read(tmp_path / "a.flac"))
    said = [soundfile.SoundFile(tmp_path / name).copy_metadata() for name in ("a.flac", "b.flac")]
    assert said[0] == said[1] == {"title": "T", "artist": "A", "tracknumber": "3", "license": "CC-BY-4.0"}


def text_frame(name, content, version):
    size = struct.pack(">I", len(content))
    assert version == 3 or len(content) < 128
    return name + size + bytes(2) + content


@pytest.mark.parametrize("version", [3, 4])
def test_id3_of_other_programs_is_read(version):
    frames = [
        text_frame(b"TIT2", b"\x00caf\xe9", version),
        text_frame(b"TPE1", b"\x01" + "曲\0二".encode("utf-16"), version),
        text_frame(b"TALB", b"\x02" + "album".encode("utf-16-be"), version),
        text_frame(b"COMM", b"\x01eng" + "iTunNORM".encode("utf-16") + b"\0\0" + "x".encode("utf-16"), version),
        text_frame(b"COMM", b"\x01eng" + "".encode("utf-16") + b"\0\0" + "said".encode("utf-16"), version),
        text_frame(b"TXXX", b"\x00License\0CC0-1.0\0", version),
        text_frame(b"TXXX", b"\x00mood\0sad", version),
        text_frame(b"TYER" if version == 3 else b"TDRC", b"\x002021", version),
        text_frame(b"TCON", b"\x09broken", version),
    ]
    body = b"".join(frames) + bytes(30)
    tag = b"ID3" + bytes([version, 0, 0, 0, 0, len(body) >> 7, len(body) & 127]) + body
    expected = {"title": "café", "artist": "曲; 二", "album": "album", "comment": "said"}
    assert id3.parse(tag + b"audio") == expected | {"license": "CC0-1.0", "date": "2021"}


@pytest.mark.parametrize(
    ("version", "extended"), [(3, bytes([0, 0, 0, 6]) + bytes(6)), (4, bytes([0, 0, 0, 6, 1, 0]))]
)
def test_an_extended_id3_header_is_skipped(version, extended):
    """Its size leaves out the size itself in version 2.3, and counts it in version 2.4."""
    body = extended + text_frame(b"TIT2", b"\x00title", version)
    tag = b"ID3" + bytes([version, 0, 0x40, 0, 0, 0, len(body)]) + body
    assert id3.parse(tag) == {"title": "title"}


def test_unsynchronised_id3_is_read():
    """Zeros that keep FF apart from what follows: through a tag of version 2.3, in a frame of version 2.4."""
    text = b"\x01\xff\xfe" + "ÿa".encode("utf-16-le")  # FF FE, and FF 00 of its own
    spread = text.replace(b"\xff", b"\xff\0")
    whole = b"TIT2" + struct.pack(">I", len(text)) + bytes(2) + spread
    assert id3.parse(b"ID3\x03\0\x80" + bytes([0, 0, 0, len(whole)]) + whole) == {"title": "ÿa"}
    content = bytes([0, 0, 0, len(text)]) + spread  # its length before, as flag 01 says
    frame = b"TIT2" + struct.pack(">I", len(content)) + b"\0\x03" + content
    frame += text_frame(b"TALB", b"\x00album", 4)
    assert id3.parse(b"ID3\x04\0\0" + bytes([0, 0, 0, len(frame)]) + frame) == {"title": "ÿa", "album": "album"}


def test_damaged_id3_is_no_tag():
    whole = id3.build(TAGS.text)
    assert id3.parse(whole) == TAGS.text
    for size in range(len(whole)):
        id3.parse(whole[:size])
    for draw in map(np.random.default_rng, range(200)):
        broken = bytearray(whole)
        for at in draw.integers(3, len(whole), 5):
            broken[at] = draw.integers(256)
        id3.parse(bytes(broken))
    assert id3.parse(b"ID3\x02\0\0\0\0\0\x10" + bytes(16)) == {}


def test_files_without_tags_and_no_files_have_none(tmp_path):
    (tmp_path / "noise.mp3").write_bytes(bytes(range(256)) * 9)
    for name in ("noise.mp3", "missing.wav"):
        assert tagging.read(tmp_path / name) == Tags()


def with_picture(path):
    """A FLAC file with a picture block, made by hand."""
    writing.write(path, SOUND, RATE_HZ, tags=Tags(title="T"))
    data = path.read_bytes()
    picture = struct.pack(">II9sIIIIII", 3, 9, b"image/png", 0, 8, 8, 24, 0, len(PNG)) + PNG
    path.write_bytes(data[:42] + b"\x06" + len(picture).to_bytes(3, "big") + picture + data[42:])


def test_a_cover_that_is_left_out_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mutagen", None)
    with_picture(tmp_path / "a.flac")
    assert "pip install 'dawg-ai[formats]'" in tagging.read(tmp_path / "a.flac").lost
    writing.write(tmp_path / "b.flac", SOUND, RATE_HZ, tags=tagging.read(tmp_path / "a.flac"))
    assert tagging.read(tmp_path / "b.flac") == Tags(title="T")


@pytest.mark.parametrize("suffix", FORMATS)
def test_cover_and_all_else_are_kept_by_mutagen(tmp_path, suffix):
    with_picture(tmp_path / "a.flac")
    tags = tagging.read(tmp_path / "a.flac")
    assert tags.cover == Cover(PNG, "image/png")
    more = {"artist": ("A", "B"), "composer": ("Bach",), "mood": ("sad",), "comment": ("one", "two")}
    tags = Tags(title="T", artist="A; B", comment="one; two", more=more, cover=tags.cover)
    writing.write(tmp_path / f"b{suffix}", SOUND, RATE_HZ, tags=tags)
    assert tagging.read(tmp_path / f"b{suffix}") == tags
    writing.write(tmp_path / f"c{suffix}", SOUND, RATE_HZ, tags=Tags(title="T"))
    np.testing.assert_array_equal(*(soundfile.read(tmp_path / f"{name}{suffix}")[0] for name in "bc"))


def test_what_was_measured_of_the_old_sound_is_left_out(tmp_path):
    from mutagen.flac import FLAC

    writing.write(tmp_path / "a.flac", SOUND, RATE_HZ, tags=Tags(title="T"))
    file = FLAC(tmp_path / "a.flac")
    file["replaygain_track_gain"], file["encoder"], file["isrc"] = "-3 dB", "x", "DE123"
    file.save()
    assert tagging.read(tmp_path / "a.flac") == Tags(title="T", more={"isrc": ("DE123",)})


def test_tags_that_only_mutagen_reads_join_those_that_libsndfile_has(tmp_path):
    """Of artist and date, which both read, the one counts that libsndfile has; "performer" has one field of ours."""
    from mutagen.flac import FLAC

    writing.write(tmp_path / "a.flac", SOUND, RATE_HZ, tags=Tags(title="T", artist="A", date="2020"))
    file = FLAC(tmp_path / "a.flac")
    del file["date"]
    file["genre"], file["composer"] = ["one", "two"], "C"
    file.save()
    more = {"genre": ("one", "two"), "composer": ("C",)}
    assert tagging.read(tmp_path / "a.flac") == Tags(title="T", artist="A", genre="one; two", more=more)


def test_an_id3_chunk_after_a_chunk_of_odd_size_is_read(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mutagen", None)
    soundfile.write(tmp_path / "a.wav", SOUND.T, RATE_HZ)
    tag = id3.build({"title": "T", "license": "CC0-1.0"})
    whole = (tmp_path / "a.wav").read_bytes()
    extra = b"junk" + struct.pack("<I", 5) + b"odd!!\0" + b"id3 " + struct.pack("<I", len(tag)) + tag
    (tmp_path / "b.wav").write_bytes(b"RIFF" + struct.pack("<I", len(whole) + len(extra) - 8) + whole[8:] + extra)
    assert tagging.read(tmp_path / "b.wav") == Tags(title="T", license="CC0-1.0")


@pytest.mark.skipif(os.name != "posix", reason="names are text on Windows")
def test_tags_of_a_file_whose_name_is_not_utf_8(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/mod\xe0.flac"))
    writing.write(path, SOUND, RATE_HZ, tags=Tags(title="T"))
    assert tagging.read(path).title == "T"
