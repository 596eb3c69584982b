"""Plugins that the page does not know: one of three effects that solves for a loudness, one that makes a song."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from browsing import PLUGIN, Studio, serving
from hosting import bundle_of
from playwright.sync_api import expect
from test_studio_export import assert_same
from test_studio_page import violations
from test_studio_suggest import sound_of

from dawg_ai import bundle, chain, notes, plugins
from dawg_ai.ask import ask
from dawg_ai.editor import Editor, Lane

TOYS = Path(__file__).parents[1] / "toy_plugins"
MASTER, DRUMS, TAPPED = "tiny_master", "tiny_drums", "tapped_drums"
EDITOR = Editor(
    title="Tap",
    gives={"pattern": "all"},
    lanes=(Lane("hat", (42,)), Lane("snare", (38,)), Lane("bass drum", (36,))),
    tempo="tempo_bpm",
    seed="seed",
    track="Drums",
)


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """With the bundles of two toys, besides the shipped one."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAWG_HOME", str(folder))
        patch.setenv("DAWG_PLUGINS", str(TOYS))
        patch.setattr(plugins, "__path__", [*plugins.__path__, str(TOYS)])
        for name in (MASTER, DRUMS):
            bundle_of(name, folder / "bundles" / name)
        # The same as one that says how its notes are edited; its name has no meaning to the page.
        bundle_of(DRUMS, folder / "bundles" / TAPPED, plugin=TAPPED, editor=EDITOR.declaration())
        yield folder


@pytest.fixture(scope="module")
def server(home):
    yield from serving()


def choose(studio: Studio, plugin: str) -> None:
    studio.page.get_by_role("combobox", name="Plugin", exact=True).select_option(label=plugin)


def typed(studio: Studio, name: str, value: str) -> None:
    field = studio.page.get_by_role("textbox", name=name, exact=True)
    field.fill(value)
    field.press("Enter")


def has(recipe, expected) -> None:
    """The chain has the links of `expected`, in their order, with their knobs."""
    assert [link["effect"] for link in recipe["chain"]] == [link["effect"] for link in expected["chain"]]
    for link, wanted in zip(recipe["chain"], expected["chain"], strict=True):
        assert {name: link["knobs"][name] for name in wanted["knobs"]} == wanted["knobs"]


def test_several_effects_are_taken_group_by_group_and_follow_the_controls(studio, songs):
    page, opened = studio.page, bundle.load(MASTER)
    given = {"song": [sound_of(songs[1])]}
    studio.song(songs[1])
    studio.button("Remove parametric").click()
    choose(studio, MASTER)
    typed(studio, "Loudness in LUFS", "-18")
    studio.button("Suggest").click()
    studio.button("Take all").wait_for()
    studio.idle()
    expected = ask(opened, given, {"loudness_lufs": -18}).recipe
    assert violations(page) == {}
    # The limiter first: what comes before it is put before it.
    page.get_by_role("button", name="Take limiter", exact=False).first.click()
    has(studio.recipe(), {"chain": expected["chain"][2:]})
    studio.button("Take all").click()
    has(studio.recipe(), expected)
    typed(studio, "Loudness in LUFS", "-14.5")
    studio.page.wait_for_timeout(200)
    studio.idle()
    louder = ask(opened, given, {"loudness_lufs": -14.5}).recipe
    assert louder != expected
    has(studio.recipe(), louder)
    studio.button("Undo").click()
    has(studio.recipe(), expected)


def test_what_is_generated_becomes_the_song(studio, tmp_path):
    page, opened = studio.page, bundle.load(DRUMS)
    choose(studio, DRUMS)
    assert violations(page) == {}
    typed(studio, "Seed", "7")
    studio.button("Generate").click()
    page.locator(".song b", has_text=f"{DRUMS} 7").wait_for()
    studio.idle()
    assert violations(page) == {}

    def played(given, controls, mode):
        recipe = ask(opened, given, controls, mode).recipe
        return chain.render(recipe, np.zeros((2, 0), np.float32), 44100, tail=True)

    page.get_by_label("On", exact=True).uncheck()
    assert_same(studio.saved("Export WAV"), played({}, {"seed": 7}, "generate"), 44100)
    typed(studio, "Seed", "8")
    page.locator(".song b", has_text=f"{DRUMS} 8").wait_for()
    studio.idle()
    assert_same(studio.saved("Export WAV"), played({}, {"seed": 8}, "generate"), 44100)
    pattern = notes.notes([[0.5, 0.1, 38, 0.9, 0, 0], [0.0, 0.1, 36, 0.7, 0, 0]])
    path = tmp_path / "pattern.json"
    path.write_text(json.dumps({"format": 1, "notes": pattern.tolist()}))
    page.locator(".mode", has_text="follow").click()
    studio.button("Generate again").click()
    page.get_by_text('For "follow", first choose a pattern file.').wait_for()
    studio.button("Dismiss message").click()
    page.locator(".file input").set_input_files(path)
    studio.button("Generate again").click()
    page.wait_for_timeout(200)
    studio.idle()
    assert studio.messages() == []
    assert_same(studio.saved("Export WAV"), played({"pattern": [pattern]}, {"seed": 8}, "follow"), 44100)


def test_a_song_is_named_after_what_is_not_at_its_default(studio):
    choose(studio, DRUMS)
    studio.button("Generate").click()
    title = studio.page.locator(".song b")
    expect(title).to_have_text(DRUMS)
    typed(studio, "Density", "-0.5")
    expect(title).to_have_text(f"{DRUMS} -0.5")
    typed(studio, "Tempo in bpm", "97")
    expect(title).to_have_text(f"{DRUMS} -0.5 97 bpm")
    typed(studio, "Tempo in bpm", "120")
    expect(title).to_have_text(f"{DRUMS} -0.5")
    with studio.page.expect_download() as download:
        studio.button("Export WAV").click()
    assert download.value.suggested_filename == f"{DRUMS} -0.5-dawg.wav"


SLOW_NETWORK = """() => {
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (...given) {
        const slow = given[0].ask === "run";
        if (slow) setTimeout(() => post.apply(this, given), 200);
        else post.apply(this, given);
    };
}"""


def test_two_plugins_asked_at_once_do_not_mix(studio, songs):
    """One needs four runs of its network; the control of another is moved meanwhile."""
    page = studio.page
    studio.song(songs[0])
    choose(studio, PLUGIN)
    studio.suggest("fix")
    choose(studio, DRUMS)
    page.evaluate(SLOW_NETWORK)
    studio.button("Generate").click()
    choose(studio, PLUGIN)
    page.wait_for_timeout(450)
    page.get_by_role("slider", name="Amount", exact=True).press("ArrowLeft")
    expect(page.locator(".song b")).to_have_text(DRUMS)
    studio.idle()
    page.wait_for_timeout(600)
    assert studio.messages() == []


def test_a_file_that_holds_no_notes_is_reported(studio, tmp_path):
    page, path = studio.page, tmp_path / "pattern.json"
    choose(studio, DRUMS)
    page.locator(".mode", has_text="follow").click()
    for text, words in (
        ("[", "is not JSON"),
        ("{}", "holds no notes of format 1"),
        ('{"format": 1, "notes": [[1]]}', "these are not notes"),
    ):
        path.write_text(text)
        page.locator(".file input").set_input_files(path)
        studio.button("Generate").click()
        page.locator(".message.error", has_text=words).wait_for()
        studio.button("Dismiss message").click()


def test_an_answer_to_another_song_is_gone(studio, songs, tmp_path):
    studio.song(songs[0])
    choose(studio, MASTER)
    studio.button("Suggest").click()
    studio.button("Take all").wait_for()
    soundfile.write(tmp_path / "other.wav", np.zeros(44100), 44100)
    studio.song(tmp_path / "other.wav")
    assert studio.button("Take all").count() == 0
    before = studio.recipe()
    typed(studio, "Loudness in LUFS", "-20")
    studio.page.wait_for_timeout(300)
    assert studio.recipe() == before


def test_an_editor_in_the_declaration_is_a_tab(studio):
    """Bass drums that are written are what the plugin follows; to the bit, since its network is a small one."""
    page, opened = studio.page, bundle.load(TAPPED)
    listed = page.get_by_role("combobox", name="Plugin", exact=True).locator("option").all_inner_texts()
    assert DRUMS in listed and TAPPED not in listed
    page.get_by_role("tab", name="Tap", exact=True).click()
    page.get_by_role("grid").wait_for()
    typed(studio, "Seed", "5")
    typed(studio, "Tempo in bpm", "90")
    for step in (0, 4, 10):
        page.locator(".cell", has_text="").nth(2 * 32 + step).click()
    given = np.array([[each * 15 / 90, 15 / 90, 36, 0.8, 0, 0] for each in (0, 4, 10)])
    assert studio.recipe()["chain"][0]["notes"] == notes.notes(given).tolist()
    studio.button("follow").click()
    page.locator(".said", has_text="notes in").wait_for()
    studio.idle()
    expected = ask(opened, {"pattern": [notes.notes(given)]}, {"seed": 5, "tempo_bpm": 90}, "follow").recipe
    assert studio.recipe()["chain"][0]["notes"] == expected["chain"][0]["notes"]
    played = chain.render(expected, np.zeros((2, 0), np.float32), 44100, tail=True)
    assert_same(studio.saved("Save WAV"), played, 44100)
    assert violations(page) == {}
