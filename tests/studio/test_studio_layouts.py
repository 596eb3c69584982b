"""Surround is folded by what its channels are: by the channel mask of a header, else by the format's own order."""

import struct

import numpy as np
import pytest
import soundfile
from browsing import sound
from hosting import material, node

HALF = np.sqrt(0.5)
# ITU-R BS.775-3, table 2, and what it gives for a single centre back: (to the left, to the right), by WAVE's bits.
WEIGHTS = {
    "FL": (1, 0),
    "FR": (0, 1),
    "FC": (HALF, HALF),
    "LFE": (0, 0),
    "BL": (HALF, 0),
    "BR": (0, HALF),
    "BC": (0.5, 0.5),
    "FLC": (1, 0),
    "FRC": (0, 1),
    "SL": (HALF, 0),
    "SR": (0, HALF),
    "TFL": (HALF, 0),
    "TFR": (0, HALF),
}
BITS = dict(zip(WEIGHTS, (1, 2, 4, 8, 16, 32, 256, 64, 128, 512, 1024, 4096, 16384), strict=True))
LAYOUTS = {
    "2.1": "FL FR LFE",
    "3.0": "FL FR FC",
    "3.0 back": "FL FR BC",
    "4.0": "FL FR FC BC",
    "quad": "FL FR BL BR",
    "quad side": "FL FR SL SR",
    "3.1": "FL FR FC LFE",
    "5.0": "FL FR FC BL BR",
    "5.0 side": "FL FR FC SL SR",
    "4.1": "FL FR FC LFE BC",
    "5.1": "FL FR FC LFE BL BR",
    "5.1 side": "FL FR FC LFE SL SR",
    "6.1": "FL FR FC LFE BC SL SR",
    "7.1": "FL FR FC LFE BL BR SL SR",
    "7.1 wide": "FL FR FC LFE BL BR FLC FRC",
    "5.1.2": "FL FR FC LFE SL SR TFL TFR",
}
RATE = 8000


def folded(x, speakers):
    return np.array([WEIGHTS[name] for name in speakers.split()]).T @ x.astype(np.float64)


def mask_of(speakers):
    return sum(BITS[name] for name in speakers.split())


def wav(x, mask):
    """A WAVE file with a channel mask, by hand: libsndfile writes its own."""
    data = x.T.astype("<f4").tobytes()
    channels = len(x)
    guid = b"\x03\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
    fmt = struct.pack("<HHIIHHHHI", 0xFFFE, channels, RATE, RATE * channels * 4, channels * 4, 32, 22, 32, mask)
    body = b"WAVEfmt " + struct.pack("<I", 40) + fmt + guid + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def by_studio(folder, sounds, masks):
    """Sounds folded by the studio's code in Node."""
    given = [material(folder / f"{i}.f32", (x, RATE)) for i, x in enumerate(sounds)]
    return [np.float32(each) for each in node(folder, {"fold": given, "masks": masks})]


def test_every_layout_is_folded_by_its_mask(tmp_path):
    rng = np.random.default_rng(1)
    sounds = [rng.normal(size=(len(speakers.split()), 50)).astype(np.float32) for speakers in LAYOUTS.values()]
    found = by_studio(tmp_path, sounds, [mask_of(speakers) for speakers in LAYOUTS.values()])
    for x, each, (name, speakers) in zip(sounds, found, LAYOUTS.items(), strict=True):
        assert each == pytest.approx(folded(x, speakers), abs=1e-5), name


def test_channels_that_nothing_tells_are_not_folded(tmp_path):
    """More than eight: the first two. A mask of another number of channels tells nothing."""
    x = np.random.default_rng(2).normal(size=(9, 50)).astype(np.float32)
    first, usual = by_studio(tmp_path, [x, x[:6]], [0, mask_of(LAYOUTS["2.1"])])
    assert np.array_equal(first, x[:2])
    assert usual == pytest.approx(folded(x[:6], LAYOUTS["5.1"]), abs=1e-5)


def exported(studio, path):
    studio.song(path)
    return soundfile.read(studio.saved("Export WAV"), dtype="float32", always_2d=True)[0].T


def test_the_mask_of_a_file_is_read(studio, tmp_path):
    for name in ("2.1", "4.0", "5.1 side"):
        speakers = LAYOUTS[name]
        path = tmp_path / f"{name}.wav"
        x = sound(1.0, RATE, len(speakers.split()), seed=4) / 4
        path.write_bytes(wav(x, mask_of(speakers)))
        assert exported(studio, path) == pytest.approx(folded(x, speakers), abs=1e-6)
        assert any("folded to stereo" in text for text in studio.messages())


def test_the_mask_of_a_flac_file_is_read(studio, tmp_path):
    """A comment of 2.1 put before the samples; without it three channels are left, right, centre."""
    x = np.round(sound(1.0, RATE, 3, seed=5) / 4 * 32768).astype(np.float32) / 32768
    path = tmp_path / "song.flac"
    soundfile.write(path, x.T, RATE, "PCM_16")
    assert exported(studio, path) == pytest.approx(folded(x, LAYOUTS["3.0"]), abs=1e-6)
    content = path.read_bytes()
    tag = b"WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0x000B"
    comments = struct.pack("<II", 0, 1) + struct.pack("<I", len(tag)) + tag
    block = struct.pack(">I", 4 << 24 | len(comments)) + comments
    rest = content[42:]
    while rest[0] & 127 == 4 and not rest[0] & 128:  # the file's own comments
        rest = rest[4 + int.from_bytes(rest[1:4], "big") :]
    if rest[0] & 127 == 4:  # they were the last block
        rest = rest[4 + int.from_bytes(rest[1:4], "big") :]
        block = bytes([block[0] | 128]) + block[1:]
    (tmp_path / "tagged.flac").write_bytes(content[:42] + block + rest)
    assert exported(studio, tmp_path / "tagged.flac") == pytest.approx(folded(x, LAYOUTS["2.1"]), abs=1e-6)


def test_vorbis_has_its_own_order(studio, tmp_path):
    """Of 5.1 it is left, centre, right, left and right surround, low frequencies."""
    sine = 0.3 * np.sin(2 * np.pi * 300 * np.arange(RATE) / RATE)
    for channel, weights in enumerate([(1, 0), (HALF, HALF), (0, 1), (HALF, 0), (0, HALF), (0, 0)]):
        x = np.zeros((6, RATE), np.float32)
        x[channel] = sine
        path = tmp_path / f"{channel}.ogg"
        soundfile.write(path, x.T, RATE, "VORBIS", format="OGG")
        level = np.sqrt(2 * np.mean(exported(studio, path)[:, 1000:-1000] ** 2, axis=1)) / 0.3
        assert level == pytest.approx(weights, abs=0.05), channel
