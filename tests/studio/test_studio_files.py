"""Files as people have them: their rate, length, loudspeakers and samples are those that Python reads."""

import io
import struct

import numpy as np
import pytest
import soundfile
from browsing import sound
from hosting import node
from playwright.sync_api import expect

ID3 = b"ID3\x03\0\0\0\0\0\x0a" + bytes(10)
LOOKS_LIKE_MP3 = b"\xff\xe3\x14\x00"  # MPEG 2.5, 12 kHz, but no frame follows


def encoded(container, subtype, rate_hz=22050, seconds=1.5, channels=1):
    made = io.BytesIO()
    soundfile.write(made, sound(seconds, rate_hz, channels, seed=8).T, rate_hz, subtype, format=container)
    return made.getvalue()


def wav(data, rate_hz, sizes, tag=3, bits=32, word=b"RIFF", before=b""):
    """A mono WAVE file by hand; `sizes` are what it says of its whole and of its samples."""
    fmt = struct.pack("<HHIIHH", tag, 1, rate_hz, rate_hz * bits // 8, max(1, bits // 8), bits)
    header = word + struct.pack("<I", sizes[0]) + b"WAVE" + before + b"fmt " + struct.pack("<I", 16) + fmt
    return header + b"data" + struct.pack("<I", sizes[1]) + data


def shown(studio):
    """What stands beside the song's name, and the clock's length."""
    length = studio.page.locator(".clock").inner_text().split("/")[1].strip()
    return studio.page.locator(".song .quiet").inner_text(), length


X = sound(2.0, 48000, 1, seed=3)[0]
RAW = X.astype("<f4").tobytes()
NOISE = np.random.default_rng(0).integers(0, 256, 3000, np.uint8).tobytes()

FILES = {
    "junk.mp3": (bytes(100) + LOOKS_LIKE_MP3 + bytes(300) + encoded("MP3", "MPEG_LAYER_III"), "22.05 kHz", 1.5),
    "noise.mp3": (ID3 + NOISE + encoded("MP3", "MPEG_LAYER_III", 32000), "32 kHz", 1.5),
    "tagged.wav": (ID3 + wav(RAW, 48000, (36 + len(RAW), len(RAW))), "48 kHz", 2.0),
    "tagged_twice.flac": (ID3 + ID3 + encoded("FLAC", "PCM_16"), "22.05 kHz", 1.5),
    "sox_pipe.wav": (wav(RAW, 48000, (0x7FFFF024, 0x7FFFF000)), "48 kHz", 2.0),
    "unfinished.wav": (wav(RAW, 48000, (0, 0)), "48 kHz", 2.0),
    "broadcast.wav": (
        wav(
            RAW,
            48000,
            (0xFFFFFFFF, 0xFFFFFFFF),
            word=b"BW64",
            before=b"ds64" + struct.pack("<IQQQI", 28, 80 + len(RAW), len(RAW), len(X), 0),
        ),
        "48 kHz",
        2.0,
    ),
    "mp3.wav": (wav(encoded("MP3", "MPEG_LAYER_III"), 22050, (0, 0), tag=0x55, bits=0), "22.05 kHz", 1.5),
    "chained.ogg": (encoded("OGG", "VORBIS", seconds=2) + encoded("OGG", "VORBIS", seconds=3), "22.05 kHz", 5.0),
    "speech.opus": (encoded("OGG", "OPUS", 24000), "48 kHz", 1.5),
}


def test_rate_and_length_are_those_of_the_file(studio, tmp_path):
    for name, (content, rate, seconds) in FILES.items():
        (tmp_path / name).write_bytes(content)
        studio.song(tmp_path / name)
        said, length = shown(studio)
        assert said.startswith(rate), name
        # Junk in front becomes part of an MP3.
        assert float(length.removeprefix("0:")) == pytest.approx(seconds, abs=0.11), name
        if content.endswith(RAW):
            found = soundfile.read(studio.saved("Export WAV"), dtype="float32")[0]
            assert np.array_equal(found, X), name


def test_a_rate_that_nothing_tells_is_not_guessed_in_silence(studio, tmp_path):
    """A recording by the browser itself, whose container is not read here."""
    record = """async () => {
        const context = new AudioContext();
        const to = context.createMediaStreamDestination();
        const tone = new OscillatorNode(context);
        tone.connect(to);
        tone.start();
        const recorder = new MediaRecorder(to.stream, { mimeType: "audio/webm" });
        const parts = [];
        recorder.ondataavailable = ({ data }) => parts.push(data);
        recorder.start();
        await new Promise((done) => setTimeout(done, 600));
        await new Promise((done) => { recorder.onstop = done; recorder.stop(); });
        return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
    }"""
    path = tmp_path / "memo.webm"
    path.write_bytes(bytes(studio.page.evaluate(record)))
    studio.song(path)
    assert shown(studio)[0].startswith("rate not known, decoded at 48 kHz")


def test_the_second_song_has_its_own_length_and_messages(studio, tmp_path):
    for name, seconds in (("long.wav", 6), ("short.wav", 4)):
        soundfile.write(tmp_path / name, sound(seconds, 8000, 1, seed=2).T, 8000)
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    page = studio.page
    studio.song(tmp_path / "long.wav")
    assert shown(studio)[1] == "0:06.0"
    page.get_by_role("slider", name="Position in the song").press("End")
    page.locator("input[type=file]").first.set_input_files(tmp_path / "bad.wav")
    page.locator(".message.error").wait_for()
    studio.song(tmp_path / "short.wav")
    expect(page.locator(".clock")).to_have_text("0:00.0 / 0:04.0")
    assert studio.messages() == []


def test_a_stream_of_another_rate_is_not_left_out_in_silence(studio, tmp_path):
    """Browsers stop where a chained Ogg goes on at another rate."""
    path = tmp_path / "radio.ogg"
    path.write_bytes(encoded("OGG", "VORBIS", 44100) + encoded("OGG", "VORBIS", 22050))
    studio.song(path)
    assert "others of another rate" in studio.messages()[0]
    path.write_bytes(encoded("OGG", "VORBIS", 44100) * 2)
    studio.song(path)
    assert studio.messages() == []


@pytest.mark.parametrize("channels", [1, 2])
def test_aiff_is_read_sample_for_sample(studio, tmp_path, channels):
    for subtype, endian in (
        ("PCM_S8", "FILE"),
        ("PCM_16", "FILE"),
        ("PCM_16", "LITTLE"),
        ("PCM_24", "FILE"),
        ("PCM_32", "FILE"),
        ("FLOAT", "FILE"),
        ("DOUBLE", "FILE"),
    ):
        path = tmp_path / f"{subtype}{endian}.aiff"
        soundfile.write(path, sound(0.5, 44100, channels, seed=7).T, 44100, subtype, endian, "AIFF")
        studio.song(path)
        expected = soundfile.read(path, dtype="float32")[0]
        found, rate_hz = soundfile.read(studio.saved("Export WAV"), dtype="float32")
        assert rate_hz == 44100
        assert np.array_equal(found, expected), path.name


def test_a_wav_that_breaks_off_is_said_to(studio, tmp_path):
    path = tmp_path / "half.wav"
    path.write_bytes(wav(RAW, 48000, (36 + len(RAW), len(RAW)))[: 44 + len(RAW) // 2])
    studio.song(path)
    assert "It breaks off after 1.0 s" in studio.messages()[0]


@pytest.mark.parametrize("kind", [("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")])
def test_the_browser_decodes_what_python_decodes(studio, tmp_path, kind):
    """As many samples; those of lossy formats but for the decoders' rounding."""
    path = tmp_path / f"song.{kind[0].lower()}"
    path.write_bytes(encoded(*kind, rate_hz=48000, channels=2))
    studio.song(path)
    expected, rate_hz = soundfile.read(path, dtype="float32")
    found, found_rate = soundfile.read(studio.saved("Export WAV"), dtype="float32")
    assert (found_rate, found.shape) == (rate_hz, expected.shape)
    lossless = kind[0] == "FLAC"
    assert np.abs(found - expected).max() <= (0 if lossless else 1e-4)


def box(name, *parts):
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), name) + content


def mp4(codec, rate_hz):
    """An MP4 file without sound: video first, then a track of sound."""

    def track(entry):
        return box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", box(b"stsd", bytes(4), bytes(4), entry)))))

    video = box(b"avc1", bytes(78))
    audio = box(codec, bytes(6), struct.pack(">HQHHIHH", 1, 0, 2, 16, 0, rate_hz, 0))
    return box(b"ftyp", b"M4A ", bytes(4)) + box(b"moov", box(b"mvhd", bytes(100)), track(video), track(audio))


def adts(index, frames, size=200):
    header = bytes([0xFF, 0xF1, 0x40 | index << 2, 0x80 | size >> 11, size >> 3 & 255, (size & 7) << 5 | 31, 0xFC])
    return frames * (header + bytes(size - 7))


STREAMINFO = encoded("FLAC", "PCM_16", 96000)[:42]
FLAC_IN_OGG = b"OggS\0\2" + bytes(20) + b"\x01\x33" + b"\x7fFLAC\x01\0\0\x01" + STREAMINFO

HEADERS = {
    "aac.m4a": (mp4(b"mp4a", 44100), 44100),
    "lossless.m4a": (mp4(b"alac", 22050), 22050),
    "half.m4a": (mp4(b"mp4a", 24000), None),  # HE-AAC may be in it, which decodes to twice the rate
    "opus.mp4": (mp4(b"Opus", 16000), 48000),
    "radio.aac": (b"junk" + adts(4, 5), 44100),
    "flac.oga": (FLAC_IN_OGG, 96000),
    "cut.flac": (STREAMINFO[:16], None),
    "two.aac": (b"junk" + adts(4, 2), None),  # two frames behind junk are no proof
    "tiny.aac": (adts(4, 2), 44100),
    "sync.bin": ((LOOKS_LIKE_MP3 + bytes(397)) * 40, None),
}


def test_what_headers_say(tmp_path):
    """Of containers that the page does not decode everywhere, and of every version of MP3 and every rate of AIFF."""
    files = dict(HEADERS)
    for rate_hz in (8000, 11025, 16000, 24000, 44100, 48000):
        files[f"{rate_hz}.mp3"] = NOISE + encoded("MP3", "MPEG_LAYER_III", rate_hz), rate_hz
    for rate_hz in (8000, 44100, 192000):
        files[f"{rate_hz}.aiff"] = encoded("AIFF", "PCM_16", rate_hz, 0.01), rate_hz
    for name, (content, _) in files.items():
        (tmp_path / name).write_bytes(content)
    found = node(tmp_path, {"sniff": [str(tmp_path / name) for name in files]})
    said = {name: header.get("sampleRate") for name, header in zip(files, found, strict=True)}
    assert said == {name: rate_hz for name, (_, rate_hz) in files.items()}
