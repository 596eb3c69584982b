"""`dawg apply` and what is below it, on the toy plugin: any file a user may have, and every way to get it wrong."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

import dawg_ai
from dawg_ai import audio, chain
from dawg_ai.cli import main
from dawg_ai.dsp.meters.loudness import integrated_lufs

RATE_HZ = 44_100


def noise(channels=2, seconds=3.0, rate_hz=RATE_HZ, level=0.05, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, level, (channels, round(seconds * rate_hz))).astype(np.float32)


@pytest.fixture
def song(tmp_path):
    audio.write(tmp_path / "song.wav", noise(), RATE_HZ)
    return tmp_path / "song.wav"


@pytest.fixture
def apply(bundle, capsys):
    """Run `dawg apply auto_gain ...`; gives exit code, output and complaint."""

    def run(*words):
        capsys.readouterr()
        code = main(["apply", "auto_gain", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_json_is_one_object_and_its_recipe_renders_the_same_samples(apply, song, tmp_path):
    code, said, complaint = apply(song, tmp_path / "out.wav", "--json")
    assert (code, complaint) == (0, "")
    figures = json.loads(said)
    original, rate_hz = audio.read(song)
    rendered, _ = audio.read(tmp_path / "out.wav")
    np.testing.assert_array_equal(chain.render(figures["recipe"], original, rate_hz), rendered)
    assert abs(figures["recipe"]["chain"][0]["knobs"]["trim_db"]) >= 1
    assert np.abs(rendered - original).max() > 0.01
    assert figures["confidence"] == [{"All bands": 1.0}]
    assert figures["bundle"].keys() == {"version", "date", "data", "folder"} and all(figures["bundle"].values())


def test_in_words(apply, song, tmp_path):
    code, said, _ = apply(song, tmp_path / "out.wav")
    assert code == 0
    assert "All bands" in said and "Trim" in said and "sure 100%" in said
    assert re.match(
        r"auto_gain \d+\.\d+\.\d+, trained on \S*songs\S*, \d{4}-\d\d-\d\d \(.*auto_gain\)$", said.splitlines()[0]
    )
    assert f"{tmp_path / 'out.wav'} is written" in said.splitlines()[-1]


def test_reference_style_and_strength_are_obeyed(apply, song, tmp_path):
    audio.write(tmp_path / "quiet.wav", noise(level=0.012, seed=1), RATE_HZ)

    def trim_db(*words):
        code, said, complaint = apply(song, tmp_path / "out.wav", "--json", *words)
        assert code == 0, complaint
        return json.loads(said)["recipe"]["chain"][0]["knobs"]["trim_db"]

    assert trim_db("--strength", "0") == 0
    assert trim_db("--style", "loud") > trim_db() > trim_db("--reference", tmp_path / "quiet.wav")
    assert trim_db("--strength", "1.5") == pytest.approx(1.5 * trim_db(), abs=0.11)
    both = trim_db("--reference", tmp_path / "quiet.wav", "--reference", song)
    assert both > trim_db("--reference", tmp_path / "quiet.wav")


@pytest.mark.parametrize(
    ("channels", "rate_hz", "subtype", "suffix"),
    [
        (1, 44_100, "PCM_16", ".wav"),
        (2, 96_000, "PCM_24", ".flac"),
        (2, 44_100, "PCM_U8", ".wav"),
        (7, 48_000, "PCM_16", ".wav"),
        (2, 8_000, "PCM_16", ".wav"),
        (2, 22_050, "VORBIS", ".ogg"),
        (2, 44_100, "MPEG_LAYER_III", ".mp3"),
    ],
)
def test_any_usual_file_works(apply, tmp_path, channels, rate_hz, subtype, suffix):
    source = tmp_path / f"song{suffix}"
    soundfile.write(source, noise(channels, 2.5, rate_hz).T, rate_hz, subtype)
    code, _, complaint = apply(source, tmp_path / "out.wav")
    assert code == 0, complaint
    original, _ = audio.read(source)
    rendered, rate_back_hz = audio.read(tmp_path / "out.wav")
    assert (rendered.shape, rate_back_hz) == (original.shape, rate_hz)


def test_a_file_shorter_than_a_frame_works(apply, tmp_path):
    soundfile.write(tmp_path / "hit.wav", noise(1, 0.05).T, RATE_HZ)
    code, _, complaint = apply(tmp_path / "hit.wav", tmp_path / "out.wav")
    assert code == 0, complaint


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg"])
def test_every_output_format(apply, song, tmp_path, suffix):
    target = tmp_path / "a folder" / "that is new" / f"out{suffix}"
    code, _, complaint = apply(song, target)
    assert code == 0, complaint
    loudness = [integrated_lufs(*audio.read(path)) for path in (song, target)]
    assert np.isfinite(loudness).all()
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_clipping_is_reported(apply, tmp_path):
    audio.write(tmp_path / "peaky.wav", 0.01 * noise() + (np.arange(3 * RATE_HZ) % 9000 == 0), RATE_HZ)
    code, said, complaint = apply(tmp_path / "peaky.wav", tmp_path / "out.flac", "--style", "loud", "--json")
    assert code == 0
    assert json.loads(said)["clamped_samples"] > 0
    assert "above full scale and are clipped; lower the level, or write .wav with --bits 32f" in complaint


def silent(path):
    soundfile.write(path, np.zeros(RATE_HZ), RATE_HZ)


@pytest.mark.parametrize(
    ("make", "code", "reason"),
    [
        (lambda path: None, 1, "there is no such file"),
        (silent, 1, "silent: its peak is below -80 dBFS"),
        (lambda path: path.write_text("no sound at all"), 1, "unreadable"),
        (lambda path: path.write_bytes(b""), 1, "zero-length"),
        (lambda path: path.mkdir(), 1, "song.wav"),
    ],
)
def test_a_song_or_reference_without_sound_is_named(apply, song, tmp_path, make, code, reason):
    bad = tmp_path / "bad song.wav"
    make(bad)
    for words in ((bad, tmp_path / "out.wav"), (song, tmp_path / "out.wav", "--reference", bad)):
        got, said, complaint = apply(*words)
        assert (got, said) == (code, "")
        assert complaint.startswith(f"dawg apply: {bad}: ") and reason in complaint
        assert len(complaint.splitlines()) == 1
    assert not (tmp_path / "out.wav").exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--strength", "2"], "strength is 2; expected 0 to 1.5"),
        (["--strength=-0.1"], "strength is -0.1; expected 0"),
        (["--strength", "nan"], "strength is nan; expected 0"),
        (["--strength", "much"], "strength is 'much'; expected a number from 0 to 1.5"),
        (["--style", "polka"], "style is 'polka'; expected none, quiet, loud"),
        (["--mode", "dream"], "auto_gain offers no mode 'dream'; it offers: fix, reference, style"),
        (["--reference", "a.wav"] * 3, "3 files were given as reference; auto_gain takes up to 2"),
        (
            ["--reference", "a.wav", "--style", "loud"],
            "no mode of auto_gain takes reference and style; its modes: fix takes nothing",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_sound_is_read(apply, tmp_path, words, complaint):
    code, said, err = apply(tmp_path / "is not there.wav", tmp_path / "out.wav", *words)
    assert (code, said) == (2, "")
    assert complaint in err and len(err.splitlines()) == 1


def test_the_output_never_overwrites_an_input(apply, song, tmp_path):
    before = song.read_bytes()
    (tmp_path / "link.wav").symlink_to(song)
    for words in ((song, song), (song, tmp_path / "link.wav"), (tmp_path / "link.wav", song)):
        code, _, complaint = apply(*words)
        assert code == 2 and "would be overwritten; name another file" in complaint
    audio.write(tmp_path / "other.wav", noise(seed=2), RATE_HZ)
    code, _, complaint = apply(tmp_path / "other.wav", song, "--reference", song)
    assert code == 2 and "would be overwritten" in complaint
    assert song.read_bytes() == before


def test_an_output_that_cannot_be_written_is_named(apply, song, tmp_path):
    code, _, complaint = apply(song, tmp_path / "out.m4a")
    assert code == 2 and "sound is written as .wav, .flac, .aiff, .aif, .ogg, .opus or .mp3, not .m4a" in complaint
    (tmp_path / "file").write_text("")
    code, _, complaint = apply(song, tmp_path / "file" / "out.wav")
    assert code == 1 and str(tmp_path / "file") in complaint and len(complaint.splitlines()) == 1


def test_an_unknown_plugin_and_one_without_a_bundle(toys, song, tmp_path, capsys):
    assert main(["apply", "nothing", str(song), str(tmp_path / "out.wav")]) == 2
    said = capsys.readouterr().err
    assert re.search(r"there is no bundle of 'nothing' \(there are: .*auto_eq.*\); a plugin's is made", said)
    assert main(["apply", "auto_gain", str(song), str(tmp_path / "out.wav")]) == 2
    assert "made with: dawg train auto_gain && dawg export auto_gain" in capsys.readouterr().err


def test_a_damaged_bundle_is_refused(apply, bundle, song, tmp_path):
    (bundle.folder / "model.onnx").write_bytes(b"nonsense")
    code, _, complaint = apply(song, tmp_path / "out.wav")
    assert code == 1 and "model.onnx is damaged" in complaint


def test_interrupted_it_leaves_no_half_file(bundle, tmp_path):
    """Ctrl-C at several moments of a long render: either the old file or the new one is complete."""
    audio.write(tmp_path / "long.wav", noise(2, 120), RATE_HZ)
    target = tmp_path / "out" / "out.wav"
    audio.write(target, noise(1, 0.1), RATE_HZ)
    root = str(Path(dawg_ai.__file__).parents[1])
    command = [sys.executable, "-m", "dawg_ai", "apply", "auto_gain", tmp_path / "long.wav", target]
    environment = {**os.environ, "PYTHONPATH": root}
    for _ in range(2):  # the first may have kernels to compile
        start = time.perf_counter()
        subprocess.run([*command[:-1], tmp_path / "whole.wav"], env=environment, check=True, capture_output=True)
        whole_s = time.perf_counter() - start
    codes = set()
    for share in (0.4, 0.55, 0.7, 0.8, 0.9):
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored below a shell's `&`
        )
        time.sleep(share * whole_s)
        process.send_signal(signal.SIGINT)
        complaint = process.communicate(timeout=60)[1]
        assert process.returncode in (0, 130, -signal.SIGINT), complaint
        codes.add(process.returncode)
        assert [path.name for path in target.parent.iterdir()] == ["out.wav"]
        assert soundfile.info(target).frames in (4410, 120 * RATE_HZ)
        if process.returncode == 130:
            assert complaint.strip() == "dawg apply: interrupted; nothing is left half-written"
    assert 130 in codes


def test_help_says_what_the_plugin_takes(bundle, capsys):
    with pytest.raises(SystemExit) as left:
        main(["apply", "auto_gain", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert left.value.code == 0
    assert "--reference FILE a file, up to 2 times" in said and "Style: none, quiet, loud; default: none" in said
    assert "--strength VALUE Amount: 0 to 1.5; default: 1" in said


def test_an_option_of_another_plugin_is_unknown(bundle, song, tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["apply", "auto_gain", str(song), str(tmp_path / "out.wav"), "--density", "1"])
    assert left.value.code == 2 and "--density" in capsys.readouterr().err


def test_a_bundle_whose_words_clash_is_named(bundle, song, tmp_path, capsys):
    path = bundle.folder / "plugin.json"
    declared = json.loads(path.read_text())
    declared["controls"][0]["name"] = "json"
    path.write_text(json.dumps(declared))
    assert main(["apply", "auto_gain", str(song), str(tmp_path / "out.wav")]) == 1
    said = capsys.readouterr().err
    assert "cannot be asked from here" in said and "--json" in said and len(said.splitlines()) == 1


def test_the_wrong_number_of_files_is_said(apply, tmp_path):
    code, _, complaint = apply(tmp_path / "out.wav")
    assert code == 2 and "1 files were named; expected: dawg apply auto_gain IN OUT" in complaint
