"""A tab of a plugin for notes: a melody on a piano roll, with syllables, sung."""

import json

import numpy as np
import pytest
import soundfile
from browsing import Studio
from playwright.sync_api import expect
from test_studio_notes import set_to
from test_studio_page import violations

from dawg_ai import ask, bundle, chain, lyrics, midi, notes
from dawg_ai.cli import main

SINGER = "vocals"
WORDS = "sa ku ra shin - n"
BEAT_S = 0.5
KEYS = ("Enter", *["Shift+ArrowUp"] * 2, "Enter", "Shift+ArrowRight", "+", "Enter", *["Shift+ArrowDown"] * 5)
# What these keys write: start and length in sixteenths, pitch.
MELODY = [(0, 4, 53), (4, 4, 55), (9, 5, 55), (14, 5, 50)]


@pytest.fixture
def vocals(studio) -> Studio:
    """The page with the singer's tab open."""
    studio.page.get_by_role("tab", name="Vocals", exact=True).click()
    studio.page.get_by_role("group", name="Piano roll").wait_for()
    return studio


def write(studio: Studio) -> np.ndarray:
    """Write the melody by keyboard; its notes."""
    studio.button("Add a note").focus()
    studio.page.keyboard.press("Enter")
    for key in KEYS:
        studio.page.keyboard.press(key)
    studio.page.get_by_role("textbox", name="Syllables").fill(WORDS)
    numbers = lyrics.syllables(WORDS)
    return notes.notes(
        [
            [BEAT_S / 4 * start, BEAT_S / 4 * steps, pitch, 0.8, 0, numbers[i % len(numbers)]]
            for i, (start, steps, pitch) in enumerate(MELODY)
        ]
    )


def sing(studio: Studio) -> np.ndarray:
    """The curves that are sung then, a row every 10 ms."""
    studio.button("Sing").click()
    studio.page.locator(".sung:not(.stale)").wait_for()
    studio.idle()
    assert studio.messages() == []
    return np.array(studio.recipe()["chain"][0]["curves"], np.float32)


def test_a_melody_is_sung_as_the_command_line_sings_it(vocals, tmp_path):
    melody = write(vocals)
    set_to(vocals, "Vibrato in cents", "80")
    set_to(vocals, "Breath in %", "20")
    set_to(vocals, "Seed", "3")
    curves = sing(vocals)
    controls = {"vibrato_cents": 80, "breath_percent": 20, "seed": 3}
    expected = ask.ask(bundle.load(SINGER), {"score": [melody]}, controls).recipe["chain"][0]
    rows = np.array(expected["curves"], np.float32)
    assert vocals.recipe()["chain"][0]["knobs"] == {"level_db": 0, **expected["knobs"]}
    # Pitch is a kernel's alone. Filters are the network's, stored in eighths of a decibel.
    assert np.array_equal(curves[:, 0], rows[:, 0])
    assert curves == pytest.approx(rows, abs=0.126)
    assert np.mean(curves == rows) > 0.999
    (tmp_path / "melody.json").write_text(json.dumps({"format": 1, "notes": melody.tolist()}))
    said = ["--syllables", WORDS, "--vibrato", "80", "--breath", "20", "--seed", "3"]
    files = [str(tmp_path / name) for name in ("melody.json", "sung.wav", "f0.json")]
    assert main(["sing", *files[:2], *said, "--curves", files[2]]) == 0
    f0_hz = json.loads((tmp_path / "f0.json").read_text())["f0_hz"]
    assert 440 * 2 ** ((curves[:, 0] - 69) / 12) == pytest.approx(f0_hz, abs=0.006)


def test_what_is_sung_is_what_the_command_line_renders(vocals, tmp_path):
    melody = write(vocals)
    sing(vocals)
    recipe = vocals.recipe()
    expected = chain.render(recipe, np.zeros((2, 0), np.float32), 44100, tail=True)
    assert np.abs(expected).max() > 0.05
    sound, _ = soundfile.read(vocals.saved("Save WAV"), dtype="float32", always_2d=True)
    assert np.array_equal(sound.T, expected)
    midi.write(
        tmp_path / "voice.mid",
        midi.File((midi.Track(melody[:, :4].astype(float) * [2, 2, 1, 1], "Voice", 0, 53),), length_beats=32.0),
    )
    assert vocals.saved("Save MIDI").read_bytes() == (tmp_path / "voice.mid").read_bytes()
    vocals.button("To mix").click()
    vocals.page.locator(".song b", has_text=SINGER).wait_for()
    vocals.idle()
    vocals.page.get_by_label("On", exact=True).uncheck()
    song, _ = soundfile.read(vocals.saved("Export WAV"), dtype="float32", always_2d=True)
    assert np.array_equal(song.T, expected)


def test_every_note_is_reached_by_keyboard_and_has_a_name(vocals):
    page = vocals.page
    write(vocals)
    roll = page.get_by_role("group", name="Piano roll")
    names = [
        "sa, F3, bar 1 beat 1, 1 beat",
        "ku, G3, bar 1 beat 2, 1 beat",
        "ra, G3, bar 1 beat 3.2, 1.25 beats",
        "shin, D3, bar 1 beat 4.3, 1.25 beats",
    ]
    assert [each.get_attribute("aria-label") for each in roll.get_by_role("button").all()] == names
    assert roll.locator("[tabindex='0']").count() == 1
    roll.locator("[tabindex='0']").focus()
    page.keyboard.press("Home")
    for name in names:
        expect(roll.get_by_role("button", name=name, exact=True)).to_be_focused()
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")  # sung first, then heard
    expect(vocals.button("Stop")).to_be_visible()
    page.keyboard.press("Space")
    expect(vocals.button("Play")).to_be_visible()
    page.keyboard.press("Delete")
    expect(roll.get_by_role("button")).to_have_count(3)
    page.keyboard.press("Control+z")
    expect(roll.get_by_role("button")).to_have_count(4)
    page.keyboard.press("Control+Shift+z")
    expect(roll.get_by_role("button")).to_have_count(3)


def test_notes_by_mouse(vocals):
    page = vocals.page
    roll = page.get_by_role("group", name="Piano roll")
    box = roll.bounding_box()
    step, row = 16, 14

    def at(sixteenth: float, pitch: int) -> tuple[float, float]:
        return box["x"] + step * sixteenth, box["y"] + row * (66 - pitch + 0.5)

    page.mouse.move(*at(2.5, 57))
    page.mouse.down()
    page.mouse.move(*at(6.5, 57), steps=4)  # lengthened while the button is held
    page.mouse.up()
    page.mouse.move(*at(4.0, 57))
    page.mouse.down()
    page.mouse.move(*at(5.0, 60), steps=4)
    page.mouse.up()
    expect(roll.get_by_role("button")).to_have_accessible_name("la, C4, bar 1 beat 1.4, 2 beats")
    vocals.button("Undo").click()
    expect(roll.get_by_role("button")).to_have_accessible_name("la, A3, bar 1 beat 1.3, 2 beats")
    page.mouse.dblclick(*at(4.0, 57))
    expect(roll.get_by_role("button")).to_have_count(0)


def test_the_pitch_is_bent_by_keyboard_and_drawn_by_mouse(vocals):
    page = vocals.page
    write(vocals)
    before = sing(vocals)
    roll = page.get_by_role("group", name="Piano roll")
    roll.get_by_role("button").first.focus()
    for _ in range(2):
        page.keyboard.press("Alt+ArrowUp")
    bent = np.array(vocals.recipe()["chain"][0]["curves"], np.float32)
    rise = np.zeros(len(before))
    rise[:50] = 0.2  # the first note lasts half a second
    assert bent[:, 0] - before[:, 0] == pytest.approx(rise, abs=1e-5)
    assert np.array_equal(bent[:, 1:], before[:, 1:])
    vocals.button("Draw the pitch").click()
    box = roll.bounding_box()
    step, row = 16, 14
    y = box["y"] + row * (66 - 57.25 + 0.5)
    page.mouse.move(box["x"] + 5.2 * step, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 6.8 * step, y, steps=3)
    page.mouse.up()
    drawn = np.array(vocals.recipe()["chain"][0]["curves"], np.float32)[:, 0]
    frames = (65, 85)  # at 12.5 a sixteenth
    assert drawn[frames[0] : frames[1] + 1] == pytest.approx(57.25, abs=1 / row)
    assert np.array_equal(drawn[: frames[0] - 1], bent[: frames[0] - 1, 0])
    assert np.array_equal(drawn[frames[1] + 2 :], bent[frames[1] + 2 :, 0])
    page.keyboard.press("Control+z")
    assert np.array_equal(np.array(vocals.recipe()["chain"][0]["curves"], np.float32), bent)
    vocals.button("Pitch as sung").click()
    assert np.array_equal(np.array(vocals.recipe()["chain"][0]["curves"], np.float32), before)


def test_a_syllable_that_cannot_be_sung_is_told(vocals):
    write(vocals)
    vocals.page.get_by_role("textbox", name="Syllables").fill("sa ku xq")
    expect(vocals.page.locator("#words-wrong")).to_contain_text('"xq" is no syllable that can be sung, as')
    vocals.button("Play").click()
    vocals.page.locator(".message.error", has_text='"xq" is no syllable').wait_for()


def test_every_spelling_is_the_number_of_the_command_line():
    declared = bundle.load(SINGER).declaration["editor"]["syllables"]
    spellings, codas = declared["spellings"], declared["codas"]
    assert all(lyrics.syllable(text) == number for text, number in spellings.items())
    moras = [text for text, number in spellings.items() if lyrics.mora(text) or text[-1] in "aiueo"]
    for text in moras[:: len(moras) // 40]:
        for coda, more in codas.items():
            if coda.isascii() == text.isascii():
                assert lyrics.syllable(text + coda) == spellings[text] + more


@pytest.mark.parametrize("width", [1280, 360])
def test_no_accessibility_violations_on_a_piano_roll(vocals, width):
    page = vocals.page
    page.set_viewport_size({"width": width, "height": 800})
    assert violations(page) == {}, "empty"
    write(vocals)
    sing(vocals)
    assert violations(page) == {}, "sung"
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "wider than the window"
