"""`dawg render`: the recipe is obeyed, and everything that can be wrong with files and recipes is said."""

import json

import numpy as np
import pytest
import soundfile
from scipy.signal import fftconvolve, resample

from dawg_ai import audio, chain
from dawg_ai.audio import tags as tagging
from dawg_ai.audio import writing
from dawg_ai.cli import main

RECIPE = {"format": 1, "chain": [{"effect": "parametric", "knobs": {"trim_db": -6.0}}]}
RATE_HZ = 8_000


@pytest.fixture
def songs(tmp_path):
    paths = [tmp_path / f"{name}.wav" for name in ("one", "two", "three")]
    for seed, path in enumerate(paths):
        audio.write(path, np.random.default_rng(seed).normal(0, 0.1, (2, 9_000)).astype(np.float32), RATE_HZ)
    (tmp_path / "recipe.json").write_text(json.dumps(RECIPE))
    return paths


@pytest.fixture
def render(songs, capsys):
    def run(*words, recipe="recipe.json"):
        code = main(["render", *map(str, words), "--recipe", str(songs[0].parent / recipe)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_many_songs_into_a_folder(render, songs, tmp_path):
    code, said, _ = render(*songs, tmp_path / "out", "--json")
    assert code == 0 and len(json.loads(said)["rendered"]) == 3
    for path in songs:
        sound, _ = audio.read(path)
        rendered, _ = audio.read(tmp_path / "out" / path.name)
        np.testing.assert_allclose(rendered, sound * 10 ** (-6 / 20), atol=1e-7)


def test_what_apply_prints_is_a_recipe_too(render, songs, tmp_path):
    (tmp_path / "applied.json").write_text(json.dumps({"plugin": "auto_eq", "recipe": RECIPE}))
    assert render(songs[0], tmp_path / "out.wav", recipe="applied.json")[0] == 0
    sound, _ = audio.read(songs[0])
    rendered, _ = audio.read(tmp_path / "out.wav")
    np.testing.assert_array_equal(rendered, chain.render(RECIPE, sound, RATE_HZ))


def test_a_tail_rings_out(render, songs, tmp_path):
    """Echoes every half second, each half as loud: 60 dB down after ten of them."""
    click = np.zeros((2, RATE_HZ), np.float32)
    click[:, -100] = 0.5
    audio.write(songs[0], click, RATE_HZ)
    knobs = {"time_ms": 500, "feedback_percent": 50, "mix_percent": 50}
    recipe = {"format": 1, "chain": [{"effect": "delay", "knobs": knobs}]}
    (tmp_path / "echoes.json").write_text(json.dumps(recipe))
    for words in ((), ("--tail",)):
        assert render(songs[0], tmp_path / "out.wav", *words, recipe="echoes.json")[0] == 0
        rendered, _ = audio.read(tmp_path / "out.wav")
        assert (rendered.shape[1] == RATE_HZ) is (not words)
    echoes = [
        np.abs(rendered[:, at - 200 : at + 200]).max() for at in range(RATE_HZ + 3_900, rendered.shape[1], 4_000)
    ]
    assert len(echoes) >= 9 and (np.diff(echoes) < 0).all() and echoes[8] < echoes[0] / 100


def test_another_sample_rate(render, songs, tmp_path):
    assert render(songs[0], tmp_path / "out.wav", "--rate", "16000")[0] == 0
    rendered, rate_hz = audio.read(tmp_path / "out.wav")
    assert (rate_hz, rendered.shape) == (16_000, (2, 18_000))


def test_a_broken_song_is_named_and_the_others_are_rendered(render, songs, tmp_path):
    songs[1].write_bytes(b"no sound")
    code, said, complaint = render(*songs, tmp_path / "out")
    assert code == 1 and str(songs[1]) in complaint
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one.wav", "three.wav"]
    assert "two" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no json", 'bad.json: not JSON: unexpected "n" at line 1, column 1'),
        ('{"format": 1,\n "chain": [}', 'bad.json: not JSON: unexpected "}" at line 2, column 12'),
        ('{"format": 1,\n "chain": [', "bad.json: not JSON: it ends too early at line 2, column 12"),
        ("[]", "bad.json: not a recipe; one looks like"),
        ('{"format": 1}', "bad.json: not a recipe; one looks like"),
        ('{"format": 1, "chain": ["gate"]}', "bad.json: link 1 of the recipe is none; one looks like"),
    ],
)
def test_an_invalid_recipe_is_reported(render, songs, tmp_path, text, said):
    (tmp_path / "bad.json").write_text(text)
    code, _, complaint = render(songs[0], tmp_path / "out.wav", recipe="bad.json")
    assert code == 2 and said in complaint and len(complaint.splitlines()) == 1
    assert not (tmp_path / "out.wav").exists()


def test_names_that_would_lose_something_are_refused(render, songs, tmp_path):
    assert "would be overwritten" in render(songs[0], songs[0])[2]
    assert "need a folder as output" in render(*songs, tmp_path / "out.wav")[2]
    (tmp_path / "b").mkdir()
    audio.write(tmp_path / "b" / "one.wav", np.zeros((1, 100), np.float32), RATE_HZ)
    assert "two songs would both become" in render(songs[0], tmp_path / "b" / "one.wav", tmp_path / "out")[2]
    assert "cannot be read" in render(songs[0], tmp_path / "out.wav", recipe="none.json")[2]


def test_the_sound_of_a_link_is_found_beside_the_recipe(render, songs, tmp_path):
    """Stereo for stereo, at the song's rate; the result is that of SciPy."""
    (tmp_path / "rooms").mkdir()
    response = np.random.default_rng(7).normal(0, 0.05, (2, 6_000)).astype(np.float32)
    audio.write(tmp_path / "rooms" / "hall.wav", audio.at_rate(response, RATE_HZ, 2 * RATE_HZ), 2 * RATE_HZ)
    (tmp_path / "room.json").write_text(json.dumps(room_recipe("rooms/hall.wav")))
    assert render(songs[0], tmp_path / "out.wav", recipe="room.json")[0] == 0
    sound, rendered = (audio.read(path)[0].astype(float) for path in (songs[0], tmp_path / "out.wav"))
    # Of half as many samples each counts twice.
    loaded = 2 * audio.at_rate(audio.read(tmp_path / "rooms" / "hall.wav")[0], 2 * RATE_HZ, RATE_HZ)
    expected = fftconvolve(sound, loaded.astype(float), axes=1)[:, : sound.shape[1]]
    assert np.abs(rendered - expected).max() < 1e-5
    assert render(songs[0], tmp_path / "exact.wav", "--exact", recipe="room.json")[0] == 0
    exact = audio.read(tmp_path / "exact.wav")[0].astype(float)
    assert 0 < np.square(rendered - exact).mean() <= 1e-14 * np.square(exact).mean()


@pytest.mark.parametrize(
    "sound, said",
    [
        ("none.wav", "none.wav: there is no such file"),
        ("recipe.json", "recipe.json: unreadable"),
        ("empty.wav", "empty.wav: zero-length"),
        ("four.wav", "four.wav has 4 channels; expected 1 or 2"),
        ("long.wav", "lasts 13.00 s; at 44100 Hz there is room for 12.00 s: cut it"),
        (3, "convolution: sound is 3; expected the path of a sound"),
    ],
)
def test_a_sound_that_cannot_be_used_is_reported(render, songs, tmp_path, sound, said):
    (tmp_path / "empty.wav").touch()
    audio.write(tmp_path / "four.wav", np.ones((4, 100), np.float32) / 2, RATE_HZ)
    audio.write(tmp_path / "long.wav", np.ones((1, 13 * RATE_HZ), np.float32) / 2, RATE_HZ)
    (tmp_path / "room.json").write_text(json.dumps(room_recipe(sound)))
    code, _, complaint = render(songs[0], tmp_path / "out.wav", recipe="room.json")
    assert code != 0 and said in complaint and not (tmp_path / "out.wav").exists()


@pytest.mark.parametrize("channels, given", [(1, 2), (2, 1), (5, 2)])
def test_one_response_for_all_where_the_channels_differ(tmp_path, channels, given):
    sound = np.random.default_rng(8).normal(0, 0.1, (channels, 5_000)).astype(np.float32)
    response = np.random.default_rng(9).normal(0, 0.05, (given, 900)).astype(np.float32)
    audio.write(tmp_path / "room.wav", response, RATE_HZ)
    recipe = room_recipe(str(tmp_path / "room.wav"))
    expected = fftconvolve(sound.astype(float), response.astype(float).mean(0)[None], axes=1)[:, :5_000]
    for exact in (True, False):
        np.testing.assert_allclose(chain.render(recipe, sound, RATE_HZ, exact), expected, atol=1e-6)


def test_an_effect_that_works_with_no_sound_is_given_none(render, songs, tmp_path):
    link = {"effect": "parametric", "knobs": {}, "sound": songs[1].name}
    (tmp_path / "tone.json").write_text(json.dumps({"format": 1, "chain": [link]}))
    code, _, complaint = render(songs[0], tmp_path / "out.wav", recipe="tone.json")
    assert code == 2 and 'parametric takes no "sound"; it takes effect, knobs, bypass' in complaint


def test_without_a_sound_convolution_says_that_it_does_nothing(render, songs, tmp_path):
    (tmp_path / "room.json").write_text(json.dumps(room_recipe(None)))
    code, _, complaint = render(songs[0], tmp_path / "out.wav", recipe="room.json")
    assert code == 0 and "passes its input through" in complaint
    np.testing.assert_allclose(audio.read(tmp_path / "out.wav")[0], audio.read(songs[0])[0], atol=1e-7)


def room_recipe(sound):
    link = {"effect": "convolution", "knobs": {"trim": 0, "normalise": 0}}
    return {"format": 1, "chain": [link | ({"sound": sound} if sound else {})]}


def tone_file(path, bits, channels=2, level=0.25, rate_hz=RATE_HZ):
    """A tone whose samples are on the grid of 16 bits."""
    tone = np.round(level * 2**15 * np.sin(2 * np.pi * 440 * np.arange(9_000) / rate_hz)) / 2**15
    writing.write(path, np.repeat(tone[None].astype(np.float32), channels, 0), rate_hz, bits=bits)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff"])
def test_the_bits_of_the_song_are_kept_and_nothing_is_added_to_it(render, tmp_path, suffix):
    (tmp_path / "nothing.json").write_text(json.dumps({"format": 1, "chain": []}))
    for bits, subtype in (("16", "PCM_16"), ("24", "PCM_24")):
        tone_file(tmp_path / f"in{suffix}", bits)
        assert render(tmp_path / f"in{suffix}", tmp_path / f"out{suffix}", recipe="nothing.json")[0] == 0
        assert soundfile.info(tmp_path / f"out{suffix}").subtype == subtype
        sounds = [soundfile.read(tmp_path / f"{name}{suffix}")[0] for name in ("in", "out")]
        np.testing.assert_array_equal(*sounds)


def test_bits_can_be_chosen(render, songs, tmp_path):
    for bits, subtype in (("16", "PCM_16"), ("24", "PCM_24"), ("32f", "FLOAT")):
        assert render(songs[0], tmp_path / "out.wav", "--bits", bits)[0] == 0
        assert soundfile.info(tmp_path / "out.wav").subtype == subtype
    code, _, complaint = render(songs[0], tmp_path / "out.mp3", "--bits", "16")
    assert code == 2 and "leave out --bits 16" in complaint


def test_tags_are_kept(render, tmp_path):
    tags = tagging.Tags(title="T", artist="A", album="B", tracknumber="3", date="2021", license="CC-BY-4.0")
    writing.write(tmp_path / "a.flac", np.full((1, 9_000), 0.1, np.float32), RATE_HZ, tags=tags)
    for name in ("b.flac", "b.wav", "b.ogg", "b.mp3", "b.aiff"):
        assert render(tmp_path / "a.flac", tmp_path / name)[0] == 0
        assert tagging.read(tmp_path / name) == tags


@pytest.mark.parametrize(
    ("words", "out", "blamed"),
    [
        ((), "out.ogg", "lossy coding"),
        (("--rate", "22050"), "out.wav", "resampling to 22050 Hz"),
        ((), "out.wav", ""),
    ],
)
def test_a_ceiling_that_is_broken_after_the_limiter_is_said(render, tmp_path, words, out, blamed):
    """A sawtooth rings where resampling cuts its highest partials off, and lossy coding adds noise."""
    rate_hz = 44_100
    sawtooth = 1.6 * (np.arange(2 * rate_hz) * 110 / rate_hz % 1) - 0.8
    writing.write(tmp_path / "hot.wav", sawtooth[None].astype(np.float32), rate_hz)
    recipe = {"format": 1, "chain": [{"effect": "limiter", "knobs": {"drive_db": 9, "ceiling_db": -1}}]}
    (tmp_path / "limit.json").write_text(json.dumps(recipe))
    code, said, _ = render(tmp_path / "hot.wav", tmp_path / out, "--json", *words, recipe="limit.json")
    assert code == 0
    found = json.loads(said)
    sound, _ = soundfile.read(tmp_path / out)
    true_peak_db = float(20 * np.log10(np.abs(resample(np.pad(sound, 500), 16 * (len(sound) + 1_000))).max()))
    if out == "out.wav" and not words:  # nothing happens to it after the limiter
        assert not found["true_peak_db"] and not found["remarks"] and true_peak_db <= -0.95
        return
    assert abs(found["true_peak_db"][str(tmp_path / out)] - true_peak_db) < 0.1
    _, _, complaint = render(tmp_path / "hot.wav", tmp_path / out, *words, recipe="limit.json")
    assert (f"above the ceiling of -1.0 dB, because of {blamed}; set the ceiling to" in complaint) is (
        true_peak_db > -0.95
    )
    assert true_peak_db > -0.95


def test_a_ceiling_that_is_kept_or_not_asked_for_is_not_complained_of(render, tmp_path):
    tone_file(tmp_path / "tone.wav", "16")
    quiet = {"effect": "limiter", "knobs": {"drive_db": 0, "ceiling_db": -1}}
    louder = {"effect": "parametric", "knobs": {"trim_db": 24}}
    for chain_of, measured in (([quiet], True), ([quiet, louder], False), ([], False)):
        (tmp_path / "limit.json").write_text(json.dumps({"format": 1, "chain": chain_of}))
        code, said, _ = render(tmp_path / "tone.wav", tmp_path / "out.ogg", "--json", recipe="limit.json")
        found = json.loads(said)
        assert code == 0 and bool(found["true_peak_db"]) is measured
        assert not any("its true peak" in remark for remark in found["remarks"])


def test_a_full_disk_is_one_line_and_leaves_nothing(render, songs, tmp_path):
    resource = pytest.importorskip("resource")
    (tmp_path / "out").mkdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        code, said, complaint = render(songs[0], tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert code == 1 and not said and not list((tmp_path / "out").iterdir())
    assert [line for line in complaint.splitlines() if "is not written: File too large" in line]
    assert "Traceback" not in complaint


def test_silence_and_a_room_tone_are_rendered_as_they_are(render, tmp_path):
    """An album's silent track is a track."""
    room = np.round(2e-5 * 2**23 * np.random.default_rng(0).standard_normal((2, 9_000))) / 2**23
    for name, sound in (
        ("silence.wav", np.zeros((2, 9_000))),
        ("room.wav", room),
        ("silence.flac", np.zeros((1, 9))),
    ):
        writing.write(tmp_path / name, sound.astype(np.float32), RATE_HZ, bits="24")
        (tmp_path / "nothing.json").write_text(json.dumps({"format": 1, "chain": []}))
        assert render(tmp_path / name, tmp_path / "out" / name, recipe="nothing.json")[0] == 0
        rendered, _ = soundfile.read(tmp_path / "out" / name, always_2d=True)
        np.testing.assert_array_equal(rendered.T, sound)
        assert soundfile.info(tmp_path / "out" / name).subtype == "PCM_24"
    (tmp_path / "limit.json").write_text(json.dumps({"format": 1, "chain": [{"effect": "limiter", "knobs": {}}]}))
    code, said, _ = render(tmp_path / "silence.wav", tmp_path / "out.ogg", "--json", recipe="limit.json")
    assert code == 0 and "Infinity" not in said
