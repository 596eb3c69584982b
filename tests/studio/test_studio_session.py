"""What a person was working on is there again after the page was closed or loaded anew."""

import json

import numpy as np
import pytest
import soundfile
from browsing import Studio, sound
from playwright.sync_api import expect
from test_studio_sound import choose, response

KEEP_MS = 800  # longer than the page waits before it keeps what has changed


def again(studio, server):
    """The page in another tab of the same browser, after this one was closed."""
    studio.page.wait_for_timeout(KEEP_MS)
    context = studio.page.context
    studio.page.close()
    other = Studio(context.new_page())
    other.open(server.url)
    other.page.locator(".said", has_text="Your last session is back.").wait_for()
    other.idle()
    return other


@pytest.fixture
def song(tmp_path):
    path = tmp_path / "mine.wav"
    soundfile.write(path, sound(3, 32000, 2, seed=1).T, 32000, "FLOAT")
    return path


def test_closed_and_opened_again(studio, server, song):
    page = studio.page
    studio.song(song)
    gain = "Band 1 Gain in dB"
    page.get_by_role("textbox", name=gain).fill("3")
    page.get_by_role("textbox", name=gain).press("Enter")
    studio.add("limiter")
    page.get_by_role("slider", name="Drive", exact=True).press("End")
    page.get_by_role("slider", name="Position in the song").press("ArrowRight")
    page.keyboard.press("a")
    page.get_by_role("textbox", name="Amount", exact=True).fill("0.4")
    page.get_by_role("textbox", name="Amount", exact=True).press("Enter")
    recipe = studio.recipe()
    exported = studio.saved("Export WAV").read_bytes()
    now = again(studio, server)
    assert "32 kHz, stereo" in now.page.locator(".song").inner_text()
    assert now.recipe() == recipe
    expect(now.page.locator(".clock")).to_have_text("0:01.0 / 0:03.0")
    expect(now.page.get_by_role("button", name="Original")).to_have_attribute("aria-pressed", "true")
    expect(now.page.get_by_role("region", name="Effect limiter")).to_be_visible()
    assert now.page.get_by_role("textbox", name="Amount", exact=True).input_value() == "0.40"
    assert now.saved("Export WAV").read_bytes() == exported
    now.button("Undo").click()
    assert now.recipe()["chain"][1]["knobs"]["drive_db"] == 0
    now.button("Undo").click()
    assert [link["effect"] for link in now.recipe()["chain"]] == ["parametric"]
    now.button("Redo").click()
    now.button("Redo").click()
    assert now.recipe() == recipe
    now.add("limiter")  # a new effect is none of the old ones
    now.page.get_by_role("slider", name="Drive", exact=True).press("Home")
    assert [link["knobs"].get("drive_db") for link in now.recipe()["chain"]][1:] == [24, -24]
    assert not now.errors


def test_sounds_and_notes_come_back(studio, server, song, tmp_path):
    room, path = tmp_path / "room.wav", tmp_path / "recipe.json"
    soundfile.write(room, response(0.2, 32000).T, 32000, "FLOAT")
    kit = {"effect": "kit", "knobs": {}, "notes": [[0.1, 0.2, 36, 0.5, 0, 0]]}
    path.write_text(json.dumps({"format": 1, "chain": [kit, {"effect": "convolution", "knobs": {}}]}))
    studio.song(song)
    studio.page.locator("input[type=file]").first.set_input_files(path)
    studio.page.get_by_text("The recipe's knobs are set.").wait_for()
    studio.page.get_by_role("button", name="2 convolution on").click()
    choose(studio, room)
    recipe, exported = studio.recipe(), studio.saved("Export WAV").read_bytes()
    now = again(studio, server)
    assert now.recipe() == recipe
    assert recipe["chain"][0]["notes"] and recipe["chain"][1]["sound"] == "room.wav"
    assert now.saved("Export WAV").read_bytes() == exported


def test_start_anew_forgets_it(studio, server, song):
    page = studio.page
    studio.song(song)
    chain = studio.recipe()
    studio.add("limiter")
    page.wait_for_timeout(KEEP_MS)
    page.once("dialog", lambda dialog: dialog.dismiss())
    studio.button("Start anew").click()
    expect(page.locator(".song b")).to_have_text("mine.wav")
    page.once("dialog", lambda dialog: dialog.accept())
    studio.button("Start anew").click()
    page.get_by_text("Drop a song here").wait_for()
    page.reload()
    page.locator("section.effect").wait_for()
    page.wait_for_timeout(300)
    expect(page.get_by_text("Drop a song here")).to_be_visible()
    studio.song(song)
    assert studio.recipe() == chain


@pytest.mark.parametrize(
    "denied", ["get() { throw new DOMException('denied', 'SecurityError') }", "value: undefined"]
)
def test_without_a_database_it_works_and_says_so_once(browser, server, song, denied):
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(f"Object.defineProperty(window, 'indexedDB', {{ {denied} }})")
    studio = Studio(page)
    studio.open(server.url)
    told = page.get_by_text("This browser keeps no session")
    expect(told).to_have_count(1)
    studio.button("Dismiss message").click()
    studio.song(song)
    studio.add("limiter")
    page.wait_for_timeout(KEEP_MS)
    expect(told).to_have_count(0)
    found = soundfile.read(studio.saved("Export WAV"), dtype="float32")[0]
    assert np.isfinite(found).all()
    assert not studio.errors
    context.close()


def test_a_chain_of_other_effects_is_not_brought_back(studio, server, song):
    """The knobs of an effect have changed since: their values would land on others."""
    page = studio.page
    studio.song(song)
    studio.add("limiter")
    page.wait_for_timeout(KEEP_MS)

    def change(route):
        manifest = route.fetch().json()
        manifest["modules"]["limiter"]["knobs"][0]["name"] = "gain_db"
        route.fulfill(json=manifest)

    page.route("**/engine/manifest.json", change)
    page.reload()
    page.get_by_text("The effects have changed since the last visit").wait_for()
    expect(page.locator(".song b")).to_have_text("mine.wav")
    assert [link["effect"] for link in studio.recipe()["chain"]] == ["parametric"]
