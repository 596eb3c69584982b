"""The demo dataset: does it compose what is missing, and is it what its clips say?"""

from collections import Counter

import numpy as np
import pytest
import soundfile

from dawg_ai import compose
from dawg_ai.data.sets import demo
from dawg_ai.data.split import part
from dawg_ai.errors import UsageError


@pytest.fixture
def quick(monkeypatch):
    """Composing costs no time: a song is a short tone of its own."""

    def song(style, seed):
        pitch = 100 + 10 * seed + len(style)
        tone = np.sin(np.arange(1000) * pitch / compose.RATE).astype(np.float32)
        return np.stack([tone, tone]) / 2, compose.write(style, seed)

    monkeypatch.setattr(compose, "song", song)


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
