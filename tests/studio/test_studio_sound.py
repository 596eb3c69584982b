"""Effects that work with a sound of their own: chosen in the panel, played as in Python, named by the recipe."""

import json

import numpy as np
import pytest
import soundfile
from browsing import sound
from playwright.sync_api import expect
from test_studio_export import assert_same
from test_studio_page import tab_to, violations

from dawg_ai.cli import main
from dawg_ai.dsp import effect

RATE = 44100
EFFECT = next(name for name in effect.names() if effect.load(name).load)


def response(seconds, rate_hz, channels=2, seed=1):
    """Noise that dies away."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    noise = np.random.default_rng(seed).standard_normal((channels, len(time)))
    return (0.2 * noise * 10 ** (-3 * time / seconds)).astype(np.float32)


def choose(studio, path, button="Choose a sound"):
    with studio.page.expect_file_chooser() as chooser:
        studio.button(button).click()
    chooser.value.set_files(path)
    studio.page.locator(".sound b", has_text=path.name).wait_for()
    studio.idle()


def by_python(song, recipe, folder):
    (folder / "recipe.json").write_text(json.dumps(recipe))
    out = folder / "expected.wav"
    assert main(["render", str(song), str(out), "--recipe", str(folder / "recipe.json"), "--exact"]) == 0
    return soundfile.read(out, dtype="float32", always_2d=True)[0].T


@pytest.mark.parametrize(("song_channels", "own_channels"), [(2, 2), (1, 2), (2, 1)])
def test_what_is_exported_is_what_python_renders(studio, tmp_path, song_channels, own_channels):
    song, room = tmp_path / "song.wav", tmp_path / "room.wav"
    soundfile.write(song, sound(1.2, RATE, song_channels, seed=2).T, RATE, "FLOAT")
    soundfile.write(room, response(0.5, RATE, own_channels).T, RATE, "FLOAT")
    studio.song(song)
    studio.add(EFFECT)
    choose(studio, room)
    recipe = studio.recipe()
    assert recipe["chain"][-1]["sound"] == "room.wav"
    expected = by_python(song, recipe, tmp_path)
    without = by_python(song, {"format": 1, "chain": [{"effect": EFFECT, "knobs": {}}]}, tmp_path)
    assert np.abs(expected - without).max() > 0.01
    assert_same(studio.saved("Export WAV"), expected, RATE)


def test_a_sound_of_another_rate_and_a_song_of_another(studio, tmp_path):
    """The studio's resampling is not soxr's, but agrees. Another song needs the sound at its own rate."""
    room = tmp_path / "room.wav"
    smooth = np.cumsum(response(0.3, 48000), axis=1) * 0.05
    soundfile.write(room, (smooth - smooth.mean(axis=1, keepdims=True)).T.astype(np.float32), 48000, "FLOAT")
    for place, rate_hz in enumerate((44100, 96000)):
        song = tmp_path / f"song{rate_hz}.wav"
        soundfile.write(song, np.cumsum(sound(1.0, rate_hz, 2, seed=3) * 0.02, axis=1).T, rate_hz, "FLOAT")
        studio.song(song)
        if place == 0:
            studio.add(EFFECT)
            choose(studio, room)
        expected = by_python(song, studio.recipe(), tmp_path)
        found = soundfile.read(studio.saved("Export WAV"), dtype="float32", always_2d=True)[0].T
        assert 20 * np.log10(np.std(found - expected) / np.std(expected)) < -60


def test_it_plays_as_it_is_exported_and_another_sound_takes_over(studio):
    x = sound(2 * 25600 / RATE, RATE, 2, seed=5)
    rooms = [response(0.2, RATE, seed=seed) for seed in (1, 2)]
    chains = [[{"effect": EFFECT, "knobs": {}, "id": 0, "sound": key}] for key in (1, 2)]
    played = studio.hear(x, RATE, *chains, sounds=rooms)
    first = effect.Processor(effect.load(EFFECT), RATE, {}, 2)
    first.load(rooms[0])
    half = x.shape[1] // 2
    assert np.array_equal(played[:, :half], first.process(x[:, :half]))
    # The other sound is prepared a part per block, and then fades in over 12 blocks.
    for ready in range(half, half + 64 * 128, 128):
        second = effect.Processor(effect.load(EFFECT), RATE, {}, 2)
        second.load(rooms[1])
        settled = ready + 12 * 128
        if np.array_equal(played[:, settled:], second.process(x[:, ready:])[:, settled - ready :]):
            return
    pytest.fail("the other sound does not take over within 64 blocks")


def test_by_keyboard_and_undone(studio, tmp_path):
    page, room = studio.page, tmp_path / "room.wav"
    soundfile.write(room, response(0.1, RATE).T, RATE, "FLOAT")
    studio.add(EFFECT)
    page.on("filechooser", lambda chooser: chooser.set_files(room))
    assert violations(page) == {}
    tab_to(page, "Choose a sound")
    page.keyboard.press("Enter")
    named = page.locator(".sound b")
    expect(named).to_have_text("room.wav")
    assert violations(page) == {}
    page.keyboard.press("Control+z")
    expect(named).to_have_text("no sound yet")
    page.keyboard.press("Control+Shift+z")
    expect(named).to_have_text("room.wav")


def test_a_recipe_asks_for_its_sound(studio, tmp_path, songs):
    recipe = tmp_path / "recipe.json"
    recipe.write_text(
        json.dumps({"format": 1, "chain": [{"effect": EFFECT, "knobs": {}, "sound": "rooms/hall.wav"}]})
    )
    studio.song(songs[0])
    studio.page.locator("input[type=file]").first.set_input_files(recipe)
    studio.page.get_by_text("The recipe works with rooms/hall.wav: choose that file").wait_for()
    expect(studio.page.locator(".sound")).to_contain_text("rooms/hall.wav (to be chosen)")
    assert studio.recipe()["chain"][0]["sound"] == "rooms/hall.wav"


def test_a_sound_that_is_too_long_or_none_is_reported(studio, tmp_path, songs):
    long, none = tmp_path / "long.wav", tmp_path / "none.wav"
    soundfile.write(long, response(13, RATE, 1).T, RATE, "FLOAT")
    none.write_bytes(b"no sound at all")
    studio.song(songs[0])
    studio.add(EFFECT)
    choose(studio, long)
    studio.page.get_by_text("there is room for 12.00 s: cut it").wait_for()
    with studio.page.expect_file_chooser() as chooser:
        studio.button("Choose a sound").click()
    chooser.value.set_files(none)
    studio.page.get_by_text("none.wav could not be opened").wait_for()
    expect(studio.page.locator(".sound b")).to_have_text("long.wav")


DUCKED = {"effect": "compressor", "knobs": {"threshold_db": -45, "ratio": 20, "lookahead_ms": 4}}


def bursts(seconds, rate_hz, channels=1):
    """Noise in every other tenth of a second."""
    x = sound(seconds, rate_hz, channels, seed=8)
    return x * np.float32(np.arange(x.shape[1]) * 10 // rate_hz % 2)


def test_a_side_chain_is_exported_as_python_renders_it(studio, tmp_path):
    """Mono for a stereo song and shorter than it, behind an effect that looks ahead; the recipe names it and asks."""
    song, key, path = (tmp_path / name for name in ("song.wav", "key.wav", "recipe.json"))
    soundfile.write(song, sound(1.2, RATE, 2, seed=2).T, RATE, "FLOAT")
    soundfile.write(key, bursts(0.7, RATE).T, RATE, "FLOAT")
    recipe = {"format": 1, "chain": [{"effect": "limiter"}, {**DUCKED, "key": "key.wav"}]}
    path.write_text(json.dumps(recipe))
    studio.song(song)
    studio.page.locator("input[type=file]").first.set_input_files(path)
    studio.page.get_by_text("The recipe works with key.wav: choose that file").wait_for()
    studio.page.get_by_role("list", name="Effects").get_by_text("compressor").click()
    expect(studio.page.locator(".sound")).to_contain_text("Listens to key.wav (to be chosen)")
    alone = by_python(song, {"format": 1, "chain": [{"effect": "limiter"}, DUCKED]}, tmp_path)
    assert_same(studio.saved("Export WAV"), alone, RATE)
    choose(studio, key, "Choose a side-chain")
    expected = by_python(song, recipe, tmp_path)
    assert np.abs(expected - alone).max() > 0.01
    assert_same(studio.saved("Export WAV"), expected, RATE)
    assert studio.recipe()["chain"][1]["key"] == "key.wav"


def test_a_side_chain_is_heard_in_time_with_the_song(studio):
    x, key = sound(25600 / RATE, RATE, 2, seed=5), bursts(0.3, RATE, 2)
    limiter = {"effect": "limiter", "knobs": {}}
    played = studio.hear(x, RATE, [limiter, {**DUCKED, "key": 1}], sounds=[key])
    first = effect.Processor(effect.load("limiter"), RATE, {}, 2)
    second = effect.Processor(effect.load("compressor"), RATE, DUCKED["knobs"], 2)
    late = first.latency_samples
    heard = np.pad(key, ((0, 0), (late, x.shape[1])))[:, : x.shape[1]]
    assert late > 0 and np.array_equal(played, second.process(first.process(x), heard))
