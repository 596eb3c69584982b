"""Sound survives a trip to disk, and a file that holds none is named with the reason."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawg_ai import audio
from dawg_ai.audio import UnusableAudio, layout
from dawg_ai.errors import UsageError

RATE_HZ = 44100


def noise(channels: int = 2, seconds: float = 2.0, rate_hz: int = RATE_HZ) -> audio.Audio:
    draw = np.random.default_rng(7)
    return (0.1 * draw.standard_normal((channels, int(seconds * rate_hz)))).astype(np.float32)


@pytest.mark.parametrize(("suffix", "largest_error"), [(".wav", 0.0), (".flac", 1.5 * 2.0**-23)])
def test_lossless_files_give_back_what_was_written(tmp_path: Path, suffix: str, largest_error: float):
    sound = noise()
    assert audio.write(tmp_path / f"a{suffix}", sound, RATE_HZ) == 0
    back, rate_hz = audio.read(tmp_path / f"a{suffix}")
    assert rate_hz == RATE_HZ
    assert back.dtype == np.float32
    assert back.flags.c_contiguous
    assert np.abs(back - sound).max() <= largest_error  # in 24 bits half a step of rounding and one of dither


def test_a_long_ogg_is_written_whole(tmp_path: Path):
    time_s = np.arange(70 * RATE_HZ) / RATE_HZ
    sound = np.stack([np.sin(2 * np.pi * 440 * time_s), np.cos(2 * np.pi * 440 * time_s)]).astype(np.float32) * 0.5
    audio.write(tmp_path / "a.ogg", sound, RATE_HZ)
    back, _ = audio.read(tmp_path / "a.ogg")
    assert back.shape == sound.shape
    assert np.sqrt(np.mean((back - sound) ** 2)) < 0.02


def test_samples_beyond_full_scale_are_clamped_and_counted_except_in_float_files(tmp_path: Path):
    sound = noise()
    sound[0, :3] = [1.5, -2.0, 1.0]
    assert audio.write(tmp_path / "a.flac", sound, RATE_HZ) == 2
    assert audio.write(tmp_path / "a.wav", sound, RATE_HZ) == 0
    assert audio.read(tmp_path / "a.flac")[0][0, 1] == -1.0
    assert audio.read(tmp_path / "a.wav")[0][0, 1] == -2.0


@pytest.mark.parametrize(
    ("name", "sound"),
    [("a.m4a", noise()), ("a.wav", noise()[0]), ("a.wav", np.full((1, 9), np.nan, np.float32))],
    ids=["suffix", "shape", "nan"],
)
def test_what_cannot_be_written_is_refused_and_leaves_no_file(tmp_path: Path, name: str, sound: audio.Audio):
    with pytest.raises(UsageError):
        audio.write(tmp_path / name, sound, RATE_HZ)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("channels", "rate_hz", "subtype"),
    [(1, 44100, "PCM_16"), (2, 44100, "PCM_U8"), (2, 96000, "PCM_24"), (7, 48000, "PCM_16"), (12, 48000, "FLOAT")],
)
def test_unusual_files_are_read_as_they_are(tmp_path: Path, channels: int, rate_hz: int, subtype: str):
    sound = noise(channels, 0.5, rate_hz)
    soundfile.write(tmp_path / "a.wav", sound.T, rate_hz, subtype)
    back, back_rate_hz = audio.read(tmp_path / "a.wav")
    assert (back.shape, back_rate_hz) == (sound.shape, rate_hz)
    assert np.abs(back - sound).max() < 0.01
    assert len(audio.stereo(back)) == min(channels, 2)
    assert audio.duration_s(tmp_path / "a.wav") == 0.5


def test_surround_is_folded_by_the_standard():
    # 7.1: left and right as they are, the centre at -3 dB to both, the low-frequency channel nowhere.
    seven_one = np.eye(8, dtype=np.float32)
    left, right = audio.stereo(seven_one)
    half = np.float32(np.sqrt(0.5))
    assert left.tolist() == [1, 0, half, 0, half, 0, half, 0]
    assert right.tolist() == [0, 1, half, 0, 0, half, 0, half]


def nan(path: Path):
    sound = noise().T
    sound[100, 1] = np.nan
    soundfile.write(path, sound, RATE_HZ, "FLOAT")


def infinite(path: Path):
    sound = noise().T
    sound[100, 1] = np.inf
    soundfile.write(path, sound, RATE_HZ, "FLOAT")


def no_samples(path: Path):
    soundfile.write(path, np.zeros((0, 2)), RATE_HZ)


def empty_file(path: Path):
    path.touch()


def not_audio(path: Path):
    path.write_text("dear diary, " * 1000)


def missing(path: Path):
    pass


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (nan, "NaN"),
        (infinite, "NaN or infinite"),
        (no_samples, "zero-length"),
        (empty_file, "zero-length"),
        (not_audio, "unreadable"),
        (missing, "no such file"),
    ],
)
def test_a_bad_file_is_named_with_the_reason(tmp_path: Path, make, reason: str):
    path = tmp_path / "bad.wav"
    make(path)
    with pytest.raises(UnusableAudio, match=reason) as caught:
        audio.read(path)
    assert str(path) in str(caught.value)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("suffix", "reason"),
    [(".wav", "truncated"), (".flac", "lost sync"), (".ogg", "truncated"), (".mp3", "truncated")],
)
def test_a_file_that_breaks_off_is_named(tmp_path: Path, suffix: str, reason: str):
    path = tmp_path / f"a{suffix}"
    soundfile.write(path, noise(seconds=5).T, RATE_HZ)
    audio.read(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    with pytest.raises(UnusableAudio, match=reason):
        audio.read(path)


def test_a_wave_file_written_into_a_pipe_is_not_called_truncated(tmp_path: Path):
    path = tmp_path / "a.wav"
    soundfile.write(path, noise().T, RATE_HZ, "PCM_16")
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = content[4:8] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(content)
    assert audio.read(path)[0].shape == noise().shape


@pytest.mark.parametrize(("rate_hz", "wanted_hz"), [(44_100, 48_000), (48_000, 44_100), (44_100, 22_050)])
def test_another_rate_keeps_pitch_place_and_level(rate_hz: int, wanted_hz: int):
    tones = [np.sin(2 * np.pi * hz / rate_hz * np.arange(rate_hz)) for hz in (440, 7000)]
    true = [np.sin(2 * np.pi * hz / wanted_hz * np.arange(wanted_hz)) for hz in (440, 7000)]
    found = audio.at_rate(np.float32(tones), rate_hz, wanted_hz)
    assert found.dtype == np.float32 and found.shape == (2, wanted_hz) and found.flags.c_contiguous
    assert np.abs(found - true)[:, 2000:-2000].max() < 1e-5


def test_the_same_rate_changes_nothing():
    sound = noise()
    assert audio.at_rate(sound, RATE_HZ, RATE_HZ) is sound


# What `ffmpeg -layouts` prints, and the bits that WAVE_FORMAT_EXTENSIBLE gives the loudspeakers.
FFMPEG_LAYOUTS = """
mono FC; stereo FL+FR; 2.1 FL+FR+LFE; 3.0 FL+FR+FC; 3.0(back) FL+FR+BC; 4.0 FL+FR+FC+BC; quad FL+FR+BL+BR;
quad(side) FL+FR+SL+SR; 3.1 FL+FR+FC+LFE; 5.0 FL+FR+FC+BL+BR; 5.0(side) FL+FR+FC+SL+SR; 4.1 FL+FR+FC+LFE+BC;
5.1 FL+FR+FC+LFE+BL+BR; 5.1(side) FL+FR+FC+LFE+SL+SR; 6.0 FL+FR+FC+BC+SL+SR; 6.1 FL+FR+FC+LFE+BC+SL+SR;
6.1(back) FL+FR+FC+LFE+BL+BR+BC; 7.0 FL+FR+FC+BL+BR+SL+SR; 7.1 FL+FR+FC+LFE+BL+BR+SL+SR;
7.1(wide) FL+FR+FC+LFE+BL+BR+FLC+FRC
"""
WAVE_BITS = ("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR")


def test_the_masks_are_those_of_wave_files_and_the_names_those_of_ffmpeg():
    named = dict(each.split() for each in FFMPEG_LAYOUTS.replace("\n", " ").split(";"))
    masks = {name: sum(1 << WAVE_BITS.index(speaker) for speaker in text.split("+")) for name, text in named.items()}
    assert masks == layout.MASKS


@pytest.mark.parametrize("name", sorted(layout.MASKS))
def test_every_channel_of_a_layout_is_folded_by_the_standard(name: str):
    """ITU-R BS.775-3, table 2: the centre and surrounds at -3 dB, a single one at -6, the low frequencies not."""
    half = np.float32(np.sqrt(0.5))
    gains = {
        layout.FL: (1, 0), layout.FR: (0, 1), layout.FLC: (1, 0), layout.FRC: (0, 1),
        layout.FC: (half, half), layout.BC: (0.5, 0.5), layout.LFE: (0, 0),
        layout.BL: (half, 0), layout.SL: (half, 0), layout.BR: (0, half), layout.SR: (0, half),
    }  # fmt: skip
    mask = layout.MASKS[name]
    speakers = layout.speakers(mask)
    folded = audio.stereo(np.eye(len(speakers), dtype=np.float32), mask)
    if len(speakers) > 2:
        np.testing.assert_array_equal(folded.T, np.array([gains[each] for each in speakers], np.float32))
    else:
        np.testing.assert_array_equal(folded, np.eye(len(speakers)))
