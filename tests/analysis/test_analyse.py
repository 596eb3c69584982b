import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile

from dawg_ai.analysis import FIGURES, analyse
from dawg_ai.cli import main
from dawg_ai.report import svg
from dawg_ai.report.analysis import document

RATE = 48_000


@pytest.fixture
def songs(tmp_path):
    """A sine of -20 dBFS on two channels, the same on one, on six with noise in the low-frequency channel."""
    sine = 0.1 * np.sin(2 * np.pi * 1000 / RATE * np.arange(5 * RATE))
    boom = 0.5 * np.sin(2 * np.pi * 60 / RATE * np.arange(5 * RATE))
    none = np.zeros_like(sine)
    for name, channels in {
        "stereo": [sine, sine],
        "mono": [sine],
        "surround": [sine, sine, none, boom, none, none],
    }.items():
        soundfile.write(tmp_path / f"{name}.wav", np.array(channels).T, RATE, "FLOAT")
    return tmp_path


def test_figures_of_a_sine(songs):
    figures = analyse(songs / "stereo.wav").figures
    assert set(figures) == {figure.name for figure in FIGURES}
    assert figures["integrated_lufs"] == pytest.approx(-20, abs=0.1)
    assert figures["short_term_max_lufs"] == figures["momentary_max_lufs"] == pytest.approx(-20, abs=0.1)
    assert figures["true_peak_db"] == pytest.approx(-20, abs=0.05)
    assert figures["rms_db"] == pytest.approx(-23.01, abs=0.01)
    assert figures["crest_db"] == pytest.approx(3.01, abs=0.01)
    assert (figures["plr_db"], figures["psr_db"]) == pytest.approx((0, 0), abs=0.1)
    assert (figures["duration_s"], figures["rate_hz"], figures["channels"], figures["correlation"]) == (5, RATE, 2, 1)


def test_mono_is_3_lu_below_and_the_low_frequency_channel_does_not_count(songs):
    stereo, mono, surround = (
        analyse(songs / f"{name}.wav").figures["integrated_lufs"] for name in ("stereo", "mono", "surround")
    )
    assert mono == pytest.approx(stereo - 3.01, abs=0.01)
    assert surround == pytest.approx(stereo, abs=0.001)


def test_snippets_have_the_figures_that_are_defined(tmp_path):
    soundfile.write(tmp_path / "click.wav", np.ones(100) * 0.5, RATE)
    figures = analyse(tmp_path / "click.wav").figures
    assert figures["integrated_lufs"] is figures["plr_db"] is figures["psr_db"] is None
    assert figures["rms_db"] == pytest.approx(-6.02, abs=0.01)


def test_unreadable_files_do_not_stop_the_run(songs, capsys):
    (songs / "notes.wav").write_text("not audio")
    (songs / "empty.flac").touch()
    files = [str(songs / name) for name in ("notes.wav", "stereo.wav", "gone.wav", "empty.flac", "mono.wav")]
    assert main(["analyse", *files]) == 1
    said = capsys.readouterr()
    assert "stereo.wav" in said.out and "mono.wav" in said.out and "-20.0" in said.out
    for name, reason in (("notes.wav", "unreadable"), ("gone.wav", "no such file"), ("empty.flac", "empty")):
        assert any(name in line and reason in line for line in said.err.splitlines())
        assert name not in said.out


def test_json_is_one_object(songs, capsys):
    assert main(["analyse", "--json", str(songs / "stereo.wav"), str(songs / "gone.wav")]) == 1
    printed = json.loads(capsys.readouterr().out)
    (song,) = printed["files"]
    assert song["path"] == str(songs / "stereo.wav") and song["integrated_lufs"] == pytest.approx(-20, abs=0.1)
    assert printed["unusable"] == [{"path": str(songs / "gone.wav"), "reason": "there is no such file"}]


def test_one_file_is_shown_line_by_line(songs, capsys):
    assert main(["analyse", str(songs / "stereo.wav")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["loudness", "-20.0", "LUFS"] for line in lines)
    assert all(any(line.startswith(f"  {figure.label} ") for line in lines) for figure in FIGURES)


def test_undefined_figures_are_left_out(songs):
    """Noise has neither beat nor key."""
    noise = 0.1 * np.random.default_rng(0).standard_normal((10 * RATE, 2))
    soundfile.write(songs / "noise.wav", noise, RATE, "FLOAT")
    figures = analyse(songs / "noise.wav").figures
    assert figures["tempo_bpm"] is figures["first_beat_s"] is figures["key"] is None


def test_report_is_one_page_that_needs_nothing_else(songs, capsys):
    (songs / "<b>.wav").write_text("not audio")
    report = songs / "report.html"
    files = [str(songs / name) for name in ("stereo.wav", "mono.wav", "surround.wav", "<b>.wav")]
    assert main(["analyse", *files, "--report", str(report)]) == 1
    text = report.read_text("utf-8")
    pictures = re.findall(r"<svg .*?</svg>", text, re.DOTALL)
    assert len(pictures) >= 9
    for each in pictures:
        numbers = [float(n) for n in re.findall(r'(?:points=| )"?(-?[\d.]+),', each)]
        assert ElementTree.fromstring(each).get("aria-label") and "nan" not in each and "inf" not in each
        assert all(0 <= n <= 812 for n in numbers)
    assert "<b>.wav" not in text and "&lt;b&gt;.wav" in text
    assert "http" not in text and "src=" not in text
    assert "-20.0" in text


def test_the_picture_shows_the_loudness(songs):
    """The short-term curve of a steady sine lies where its -20 LUFS are on the axis."""
    axes = svg.Axes((0, 5), (-60, 6), {}, [-20.0])
    _, (y,) = axes.place(np.array([0.0]), np.array([-20.0]))
    curve = re.search(r'"line first" points="([^"]+)"', document([analyse(songs / "stereo.wav")], []))
    heights = [float(point.split(",")[1]) for point in curve[1].split()]
    np.testing.assert_allclose(heights, y, atol=0.3)


def test_a_song_is_not_overwritten_by_its_report(songs, capsys):
    song = songs / "stereo.wav"
    before = song.read_bytes()
    assert main(["analyse", str(song), "--report", str(song)]) == 2
    assert song.read_bytes() == before and "overwritten" in capsys.readouterr().err
