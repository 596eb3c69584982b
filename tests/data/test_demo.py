"""The demo dataset: does it repeat, does it sound finished, and is it what its clips say?"""

from collections import Counter

import numpy as np
import pytest
import soundfile

from dawg_ai.data import compose
from dawg_ai.data.compose.harmony import Key
from dawg_ai.data.compose.master import loudness
from dawg_ai.data.compose.score import BEATS_PER_BAR
from dawg_ai.data.sets import demo
from dawg_ai.data.split import part
from dawg_ai.errors import UsageError

HEARD = ("house", "ambient", "rock")  # styles rendered here; the others differ in data alone


@pytest.fixture(scope="module")
def songs():
    return {style: compose.song(style, 1)[0] for style in HEARD}


def octaves_db(sound):
    """Power per octave from 32 Hz to 16 kHz, relative to the mean of them."""
    size = 1 << 15
    blocks = sound[:, : sound.shape[1] // size * size].reshape(-1, size) * np.hanning(size)
    power = (np.abs(np.fft.rfft(blocks)) ** 2).mean(axis=0)
    hz = np.fft.rfftfreq(size, 1 / compose.RATE)
    bands = [power[(hz >= f / 2**0.5) & (hz < f * 2**0.5)].sum() for f in 1000 * 2.0 ** np.arange(-5, 5)]
    level = 10 * np.log10(bands)
    return level - level.mean()


@pytest.fixture
def quick(monkeypatch):
    """Composing costs no time: a song is a short tone of its own."""

    def song(style, seed):
        pitch = 100 + 10 * seed + len(style)
        tone = np.sin(np.arange(1000) * pitch / compose.RATE).astype(np.float32)
        return np.stack([tone, tone]) / 2, compose.write(style, seed)

    monkeypatch.setattr(compose, "song", song)


def test_a_song_repeats_to_the_bit(songs):
    again, _ = compose.song("ambient", 1)
    np.testing.assert_array_equal(again, songs["ambient"])


@pytest.mark.parametrize("style", HEARD)
def test_a_song_is_a_finished_record(songs, style):
    sound = songs[style]
    assert sound.shape[0] == 2 and sound.dtype == np.float32
    assert 42 < sound.shape[1] / compose.RATE < 62
    assert np.abs(sound).max() < 0.9, "clips"
    assert np.abs(sound.mean(axis=1)).max() < 1e-3, "has an offset"
    assert -16.5 < loudness(sound) < -11.5
    correlation = np.corrcoef(sound)[0, 1]
    assert 0.1 < correlation < 0.97, "mono, or its sides cancel"
    assert abs(10 * np.log10((sound[0] ** 2).mean() / (sound[1] ** 2).mean())) < 1.5, "leans to one side"


@pytest.mark.parametrize("style", HEARD)
def test_a_song_fills_the_spectrum(songs, style):
    level = octaves_db(songs[style])
    assert level[1:4].max() > level.mean(), "no bass"
    assert level[-1] > level.max() - 45, "no air"
    assert np.abs(np.diff(level[1:])).max() < 16, "a hole"


def test_styles_differ_in_tone(songs):
    for one, other in (("house", "ambient"), ("house", "rock"), ("rock", "ambient")):
        assert np.abs(octaves_db(songs[one]) - octaves_db(songs[other])).mean() > 2.0


def test_loudness_is_that_of_the_standard():
    # ITU-R BS.1770: a 997 Hz sine at full scale in one channel reads -3.01 LUFS.
    sine = np.sin(2 * np.pi * 997 * np.arange(5 * compose.RATE) / compose.RATE)
    assert loudness(np.stack([sine, 0 * sine]).astype(np.float32)) == pytest.approx(-3.01, abs=0.1)


@pytest.mark.parametrize("style", compose.STYLES)
@pytest.mark.parametrize("seed", range(8))
def test_every_note_lies_in_the_key(style, seed):
    score = compose.write(style, seed)
    key = Key(score.tonic, score.scale)
    for player, notes in score.parts.items():
        outside = [note.pitch for note in notes if note.pitch not in key]
        assert not outside, f"{player} leaves {score.key}"
        assert all(0 <= note.start_beats < score.bars * BEATS_PER_BAR + 0.5 for note in notes)
        assert all(0 < note.velocity <= 1 for note in notes)
    assert all(score.parts[player] for player in ("melody", "bass", "chords"))
    assert "kick" in {hit.drum for hit in score.drums}


@pytest.mark.parametrize("style", compose.STYLES)
def test_songs_of_a_style_are_different_pieces(style):
    scores = [compose.write(style, seed) for seed in range(8)]
    assert len({(score.tempo_bpm, score.key) for score in scores}) == 8
    assert len({tuple(note.pitch for note in score.parts["melody"]) for score in scores}) == 8


@pytest.mark.parametrize("style", compose.STYLES)
def test_patterns_have_the_length_of_a_bar(style):
    written = compose.STYLES[style]
    bars = [*written.bass_lines, *written.comping, *written.arps]
    bars += [pattern for groove in written.grooves for pattern in groove.values()]
    assert {len(pattern) for pattern in bars} == {16}
    assert {len(pattern) for pattern in written.melodies} == {32}


def test_get_goes_on_where_it_stopped(tmp_path, quick, monkeypatch):
    composed = []
    song = compose.song

    def stops_after_five(style, seed):
        if len(composed) == 5:
            raise KeyboardInterrupt
        composed.append((style, seed))
        return song(style, seed)

    monkeypatch.setattr(compose, "song", stops_after_five)
    with pytest.raises(KeyboardInterrupt):
        demo.get(tmp_path)
    with pytest.raises(UsageError, match="dawg data get demo"):
        demo.clips(tmp_path)
    first = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.flac")}
    assert len(first) == 5
    monkeypatch.setattr(compose, "song", song)
    demo.get(tmp_path)
    assert len(list(tmp_path.glob("*.flac"))) == 48
    assert all(path.stat().st_mtime_ns == time for path, time in first.items())


def test_a_new_version_is_composed_afresh(tmp_path, quick, monkeypatch):
    demo.get(tmp_path)
    path = tmp_path / "rock-01.flac"
    path.write_bytes(b"an older song")
    demo.get(tmp_path)
    assert path.read_bytes() == b"an older song"
    monkeypatch.setattr(demo, "VERSION", "next")
    demo.get(tmp_path)
    assert soundfile.info(path).samplerate == compose.RATE


def test_clips(tmp_path, quick):
    demo.get(tmp_path)
    clips = demo.clips(tmp_path)
    assert [clip.id for clip in clips] == sorted(clip.id for clip in clips)
    assert len({clip.id for clip in clips}) == len(clips) == 48
    assert Counter(clip.style for clip in clips) == dict.fromkeys(compose.STYLES, 8)
    assert set(Counter(clip.group for clip in clips).values()) == {2}
    for clip in clips:
        assert clip.id.startswith("demo/") and clip.licence.allows_training and clip.title
        assert 50 < clip.annotations["tempo_bpm"] < 200 and clip.annotations["key"]
        with soundfile.SoundFile(clip.path) as file:
            assert (file.samplerate, file.channels, file.subtype) == (44100, 2, "PCM_16")
            assert (file.title, file.artist) == (clip.title, clip.licence.holder)
    for style in compose.STYLES:
        assert {part(clip.group) for clip in clips if clip.style == style} == {"train", "valid", "test"}


def test_there_is_nothing_to_read(tmp_path):
    with pytest.raises(UsageError, match="dawg data get demo"):
        demo.get(tmp_path, source=tmp_path)
