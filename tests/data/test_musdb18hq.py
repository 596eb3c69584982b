"""MUSDB18: the public layouts, made up in a folder."""

import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from dawg_ai import audio
from dawg_ai.data.sets import musdb18hq
from dawg_ai.errors import DawgError, UsageError

STEMS = ("mixture", "vocals", "drums", "bass", "other")


def song(folder):
    """A song of a tenth of a second, each stem a constant of its own."""
    folder.mkdir(parents=True)
    for number, stem in enumerate(STEMS, start=1):
        soundfile.write(folder / f"{stem}.wav", np.full((4410, 2), number / 10), 44_100, "PCM_16")


def test_the_official_split_is_kept_and_a_clip_has_its_stems(tmp_path):
    song(tmp_path / "hq" / "train" / "Ada Example - First")
    song(tmp_path / "hq" / "test" / "Ben Example - Second")
    musdb18hq.get(tmp_path / "data", tmp_path / "hq")
    first, second = sorted(musdb18hq.clips(tmp_path / "data"), key=lambda clip: clip.title)
    assert (first.part, second.part) == ("train", "test") and first.group != second.group
    assert first.id == "musdb18hq/train/Ada Example - First" and first.title == "First"
    assert set(first.files) == {"audio", "vocals", "drums", "bass", "other"}
    assert audio.read(first.files["drums"])[0][0, 0] == pytest.approx(0.3, abs=1e-4)
    assert not first.licence.allows_training, "research alone"


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")
def test_stems_are_taken_out_of_an_mp4_in_the_order_of_its_streams(tmp_path):
    song(tmp_path / "wav")
    source = tmp_path / "musdb18" / "train"
    source.mkdir(parents=True)
    command = ["ffmpeg", "-v", "error"]
    for stem in musdb18hq.STEMS:
        command += ["-i", str(tmp_path / "wav" / f"{stem}.wav")]
    for stream in range(len(musdb18hq.STEMS)):
        command += ["-map", str(stream)]
    subprocess.run([*command, "-c:a", "alac", str(source / "Ada Example - First.stem.mp4")], check=True)
    musdb18hq.get(tmp_path / "data", tmp_path / "musdb18")
    (clip,) = musdb18hq.clips(tmp_path / "data")
    levels = {kind: round(float(audio.read(path)[0][0, 2000]), 3) for kind, path in clip.files.items()}
    assert levels == {"audio": 0.1, "vocals": 0.2, "drums": 0.3, "bass": 0.4, "other": 0.5}
    (source / "Broken.stem.mp4").write_bytes(b"no film")
    with pytest.raises(DawgError, match=r"Broken\.stem\.mp4 cannot be taken apart"):
        musdb18hq.get(tmp_path / "data", tmp_path / "musdb18")
    assert not list((tmp_path / "data" / "train").glob("*Broken*")), "nothing half done is left"


def test_what_is_no_source_is_refused_in_words(tmp_path):
    for source, words in ((None, "--from"), (tmp_path, "holds no song")):
        with pytest.raises(UsageError, match=words):
            musdb18hq.get(tmp_path / "data", source)
