"""The page in use: by keyboard, by mouse, by those who listen to it."""

import re

import pytest
import soundfile
from browsing import STUDIO, sound
from playwright.sync_api import expect

AXE = STUDIO / "node_modules" / "axe-core" / "axe.min.js"


def violations(page):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci in studio/")
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE.read_text())
    page.evaluate("Promise.allSettled(document.getAnimations().map((each) => each.finished))")  # colours in between
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    return {each["id"]: [node["html"] for node in each["nodes"]] for each in found["violations"]}


@pytest.mark.parametrize("width", [1280, 390])
def test_no_accessibility_violations(studio, songs, tmp_path, width):
    page = studio.page
    page.set_viewport_size({"width": width, "height": 800})
    assert violations(page) == {}, "welcome"
    studio.song(songs[1])
    for mode in ("reference", "style"):
        page.locator(".mode", has_text=mode).click()
        assert violations(page) == {}, mode
    studio.suggest("fix")
    assert violations(page) == {}, "suggestion"
    studio.button("Take all").click()
    (tmp_path / "no.wav").write_bytes(b"no sound at all")
    page.locator("input[type=file]").first.set_input_files(tmp_path / "no.wav")
    page.locator(".message.error").wait_for()
    assert violations(page) == {}, "error"
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "wider than the window"


def tab_to(page, name, most=120):
    """Press Tab until the element that is called `name` has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => { const e = document.activeElement;"
            " return e.getAttribute('aria-label') || e.closest('label')?.innerText || e.innerText || '' }"
        )
        if " ".join(focused.split()) == name:
            return
    raise AssertionError(f"{name!r} is not reached by Tab")


def test_everything_works_by_keyboard(studio, songs):
    page = studio.page
    # Registered first: without a listener the browser opens its own file dialog.
    page.on("filechooser", lambda chooser: chooser.set_files(songs[2]))
    tab_to(page, "Choose a file")
    page.keyboard.press("Enter")
    page.locator(".song b").wait_for()
    studio.idle()
    tab_to(page, "Position in the song")
    page.keyboard.press("ArrowRight")
    waveform = page.get_by_role("slider", name="Position in the song")
    assert waveform.get_attribute("aria-valuetext") == "0:01 of 0:03"
    page.keyboard.press("Space")
    expect(studio.button("Pause")).to_be_visible()
    page.keyboard.press("Space")
    expect(studio.button("Play")).to_be_visible()
    tab_to(page, "Suggest")
    page.keyboard.press("Enter")
    studio.button("Take all").wait_for()
    tab_to(page, "Take all")
    page.keyboard.press("Enter")
    taken = studio.recipe()
    page.keyboard.press("Control+z")
    assert studio.recipe() != taken
    page.keyboard.press("Control+Shift+z")
    assert studio.recipe() == taken
    page.locator("h1").click()
    with page.expect_download():
        tab_to(page, "Export WAV")
        page.keyboard.press("Enter")


def test_a_knob_by_keyboard(studio):
    page = studio.page
    gain = page.get_by_role("slider", name="Band 3 Gain", exact=True)
    number = page.get_by_role("textbox", name="Band 3 Gain in dB")
    gain.focus()
    steps = [
        ("ArrowUp", "0.4"),
        ("Alt+ArrowUp", "0.5"),
        ("ArrowLeft", "0.1"),
        ("PageUp", "3.7"),
        ("PageDown", "0.1"),
        ("End", "18.0"),
        ("Home", "-18.0"),
    ]
    for key, shown in steps:
        page.keyboard.press(key)
        assert number.input_value() == shown, key
        assert gain.get_attribute("aria-valuetext") == f"{'+' if float(shown) > 0 else ''}{shown} dB"
    frequency = page.get_by_role("textbox", name="Band 3 Frequency in Hz")
    frequency.fill("1.25k")
    frequency.press("Enter")
    slider = page.get_by_role("slider", name="Band 3 Frequency", exact=True)
    assert slider.get_attribute("aria-valuetext") == "1.25 kHz"
    frequency.fill("nonsense")
    frequency.press("Enter")
    assert frequency.input_value() == "1250"
    node = page.get_by_role("slider", name="Band 3 node")
    assert node.get_attribute("aria-valuetext") == "bell, 1.25 kHz, -18.0 dB, Q 1.00"
    node.focus()
    for key in ("ArrowRight", "ArrowUp", "PageUp"):
        page.keyboard.press(key)
    assert node.get_attribute("aria-valuetext") == "bell, 1.34 kHz, -17.6 dB, Q 1.11"


def test_a_node_by_mouse_and_each_movement_is_one_undo(studio):
    page = studio.page
    node = page.get_by_role("slider", name="Band 2 node")
    value = lambda: node.get_attribute("aria-valuetext")  # noqa: E731
    start = value()
    box = node.locator(".disc").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y - 40, steps=8)
    page.mouse.up()
    dragged = value()
    kind, frequency, gain, q = dragged.split(", ")
    assert kind == "bell"
    assert q == "Q 1.00"
    assert 250 < float(frequency.split()[0]) < 500
    assert gain.startswith("+")
    page.mouse.wheel(0, -100)
    expect(node).not_to_have_attribute("aria-valuetext", dragged)
    wheeled = value()
    assert wheeled.startswith(f"{kind}, {frequency}, {gain}, ")
    page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(x + 60, y - 90, steps=8)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert value().startswith(f"{kind}, {frequency}, {gain}, ")
    assert value() != wheeled
    for expected in (wheeled, dragged, start):
        studio.button("Undo").click()
        assert value() == expected
    assert studio.button("Undo").get_attribute("aria-disabled") == "true"
    for _ in range(3):
        studio.button("Redo").click()
    assert value() != start
    assert studio.button("Redo").get_attribute("aria-disabled") == "true"


def test_both_sides_are_equally_loud(studio, tmp_path):
    page = studio.page
    path = tmp_path / "song.wav"
    soundfile.write(path, sound(4, 44100, 2, seed=2).T, 44100, subtype="PCM_16")
    studio.song(path)
    expect(page.locator(".matching")).to_have_text("Both sides are equally loud")
    page.get_by_role("textbox", name="All bands Trim in dB").fill("6")
    page.get_by_role("textbox", name="All bands Trim in dB").press("Enter")
    expect(page.locator(".matching")).to_have_text("Result turned down 6.0 dB, so both are equally loud")
    page.get_by_role("textbox", name="All bands Trim in dB").fill("-3")
    page.get_by_role("textbox", name="All bands Trim in dB").press("Enter")
    expect(page.locator(".matching")).to_have_text("Original turned down 3.0 dB, so both are equally loud")
    studio.button("Play").click()
    original = page.get_by_role("button", name="Original")
    original.click()
    assert original.get_attribute("aria-pressed") == "true"
    clock = page.locator(".clock")
    expect(clock).not_to_have_text("0:00.0 / 0:04.0")
    page.get_by_role("button", name="Loop").click()
    expect(studio.button("Pause")).to_be_visible()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"not audio", "is not audio that this browser can read"),
        (b"RIFF\x10\0\0\0WAVEjunk", "damaged or was not copied whole"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(studio, tmp_path, content, reason):
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    studio.page.locator("input[type=file]").first.set_input_files(path)
    studio.page.locator(".message.error").wait_for()
    assert "bad.wav could not be opened" in studio.messages()[0]
    assert reason in studio.messages()[0]
    studio.button("Dismiss message").click()
    assert studio.messages() == []


def test_a_recipe_that_does_not_fit_is_refused(studio, tmp_path):
    path = tmp_path / "recipe.json"
    path.write_text('{"format": 1, "chain": [{"effect": "parametric", "knobs": {"warmth": 1}}]}')
    studio.page.locator("input[type=file]").first.set_input_files(path)
    studio.page.locator(".message.error").wait_for()
    assert 'has no knob "warmth"' in studio.messages()[0]


def test_bands_that_are_off_do_not_crowd_the_page(studio):
    page = studio.page
    studio.add("parametric")
    bands = page.locator("fieldset").filter(has=page.locator("legend", has_text=re.compile("^Band")))
    expect(bands).to_have_count(7)  # six, and one to be switched on
    expect(bands.last.locator("input")).to_have_count(0)
    nodes = page.locator("svg [aria-label^='Band']")
    drawn = nodes.count()
    page.get_by_label("Band 7 Type").select_option("bell")
    expect(bands).to_have_count(8)
    expect(bands.nth(6).get_by_role("slider")).to_have_count(3)
    assert nodes.count() == drawn + 1 == 7
