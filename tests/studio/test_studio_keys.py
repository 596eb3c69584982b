"""Keys work wherever the focus is, and what screen readers say everybody can read."""

import re

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect
from test_studio_page import violations

BLUR = "document.activeElement.blur()"

PLACES = {
    "nowhere": lambda page: page.evaluate(BLUR),
    "a button that was clicked": lambda page: page.get_by_role("button", name="1 parametric on").click(),
    "a knob": lambda page: page.get_by_role("slider", name="Band 1 Gain", exact=True).focus(),
    "a node": lambda page: page.get_by_role("slider", name="Band 2 node").focus(),
    "the song": lambda page: page.get_by_role("slider", name="Position in the song").focus(),
    "a mode": lambda page: page.locator(".mode", has_text="fix").click(),
}


def test_space_sides_loop_and_undo_work_wherever_the_focus_is(studio, songs):
    page = studio.page
    studio.song(songs[8])
    original, result = (page.get_by_role("button", name=re.compile(name)) for name in ("Original", "Result"))
    gain = page.get_by_role("textbox", name="Band 1 Gain in dB")
    for name, go in PLACES.items():
        gain.fill("3")
        gain.press("Enter")
        go(page)
        page.keyboard.press("Space")
        expect(studio.button("Pause"), name).to_be_visible()
        page.keyboard.press("Space")
        expect(studio.button("Play"), name).to_be_visible()
        for key in ("a", "b"):
            page.keyboard.press(key)
            expect(original, name).to_have_attribute("aria-pressed", "true" if key == "a" else "false")
        expect(result).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("l")
        expect(studio.button("Loop"), name).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("l")
        page.keyboard.press("Control+z")
        expect(gain, name).to_have_value("0.0")
        page.keyboard.press("Control+Shift+z")
        expect(gain, name).to_have_value("3.0")
        page.keyboard.press("Control+z")


def test_what_is_typed_and_what_a_control_needs_stay_theirs(studio, songs):
    page = studio.page
    studio.song(songs[0])
    gain = page.get_by_role("textbox", name="Band 1 Gain in dB")
    gain.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("2 b?")
    assert gain.input_value() == "2 b?"
    page.keyboard.press("Enter")
    expect(gain).to_have_value("2.0")
    page.keyboard.press("Space")  # typing has ended
    expect(studio.button("Pause")).to_be_visible()
    page.keyboard.press("Space")
    kind = page.get_by_label("Band 1 Type")
    kind.focus()
    page.keyboard.press("l")
    expect(studio.button("Loop")).to_have_attribute("aria-pressed", "false")
    switch = page.get_by_label("On", exact=True)
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).not_to_be_checked()
    assert studio.button("Pause").count() == 0
    assert page.locator("dialog").count() == 0


def test_the_sheet_of_keys_opens_closes_and_gives_the_focus_back(studio, songs):
    page = studio.page
    studio.song(songs[0])
    node = page.get_by_role("slider", name="Band 2 node")
    node.focus()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    for key in ("Space", "A", "B", "Ctrl+Z", "Ctrl+Shift+Z", "?"):
        expect(sheet.locator("kbd", has_text=re.compile(f"^{re.escape(key)}$"))).to_have_count(1)
    assert violations(page) == {}
    page.keyboard.press("a")  # behind an open dialog nothing moves
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(node).to_be_focused()
    expect(page.get_by_role("button", name="Result")).to_have_attribute("aria-pressed", "true")
    studio.button("Keys").click()
    expect(sheet).to_be_visible()
    page.mouse.click(5, 5)  # beside it
    expect(sheet).to_have_count(0)


def test_nothing_is_said_for_screen_readers_alone(studio, songs):
    """Every live region, and every text of the page, can be seen."""
    page = studio.page
    studio.song(songs[1])
    studio.add("limiter")
    expect(page.get_by_text("limiter added as number 2")).to_be_visible()
    studio.suggest("fix")
    page.keyboard.press("Control+z")
    expect(page.get_by_text("Undone", exact=True)).to_be_visible()
    hidden = page.evaluate(
        """() => [...document.querySelectorAll("#studio *")].filter((each) => {
            const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
            const { width, height } = each.getBoundingClientRect();
            return own && !["OPTION", "SELECT"].includes(each.tagName) && (width <= 1 || height <= 1);
        }).map((each) => each.outerHTML)"""
    )
    assert [each for each in hidden if "knob-label" not in each] == []  # a list's first choice names the knob


@pytest.mark.parametrize("level_db", [0, -50])
def test_the_range_of_the_spectrum_follows_the_song(studio, tmp_path, level_db):
    """A Blackman window has a mean of 0.42, and a sine has half of its amplitude at its frequency."""
    sine = np.sin(2 * np.pi * 1500.0 * np.arange(48000) / 48000) * 10 ** (level_db / 20)
    soundfile.write(tmp_path / "sine.wav", sine, 48000, "FLOAT")
    studio.song(tmp_path / "sine.wav")
    legend = studio.page.locator(".legend")
    expect(legend).to_contain_text(re.compile(r"Spectrum: -?\d+ to -\d+ dB"))
    top, bottom = (int(each) for each in re.search(r"Spectrum: (-?\d+) to (-?\d+) dB", legend.inner_text()).groups())
    highest = level_db + 20 * np.log10(0.42 / 2)
    assert bottom == top - 78
    assert highest + 9 <= top < highest + 15
