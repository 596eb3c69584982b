"""What single loaders know: titles of licences, embeddings, priors, addresses, pairs."""

import os
import stat
import struct

import numpy as np
import pytest
import soundfile

from dawg_ai import data
from dawg_ai.cli import main
from dawg_ai.data import fma, tfrecord
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.data.request import Request
from dawg_ai.data.sets import audioset, msd
from dawg_ai.errors import DawgError, UsageError
from tests.data.miniatures import MAKERS, RATE


# The commonest titles of fma's tracks.csv, as its analysis.ipynb counts them, read by hand.
@pytest.mark.parametrize(
    ("title", "spdx"),
    [
        ("Attribution-Noncommercial-Share Alike 3.0 United States", "CC-BY-NC-SA-3.0"),
        ("Attribution-NonCommercial-NoDerivatives (aka Music Sharing) 3.0 International", "CC-BY-NC-ND-3.0"),
        ("Creative Commons Attribution-NonCommercial-NoDerivatives 4.0", "CC-BY-NC-ND-4.0"),
        ("Attribution-Noncommercial-No Derivative Works 3.0 United States", "CC-BY-NC-ND-3.0"),
        ("Attribution-NonCommercial 3.0 International", "CC-BY-NC-3.0"),
        ("Attribution 3.0 International", "CC-BY-3.0"),
        ("Attribution-ShareAlike 3.0 International", "CC-BY-SA-3.0"),
        ("Attribution-No Derivative Works 3.0 United States", "CC-BY-ND-3.0"),
        ("Attribution-NonCommercial-ShareAlike", "unknown"),
        ("Attribution", "unknown"),
        ("Free Art License 1.3", "unknown"),
        ("FMA-Limited: Download Only", "unknown"),
        ("", "unknown"),
    ],
)
def test_titles_of_licences(title, spdx):
    assert fma.licence(title) == spdx


def test_fma_knows_artists_genres_and_true_lengths(home, tmp_path):
    data.load("fma_full").get(MAKERS["fma_full"](tmp_path))
    found = {clip.id.removeprefix("fma_full/"): clip for clip in data.load("fma_full").clips()}
    assert found["001486"].annotations["duration_s"] == 14.39, "its row says 90"
    assert found["000020"].annotations["genres"] == "Experimental Pop; Folk; Pop" and found["000020"].style is None
    assert found["000002"].licence.holder == "Artist 1" and found["000002"].style == "Hip-Hop"
    assert "133297" not in found


def test_a_folder_without_one_of_the_archives_says_which(home, tmp_path):
    source = MAKERS["fma_small"](tmp_path)
    (source / "fma_small.zip").unlink()
    with pytest.raises(UsageError, match=r"neither fma_small\.zip nor the folder fma_small"):
        data.load("fma_small").get(source)


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def record(video, frames):
    """A SequenceExample in the wire format, as AudioSet has them; the checksums are not read."""
    entries = {
        "video_id": field(1, field(1, video.encode())),
        "start_time_seconds": field(2, field(1, struct.pack("<f", 30.0))),
        "labels": field(3, field(1, varint(3) + varint(522))),
    }
    context = b"".join(field(1, field(1, name.encode()) + field(2, value)) for name, value in entries.items())
    steps = b"".join(field(1, field(1, field(1, bytes(frame)))) for frame in frames)
    content = field(1, context) + field(2, field(1, field(1, b"audio_embedding") + field(2, steps)))
    return struct.pack("<Q", len(content)) + b"\0" * 4 + content + b"\0" * 4


def test_embeddings_are_read_without_tensorflow(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (10, 128), dtype=np.uint8)
    path = tmp_path / "-0.tfrecord"
    path.write_bytes(record("-0RWZT-miFs", frames) + record("-0abcdefghi", frames[:3]))
    found = audioset.embeddings(path)
    assert list(found) == ["-0RWZT-miFs", "-0abcdefghi"] and found["-0abcdefghi"].shape == (3, 128)
    np.testing.assert_array_equal(found["-0RWZT-miFs"], frames)
    (first, _) = tfrecord.read(path)
    assert first.context["labels"] == [3, 522] and first.context["start_time_seconds"] == [30.0]


def test_damaged_embeddings_are_said_to_be(tmp_path):
    whole = record("-0RWZT-miFs", np.zeros((2, 128), np.uint8))
    path, rng = tmp_path / "x.tfrecord", np.random.default_rng(1)
    for _ in range(300):
        damaged = bytearray(whole[: rng.integers(1, len(whole) + 1)])
        for at in rng.integers(0, len(damaged), rng.integers(0, 4)):
            damaged[at] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            list(tfrecord.read(path))
        except DawgError as error:
            assert "x.tfrecord is damaged" in str(error)


def test_classes_below_music_are_found_once(home, tmp_path):
    data.load("audioset").get(MAKERS["audioset"](tmp_path))
    root = data.load("audioset").root
    assert audioset.below(root, "/m/04rlf") == {"/m/04rlf", "/m/04szw", "/m/x", "/m/0342h"}
    first = data.load("audioset").clips()[1]
    assert first.annotations["labels"] == "Keys jangling; Car, vehicle" and first.files["embeddings"].is_file()


def test_priors_by_style():
    licence, rng = Licence("unknown"), np.random.default_rng(0)
    songs = [
        Clip(f"msd/{i}", {}, "a", licence, style="techno" if i % 2 else "rock",
            annotations={"tempo_bpm": 130 + i % 2 * 10 + rng.normal(), "key": "C minor", "key_confidence": i % 4 / 4})
        for i in range(200)
    ]  # fmt: skip
    found = msd.priors(songs)
    assert set(found) == {"rock", "techno"} and found["rock"]["songs"] == 100
    assert abs(found["techno"]["tempo_bpm_median"] - 140) < 0.5 < abs(found["rock"]["tempo_bpm_median"] - 140)
    assert found["techno"]["major"] == 0.0 and "loudness_db_low" not in found["rock"]
    assert msd.priors(songs, least=101) == {}


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """A `yt-dlp` that writes a file of sound for every address but one."""
    folder = tmp_path / "bin"
    folder.mkdir()
    tone = 0.1 * np.sin(np.arange(RATE) / 20)
    soundfile.write(tmp_path / "tone.ogg", tone, RATE)
    script = folder / "yt-dlp"
    script.write_text(
        f'#!/bin/sh\neval last=\\${{$#}}\ncase "$last" in *bad*) echo "ERROR: gone" >&2; exit 1;; esac\n'
        f'while [ "$1" != -o ]; do shift; done\ncp {tmp_path}/tone.ogg "$(dirname "$2")/Ada - Song.ogg"\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def test_addresses_need_the_rights_and_keep_the_statement(tools, home, capsys):
    sheet = tools / "addresses.txt"
    sheet.write_text("# mine\nhttps://a.example/one\nhttps://a.example/bad\n\nhttps://a.example/one\n")
    assert main(["data", "get", "web", "--from", str(sheet)]) == 2
    assert "terms of service" in capsys.readouterr().err and not (home / "data" / "web").exists()
    assert main(["data", "get", "web", "--from", str(sheet), "--i-have-the-rights"]) == 0
    assert "https://a.example/bad: yt-dlp could not fetch it: ERROR: gone" in capsys.readouterr().err
    (clip,) = data.load("web").clips()
    assert (clip.group, clip.title, clip.licence.source) == ("Ada", "Song", "https://a.example/one")
    assert clip.licence.may_train and not clip.licence.may_ship
    assert clip.annotations["tool"] == "yt-dlp" and "states to have the right" in clip.annotations["statement"]


@pytest.mark.parametrize("line", ["-o /etc/passwd", "file:///etc/passwd", "ftp://a.example/x", "no address"])
def test_what_is_no_address_is_refused(tools, home, line):
    (tools / "addresses.txt").write_text(line)
    with pytest.raises(UsageError, match="is no address"):
        data.load("web").get(tools / "addresses.txt", Request(has_rights=True))


def test_a_missing_tool_is_named(home, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.txt").write_text("https://open.spotify.com/track/1")
    with pytest.raises(UsageError, match="fetched by spotdl, which is not installed"):
        data.load("web").get(tmp_path / "a.txt", Request(has_rights=True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("yes,ship", "no,ship"), "0001 is without consent"),
        (("yes,ship", "yes,any"), "the scope of 0001 is 'any'; expected train or ship"),
        (("0001/mix.wav", "0009/mix.wav"), "'0009/mix.wav' of 0001 is not a file"),
        (("0001,Room", "../up,Room"), r"the id '\.\./up' cannot be the name of a folder"),
        (("0002,Room", "0001,Room"), "has the id 0001 twice"),
        (("id,studio", "id,firm"), "has no column studio"),
        (("ship,2026-03-01", "ship,"), "no day of its consent"),
    ],
)
def test_a_sheet_that_is_off_says_where(home, tmp_path, change, message):
    source = MAKERS["pairs"](tmp_path)
    sheet = source / "pairs.csv"
    assert change[0] in sheet.read_text()
    sheet.write_text(sheet.read_text().replace(*change, 1))
    with pytest.raises(UsageError, match=message):
        data.load("pairs").get(source)
    assert not data.load("pairs").root.exists()


def test_pairs_are_aligned_and_equally_loud(home, tmp_path):
    from dawg_ai.dsp.meters.loudness import integrated_lufs

    data.load("pairs").get(MAKERS["pairs"](tmp_path))
    for clip, lag, inverted in zip(data.load("pairs").clips(), (137, -41), ("false", "true"), strict=True):
        assert (clip.annotations["lag_samples"], clip.annotations["inverted"]) == (lag, inverted)
        before, after = (soundfile.read(clip.files[name], dtype="float32")[0] for name in ("audio", "after"))
        assert len(before) == len(after)
        assert np.corrcoef(before, after)[0, 1] > 0.9
        loudness = [integrated_lufs(np.float32([each]), RATE) for each in (before, after)]
        assert abs(loudness[0] - loudness[1]) < 0.01
