"""`dawg master`, with a network that has nothing to say: what is delivered, and every way to get it wrong."""

import datetime
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import lfilter, resample_poly

from dawg_ai import audio, chain, platforms
from dawg_ai import bundle as bundles
from dawg_ai.ask import Host
from dawg_ai.audio import tags
from dawg_ai.cli import main
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.mastering import master as job
from dawg_ai.plugins.mastering import PLUGIN

RATE_HZ = 44_100
HOST = Host.of(PLUGIN, lambda _: {each.name: np.zeros((1, *each.shape[1:]), np.float32) for each in PLUGIN.outputs})


def music(seconds=4.0, level=0.1, seed=0, rate_hz=RATE_HZ, channels=2):
    """Pink noise with a click now and then."""
    rng = np.random.default_rng(seed)
    x = lfilter([1], [1, -0.9], rng.normal(0, 0.3, (channels, round(seconds * rate_hz))))
    x[:, :: rate_hz // 2] += rng.uniform(-4, 4, x[:, :: rate_hz // 2].shape)
    return (level * x).astype(np.float32)


def true_peak_db(sound):
    """At sixteen times the rate, by another filter than ours."""
    fine = resample_poly(sound.astype(float), 16, 1, axis=1, window=("kaiser", 12.0))
    return 20 * np.log10(np.abs(fine).max())


@pytest.fixture
def dawg(monkeypatch, tmp_path, capsys):
    """Run `dawg master ... --json` in a folder of its own."""
    monkeypatch.setattr(bundles, "load", lambda name: HOST.bundle)
    monkeypatch.setattr(job.ask, "ask", lambda bundle, given, controls: HOST.ask(given, controls))
    monkeypatch.setattr(type(HOST.bundle), "origin", {}, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*words, code=0):
        capsys.readouterr()
        assert main(["master", *map(str, words), "--json"]) == code
        said = capsys.readouterr()
        return json.loads(said.out) if said.out else said.err

    return run


def test_platforms_are_dated_have_sources_and_fit_the_controls():
    datetime.date.fromisoformat(platforms.checked())
    ranges = {knob.name: knob for knob in PLUGIN.controls}
    for row in platforms.table().values():
        assert row.why and row.source
        for name in ("loudness_lufs", "ceiling_db"):
            assert ranges[name].nearest(getattr(row, name)) == pytest.approx(getattr(row, name))


@pytest.mark.parametrize(
    ("lufs", "ceiling_db", "bits"), [(-20.0, -1.0, "16"), (-15.0, -2.0, "24"), (-30.0, -0.3, "32f")]
)
def test_loudness_is_met_the_ceiling_kept_and_the_recipe_gives_the_same_samples(dawg, lufs, ceiling_db, bits):
    audio.write(Path("song.wav"), music(), RATE_HZ)
    words = ("--loudness", lufs, "--ceiling", ceiling_db, "--most-reduction", 12, "--bits", bits, "--method", "rule")
    found = dawg("song.wav", "out.wav", *words)
    out, _ = audio.read(Path("out.wav"))
    assert abs(integrated_lufs(out, RATE_HZ) - lufs) <= 0.1
    assert true_peak_db(out) <= ceiling_db
    (made,) = found["masters"]
    assert made["after"][0]["integrated_lufs"] == pytest.approx(integrated_lufs(out, RATE_HZ), abs=0.01)
    assert made["before"][0]["integrated_lufs"] == pytest.approx(integrated_lufs(music(), RATE_HZ), abs=0.01)
    if bits == "32f":
        np.testing.assert_array_equal(chain.render(found["recipe"], audio.read(Path("song.wav"))[0], RATE_HZ), out)


def test_with_all_amounts_at_zero_only_the_level_changes(dawg):
    audio.write(Path("song.wav"), music(level=0.01), RATE_HZ)
    words = ("--tone", 0, "--dynamics", 0, "--width", 0, "--platform", "broadcast", "--bits", "32f")
    found = dawg("song.wav", "out.wav", *words)
    assert [link["effect"] for link in found["recipe"]["chain"]] == ["limiter"]
    before, after = audio.read(Path("song.wav"))[0].astype(float), audio.read(Path("out.wav"))[0]
    gain = 10 ** (found["recipe"]["chain"][0]["knobs"]["drive_db"] / 20)
    assert np.abs(after - gain * before).max() < 1e-4 * np.abs(after).max()
    assert [stage["name"] for stage in found["masters"][0]["stages"]] == ["tone", "dynamics", "width", "loudness"]


def test_where_the_loudness_cannot_be_reached_it_says_how_far_it_went_and_why(dawg):
    audio.write(Path("song.wav"), music(), RATE_HZ)
    (made,) = dawg("song.wav", "out.wav", "--loudness", -6, "--most-reduction", 2, "--tone", 0, "--width", 0)[
        "masters"
    ]
    (remark,) = made["remarks"]
    assert "-6.0 LUFS were asked for" in remark and "more than 2 dB" in remark
    assert f"{made['after'][0]['integrated_lufs']:.1f} are reached" in remark
    assert true_peak_db(audio.read(Path("out.wav"))[0]) <= -1.0


def test_where_a_song_is_too_quiet_for_the_drive_it_says_so(dawg):
    audio.write(Path("song.wav"), music(level=1e-3), RATE_HZ)
    (made,) = dawg("song.wav", "out.wav", "--loudness", -14, "--most-reduction", 20, "--method", "rule")["masters"]
    (remark,) = made["remarks"]
    assert "so quiet" in remark and "24 dB" in remark and "--most-reduction" not in remark


def test_an_album_keeps_its_relation_its_joins_its_silence_and_its_tags(dawg):
    songs = {"1.wav": music(2.0, 0.05), "2.wav": 0 * music(1.0), "3.wav": music(3.0, 0.2, 1)}
    for name, song in songs.items():
        audio.write(Path(name), song, RATE_HZ, bits="32f", tags=tags.Tags(title=name))
    found = dawg(*songs, "masters", "--album", "--loudness", -18, "--most-reduction", 12)["masters"][0]
    made = {name: audio.read(Path(f"masters/{name}"))[0] for name in songs}
    assert {name: x.shape for name, x in made.items()} == {name: x.shape for name, x in songs.items()}
    assert np.abs(made["2.wav"][:, RATE_HZ // 4 : -100]).max() < 1e-5  # after the tail of the song before
    quiet, loud = (integrated_lufs(made[name], RATE_HZ) for name in ("1.wav", "3.wav"))
    before = integrated_lufs(songs["1.wav"], RATE_HZ) - integrated_lufs(songs["3.wav"], RATE_HZ)
    assert abs(quiet - loud - before) < 0.5
    assert abs(found["album"][1]["integrated_lufs"] + 18.0) <= 0.1
    assert tags.read(Path("masters/3.wav")).title == "3.wav"
    # The same as of one file: nothing begins or ends at a join.
    audio.write(Path("whole.wav"), np.concatenate(list(songs.values()), axis=1), RATE_HZ, bits="32f")
    dawg("whole.wav", "one.wav", "--loudness", -18, "--most-reduction", 12, "--bits", "32f")
    whole = audio.read(Path("one.wav"))[0]
    np.testing.assert_array_equal(np.concatenate(list(made.values()), axis=1), whole)


def test_an_album_of_several_formats_has_one_gain(dawg):
    audio.write(Path("1.wav"), music(2.0, 0.05, channels=1), RATE_HZ)
    audio.write(Path("2.wav"), music(2.0, 0.05, rate_hz=48_000), 48_000)
    found = dawg("1.wav", "2.wav", "masters", "--album", "--loudness", -24, "--tone", 0, "--width", 0)["masters"][0]
    gains = [
        after["integrated_lufs"] - before["integrated_lufs"]
        for before, after in zip(found["before"], found["after"], strict=True)
    ]
    assert abs(gains[0] - gains[1]) < 0.1
    assert audio.read(Path("masters/1.wav"))[0].shape == (1, 2 * RATE_HZ)
    assert audio.read(Path("masters/2.wav"))[1] == 48_000


def test_a_reference_gives_the_loudness_unless_one_is_asked_for(dawg):
    audio.write(Path("song.wav"), music(level=0.02), RATE_HZ)
    audio.write(Path("hit.wav"), music(level=0.1, seed=2), RATE_HZ)
    hit = integrated_lufs(audio.read(Path("hit.wav"))[0], RATE_HZ)
    words = ("song.wav", "out.wav", "--reference", "hit.wav", "--most-reduction", 20)
    assert abs(dawg(*words)["masters"][0]["after"][0]["integrated_lufs"] - hit) < 0.6
    assert abs(dawg(*words, "--loudness", -30)["masters"][0]["after"][0]["integrated_lufs"] + 30) <= 0.1
    assert abs(dawg(*words, "--reference-level", 0)["masters"][0]["after"][0]["integrated_lufs"] + 14) <= 0.1


def test_before_the_limiter_and_the_report_are_written(dawg):
    audio.write(Path("song.wav"), music(), RATE_HZ)
    words = ("--tone", 0, "--width", 0, "--dynamics", 0, "--before-limiter", "mix.wav", "--report", "page.html")
    dawg("song.wav", "out.wav", *words)
    np.testing.assert_array_equal(audio.read(Path("mix.wav"))[0], audio.read(Path("song.wav"))[0])
    page = Path("page.html").read_text()
    assert page.count("<audio") == 2 and page.count("<svg") == 3 and "song.wav" in page


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("song.wav", "song.wav"), "would be overwritten"),
        (("song.wav", "out.wav", "--report", "out.wav"), "two results would both become"),
        (("song.wav", "song.wav", "out.wav"), "need a folder"),
        (("song.wav", "out.xyz"), ".xyz"),
        (("song.wav", "out.wav", "--tone", "7"), "tone is 7"),
        (("song.wav", "out.wav", "--loudness", "3"), "loudness_lufs is 3"),
        (("song.wav", "out.wav", *["--reference", "a.wav"] * 6), "6 files"),
    ],
)
def test_mistakes_are_said_in_words(dawg, words, complaint):
    audio.write(Path("song.wav"), music(0.5), RATE_HZ)
    assert complaint in dawg(*words, code=2)


def test_a_song_that_cannot_be_read_does_not_take_the_others_away(dawg):
    audio.write(Path("song.wav"), music(1.0), RATE_HZ)
    Path("broken.wav").write_bytes(b"RIFF")
    found = dawg("broken.wav", "song.wav", "masters", code=1)
    assert list(found["failed"]) == ["broken.wav"] and Path("masters/song.wav").exists()
