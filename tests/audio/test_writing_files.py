"""What is written is what other programs read: samples, bits, layout and sizes; and a full disk leaves nothing."""

import contextlib
import json
import shutil
import struct
import subprocess
import wave

import numpy as np
import pytest
import soundfile

from dawg_ai import audio
from dawg_ai.audio import writing
from dawg_ai.audio.formats import FORMATS, bits_like
from dawg_ai.audio.layout import MASKS
from dawg_ai.audio.tags import Tags
from dawg_ai.audio.wav import WavFile
from dawg_ai.errors import DawgError, UsageError

RATE_HZ = 48_000
with_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="FFmpeg is not on this machine")


def noise(channels=2, samples=20_001, level=0.1, seed=0):
    return (level * np.random.default_rng(seed).standard_normal((channels, samples))).astype(np.float32)


def probed(path, entries):
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_entries", entries, path]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def decoded(path, channels):
    """As FFmpeg decodes it, (channels, samples)."""
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-f", "f32le", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.float32).reshape(-1, channels).T


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff", ".aif"])
@pytest.mark.parametrize("bits", ["16", "24", "32f"])
@pytest.mark.parametrize("channels", [1, 2])
def test_integers_and_floats_come_back_to_the_bit(tmp_path, suffix, bits, channels):
    if bits not in FORMATS[suffix].bits:
        pytest.skip(f"{suffix} holds no {bits}")
    width = 23 if bits == "32f" else int(bits) - 1
    grid = np.random.default_rng(0).integers(-(2**width), 2**width, (channels, 9_001))
    sound = (grid / 2.0**width).astype(np.float32)
    assert writing.write(tmp_path / f"a{suffix}", sound, RATE_HZ, bits=bits) == 0
    with soundfile.SoundFile(tmp_path / f"a{suffix}") as file:
        assert file.subtype == {"16": "PCM_16", "24": "PCM_24", "32f": "FLOAT"}[bits]
        assert file.samplerate == RATE_HZ
        np.testing.assert_array_equal(file.read(dtype="float64", always_2d=True).T, sound)


@pytest.mark.parametrize(("suffix", "loudest_error"), [(".ogg", 0.1), (".opus", 0.1), (".mp3", 0.1)])
@pytest.mark.parametrize("channels", [1, 2])
def test_lossy_files_keep_length_and_place(tmp_path, suffix, loudest_error, channels):
    time_s = np.arange(77_777) / RATE_HZ
    sound = np.stack([0.3 * np.sin(2 * np.pi * (300 + 200 * k) * time_s) for k in range(channels)]).astype(np.float32)
    writing.write(tmp_path / f"a{suffix}", sound, RATE_HZ)
    back, rate_hz = soundfile.read(tmp_path / f"a{suffix}", always_2d=True)
    assert (rate_hz, back.T.shape) == (RATE_HZ, sound.shape)
    assert np.abs(back.T - sound)[:, 2_000:-2_000].max() < loudest_error


@pytest.mark.parametrize("suffix", FORMATS)
def test_blocks_of_any_size_make_the_same_file(tmp_path, suffix):
    sound = noise()
    writing.write(tmp_path / f"whole{suffix}", sound, RATE_HZ)
    with writing.create(tmp_path / f"blocks{suffix}", RATE_HZ, 2) as out:
        for start, stop in [(0, 1), (1, 1), (1, 700), (700, 20_000), (20_000, 20_001)]:
            out.write(sound[:, start:stop])
    whole, blocks = (soundfile.read(tmp_path / f"{name}{suffix}")[0] for name in ("whole", "blocks"))
    np.testing.assert_array_equal(whole, blocks)


def test_a_wav_file_is_the_same_every_time(tmp_path):
    for name in ("a.wav", "b.wav"):
        writing.write(tmp_path / name, noise(), RATE_HZ, tags=Tags(title="T"))
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_the_simplest_reader_reads_16_bit_stereo(tmp_path):
    writing.write(
        tmp_path / "a.wav", noise(samples=1_001), RATE_HZ, MASKS["stereo"], "16", Tags(title="odd", album="x")
    )
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getparams()[:4] == (2, 2, RATE_HZ, 1_001)
        file.readframes(1_001)


@pytest.mark.parametrize("bits", ["16", "24", "32f"])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_beyond_its_limit_a_wav_file_becomes_rf64(tmp_path, bits, channels):
    """At 4 GiB; here at 5000 bytes. EBU Tech 3306: ds64 states what the 32-bit sizes cannot."""
    values = noise(channels, 3_001).T if bits == "32f" else np.arange(3_001 * channels).reshape(-1, channels) % 999
    for largest, magic in ((10**9, b"RIFF"), (5_000, b"RF64")):
        path = tmp_path / f"{magic.decode()}.wav"
        file = WavFile(path, RATE_HZ, channels, bits, MASKS["5.1"] if channels == 6 else 0, Tags(title="T"), largest)
        file.write(values[:1_000])
        file.write(values[1_000:])
        file.close()
        data = path.read_bytes()
        assert data[:4] == magic
        with soundfile.SoundFile(path) as read:
            assert read.frames == 3_001 and read.title == "T"
            found = read.read(dtype="float32" if bits == "32f" else "int32", always_2d=True)
        np.testing.assert_array_equal(found if bits == "32f" else found >> (32 - int(bits)), values)
        size = 3_001 * channels * {"16": 2, "24": 3, "32f": 4}[bits]
        if magic == b"RF64":
            assert data[4:8] == b"\xff" * 4 and data[12:20] == b"ds64\x1c\0\0\0"
            assert struct.unpack("<QQQI", data[20:48]) == (len(data) - 8, size, 3_001, 0)
            assert data[-size - size % 2 - 4 :][:4] == b"\xff" * 4
        else:
            assert struct.unpack("<I", data[4:8]) == (len(data) - 8,)
            assert struct.unpack("<I", data[-size - size % 2 - 4 :][:4]) == (size,)
        if shutil.which("ffmpeg"):
            assert decoded(path, channels).shape == (channels, 3_001)


@with_ffmpeg
@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff"])
@pytest.mark.parametrize("layout", ["2.1", "4.0", "quad", "5.0(side)", "5.1", "5.1(side)", "7.0", "7.1"])
def test_a_layout_is_read_as_it_was_written(tmp_path, suffix, layout):
    channels = MASKS[layout].bit_count()
    writing.write(tmp_path / f"a{suffix}", noise(channels), RATE_HZ, MASKS[layout], "24", Tags(title="software=1"))
    stream = probed(tmp_path / f"a{suffix}", "stream=channel_layout,channels")["streams"][0]
    assert stream == {"channel_layout": layout, "channels": channels}
    back, _ = soundfile.read(tmp_path / f"a{suffix}")
    np.testing.assert_allclose(back.T, noise(channels), atol=2.0**-22)


@pytest.mark.parametrize("channels", [3, 4, 6])
def test_an_unknown_layout_stays_unknown_in_wav(tmp_path, channels):
    writing.write(tmp_path / "a.wav", noise(channels), RATE_HZ)
    head = (tmp_path / "a.wav").read_bytes()[:100]
    at = head.index(b"fmt ") + 8
    assert struct.unpack("<HH", head[at : at + 4]) == (0xFFFE, channels)
    assert struct.unpack("<I", head[at + 20 : at + 24]) == (0,)


@with_ffmpeg
@pytest.mark.parametrize("suffix", [".ogg", ".opus"])
@pytest.mark.parametrize("layout", ["3.0", "5.0", "5.1", "7.1"])
def test_each_loudspeaker_of_an_ogg_file_plays_its_own(tmp_path, suffix, layout):
    """FFmpeg gives the channels in WAVE order whatever the order of the codec."""
    channels = MASKS[layout].bit_count()
    time_s = np.arange(24_000) / RATE_HZ
    tones_hz = [60 if channels >= 6 and k == 3 else 200 + 100 * k for k in range(channels)]  # the fourth is the LFE
    sound = 0.3 * np.sin(2 * np.pi * np.outer(tones_hz, time_s))
    writing.write(tmp_path / f"a{suffix}", sound.astype(np.float32), RATE_HZ, MASKS[layout])
    assert probed(tmp_path / f"a{suffix}", "stream=channel_layout")["streams"][0] == {"channel_layout": layout}
    for own, found in zip(sound, decoded(tmp_path / f"a{suffix}", channels), strict=True):
        assert np.corrcoef(own[2_000:20_000], found[2_000:20_000])[0, 1] > 0.95


def test_what_a_format_does_not_hold_is_refused(tmp_path):
    cases = {
        "6 channels of .ogg are 5.1, not 6.0": ("a.ogg", 6, RATE_HZ, MASKS["6.0"], ""),
        "quad, not 4.0": ("a.ogg", 4, RATE_HZ, MASKS["4.0"], ""),
        "holds 2 channels": ("a.mp3", 3, RATE_HZ, 0, ""),
        "holds 8 channels": ("a.flac", 9, RATE_HZ, 0, ""),
        "48000 Hz, not 44100; choose one by --rate": ("a.opus", 2, 44_100, 0, ""),
        "Hz, not 96000": ("a.mp3", 2, 96_000, 0, ""),
        "holds 16 or 24 bits, not 32f": ("a.flac", 2, RATE_HZ, 0, "32f"),
        "leave out --bits 16": ("a.mp3", 2, RATE_HZ, 0, "16"),
        "or .mp3, not .m4a": ("a.m4a", 2, RATE_HZ, 0, ""),
    }
    for words, (name, channels, rate_hz, layout, bits) in cases.items():
        with pytest.raises(UsageError, match=words):
            writing.write(tmp_path / name, noise(channels), rate_hz, layout, bits)
    for sound in (noise()[0], np.full((2, 9), np.nan, np.float32), noise(3)):
        with pytest.raises(UsageError), writing.create(tmp_path / "a.wav", RATE_HZ, 2) as out:
            out.write(sound)
    assert list(tmp_path.iterdir()) == []


def test_samples_beyond_full_scale_are_clipped_and_counted_except_in_float_files(tmp_path):
    sound = noise()
    sound[0, :4] = [1.5, -2.0, 1.0, -1.0]
    for name, bits, count in (("a.flac", "24", 2), ("a.wav", "16", 2), ("a.ogg", "", 2), ("b.wav", "32f", 0)):
        assert writing.write(tmp_path / name, sound, RATE_HZ, bits=bits) == count
    np.testing.assert_array_equal(soundfile.read(tmp_path / "b.wav")[0][:4, 0], sound[0, :4])
    near = soundfile.read(tmp_path / "a.wav")[0][:4, 0]
    np.testing.assert_allclose(near, [1.0, -1.0, 1.0, -1.0], atol=2.0**-14)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, suffix):
    """The largest size of a file stands for the disk: a write beyond it fails in the same way, at any byte."""
    resource = pytest.importorskip("resource")
    path, sound, tags = tmp_path / f"a{suffix}", noise(samples=9_000), Tags(title="T", license="CC0-1.0")
    writing.write(path, sound, RATE_HZ, tags=tags)
    before, size = path.read_bytes(), path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in (0, 10, 50, 150, 500, size // 2, size - 700, size - 100, size - 1):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            with pytest.raises(DawgError, match=r"is not written: File too large .* MB are free") as caught:
                writing.write(path, sound, RATE_HZ, tags=tags)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert len(str(caught.value).splitlines()) == 1
        assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == before


def test_an_error_on_the_way_leaves_the_file_that_was_there(tmp_path):
    (tmp_path / "a.flac").write_text("before")
    with pytest.raises(ZeroDivisionError), writing.create(tmp_path / "a.flac", RATE_HZ, 2) as out:
        out.write(noise())
        _ = 1 / 0
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_an_aiff_file_does_not_grow_beyond_its_size_field(tmp_path, monkeypatch):
    with contextlib.suppress(DawgError), writing.create(tmp_path / "a.aiff", RATE_HZ, 2) as out:
        monkeypatch.setattr(out._sink, "_frames", 0xFFFF0000 // 8 - 10)
        with pytest.raises(DawgError, match="ends at 4 GiB"):
            out.write(noise(samples=11))
        raise DawgError
    assert list(tmp_path.iterdir()) == []


def test_bits_are_those_of_the_source_where_the_format_holds_them(tmp_path):
    found = {}
    for subtype in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"):
        soundfile.write(tmp_path / "a.wav", noise().T, RATE_HZ, subtype)
        bits = audio.open(tmp_path / "a.wav").bits
        found[subtype] = bits, bits_like(tmp_path / "b.wav", bits), bits_like(tmp_path / "b.flac", bits)
    sixteen, float32 = ("16", "16", "16"), ("32f", "32f", "24")
    expected = {"PCM_U8": sixteen, "PCM_16": sixteen, "PCM_24": ("24", "24", "24")}
    assert found == expected | dict.fromkeys(("PCM_32", "FLOAT", "DOUBLE"), float32)
    assert bits_like(tmp_path / "b.mp3", "16") == ""


def test_the_fact_chunk_of_a_float_file_counts_the_samples(tmp_path):
    writing.write(tmp_path / "a.wav", noise(2, 1_001), RATE_HZ, MASKS["stereo"], "32f")
    data = (tmp_path / "a.wav").read_bytes()
    at = data.index(b"fact")
    assert struct.unpack("<II", data[at + 4 : at + 12]) == (4, 1_001)
