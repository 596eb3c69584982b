"""A tab of a plugin for notes: the step grid of drums, by keyboard, by mouse, by those who listen to it."""

import re

import numpy as np
import pytest
import soundfile
from browsing import Studio
from playwright.sync_api import expect
from test_studio_page import violations

from dawg_ai import ask, bundle, chain, midi, notes

DRUMMER = "beats"
STEP_S = 15.0 / 120


@pytest.fixture
def beats(studio) -> Studio:
    """The page with the drummer's tab open."""
    studio.page.get_by_role("tab", name="Beats", exact=True).click()
    studio.page.get_by_role("grid").wait_for()
    return studio


def set_to(studio: Studio, name: str, value: str) -> None:
    field = studio.page.get_by_role("textbox", name=name, exact=True)
    field.fill(value)
    field.press("Enter")


def asked(studio: Studio, action: str) -> None:
    studio.button(action).click()
    studio.page.locator(".said", has_text="notes in").wait_for()
    studio.idle()
    assert studio.messages() == []


def written(studio: Studio) -> np.ndarray:
    """The notes in the editor, (count, 6)."""
    return notes.notes(studio.recipe()["chain"][0]["notes"])


def played(controls: dict[str, float], mode: str = "generate", given: dict | None = None) -> np.ndarray:
    """What the command line's drummer plays."""
    drummer = bundle.load(DRUMMER)
    answer = ask.ask(drummer, {name: [each] for name, each in (given or {}).items()}, controls, mode)
    return notes.notes(answer.recipe["chain"][0]["notes"])


def assert_same_notes(found: np.ndarray, expected: np.ndarray) -> None:
    """The same strokes; networks give the same to 1e-5 in both hosts, so velocity and timing may differ as little."""
    assert found[:, 2].tolist() == expected[:, 2].tolist()
    assert found == pytest.approx(expected, abs=1e-3)


def cell(studio: Studio, drum: str, step: int):
    place = f"bar {step // 16 + 1} beat {step // 4 % 4 + 1}" + (f".{step % 4 + 1}" if step % 4 else "")
    return studio.page.get_by_role("gridcell", name=re.compile(f"^{drum}, {re.escape(place)}:"))


def test_the_same_seed_gives_the_notes_of_the_command_line(beats):
    beats.page.get_by_label("Style", exact=True).select_option("funk")
    set_to(beats, "Seed", "7")
    set_to(beats, "Tempo in bpm", "96")
    set_to(beats, "Bars", "2")
    asked(beats, "Generate")
    funk = bundle.load(DRUMMER).controls[0].choices.index("funk")
    controls = {"style": funk, "tempo_bpm": 96, "bars": 2, "seed": 7}
    first = written(beats)
    assert len(first) > 8
    assert_same_notes(first, played(controls))
    set_to(beats, "Seed", "8")
    asked(beats, "Generate")
    second = written(beats)
    assert_same_notes(second, played(controls | {"seed": 8}))
    assert first.tolist() != second.tolist()
    # What is there is humanised, gone on from, and kept in locked lanes, as the command line does it.
    beats.button("Lock kick").click()
    set_to(beats, "Seed", "9")
    asked(beats, "Regenerate the rest")
    kicks = second[np.isin(second[:, 2], (35, 36))]
    rest = written(beats)
    assert_same_notes(rest, played(controls | {"seed": 9}, "infill", {"keep": kicks}))
    assert rest[rest[:, 2] == 36] == pytest.approx(kicks, abs=1e-6)
    asked(beats, "Humanise")
    human = written(beats)
    assert_same_notes(human, played(controls | {"seed": 9}, "humanise", {"pattern": rest}))
    asked(beats, "Go on")
    longer = written(beats)
    assert_same_notes(longer, played(controls | {"seed": 9}, "continue", {"start": human}))
    expect(beats.page.get_by_role("textbox", name="Bars", exact=True)).to_have_value("4")
    beats.page.keyboard.press("Control+z")
    assert written(beats).tolist() == human.tolist()


def test_what_is_saved_is_what_the_command_line_renders(beats, tmp_path):
    asked(beats, "Generate")
    set_to(beats, "Level in dB", "-9")
    recipe = beats.recipe()
    knobs = {"tune_semitones": 0, "decay_percent": 100, "level_db": -9, "kit": "acoustic"}
    assert recipe["chain"][0]["knobs"] == knobs
    sound, rate_hz = soundfile.read(beats.saved("Save WAV"), dtype="float32", always_2d=True)
    assert rate_hz == 44100
    expected = chain.render(recipe, np.zeros((2, 0), np.float32), 44100, tail=True)
    assert np.array_equal(sound.T, expected)
    rows = written(beats)
    events = rows[:, :4].astype(np.float64)
    events[:, :2] *= 120 / 60
    track = midi.Track(events, "Drums", midi.DRUM_CHANNEL)
    midi.write(tmp_path / "drums.mid", midi.File((track,), ((0.0, 120.0),), length_beats=16.0))
    saved = beats.saved("Save MIDI").read_bytes()
    assert saved == (tmp_path / "drums.mid").read_bytes()


def test_it_becomes_the_song(beats):
    asked(beats, "Generate")
    recipe = beats.recipe()
    beats.button("To mix").click()
    beats.page.locator(".song b", has_text=DRUMMER).wait_for()
    beats.idle()
    expect(beats.page.get_by_role("tab", name="Mix")).to_have_attribute("aria-selected", "true")
    beats.page.get_by_label("On", exact=True).uncheck()
    sound, _ = soundfile.read(beats.saved("Export WAV"), dtype="float32", always_2d=True)
    assert np.array_equal(sound.T, chain.render(recipe, np.zeros((2, 0), np.float32), 44100, tail=True))


def test_a_beat_is_written_and_played_by_keyboard(beats):
    page = beats.page
    cell(beats, "kick", 0).focus()
    page.keyboard.press("Enter")
    expect(cell(beats, "kick", 0)).to_have_attribute("aria-selected", "true")
    expect(cell(beats, "kick", 0)).to_have_accessible_name("kick, bar 1 beat 1: velocity 102, on the beat")
    for key in ("ArrowUp", *["ArrowRight"] * 5, "Enter"):
        page.keyboard.press(key)
    expect(cell(beats, "snare", 5)).to_be_focused()
    for key in ("Shift+ArrowUp", "Shift+ArrowUp", "Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    expect(cell(beats, "snare", 5)).to_have_accessible_name("snare, bar 1 beat 2.2: velocity 110, 6 ms early")
    rows = written(beats)
    assert rows[:, 2].tolist() == [36, 38]
    assert rows[:, 0] == pytest.approx([0, 5 * STEP_S - 0.006], abs=1e-6)
    assert rows[:, 3] == pytest.approx([0.8, 0.8 + 8 / 127], abs=1e-6)
    cell(beats, "snare", 5).focus()
    page.keyboard.press("Space")
    expect(beats.button("Stop")).to_be_visible()
    page.keyboard.press("Space")
    expect(beats.button("Play")).to_be_visible()
    page.keyboard.press("Delete")
    assert written(beats)[:, 2].tolist() == [36]
    page.keyboard.press("Control+z")
    assert written(beats)[:, 2].tolist() == [36, 38]
    page.keyboard.press("Control+Shift+z")
    assert written(beats)[:, 2].tolist() == [36]


def test_every_cell_is_reached_by_arrow_keys_and_has_a_name(beats):
    page = beats.page
    grid = page.get_by_role("grid", name="Step grid")
    assert grid.locator("[tabindex='0']").count() == 1
    grid.locator("[tabindex='0']").focus()
    page.keyboard.press("Control+Home")
    reached = []
    name = "document.activeElement.getAttribute('aria-label')"
    for row in range(9):
        walk = ["ArrowRight", "ArrowLeft"][row % 2]
        for _ in range(64):
            reached.append(page.evaluate(name))
            if _ < 63:
                page.keyboard.press(walk)
        page.keyboard.press("ArrowDown")
    assert len(set(reached)) == 9 * 64
    assert all(re.fullmatch(r"[a-z ]+, bar [1-4] beat [1-4](\.[234])?: nothing", each) for each in reached)
    page.keyboard.press("Home")
    page.keyboard.press("Home")
    assert page.evaluate(name) == "Lock kick"
    page.keyboard.press("Enter")
    expect(beats.button("Lock kick")).to_have_attribute("aria-pressed", "true")


def test_a_stroke_by_mouse(beats):
    page = beats.page
    place = cell(beats, "closed hat", 2)
    place.click()
    box = place.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] / 4, y + 45, steps=5)
    page.mouse.up()
    rows = written(beats)
    assert rows[0, 3] == pytest.approx(0.3, abs=0.02)
    assert rows[0, 0] == pytest.approx(2.25 * STEP_S, abs=0.005)
    height = place.locator("i").bounding_box()["height"] / place.bounding_box()["height"]
    assert height == pytest.approx(rows[0, 3], abs=0.05)
    beats.button("Undo").click()
    assert written(beats)[0, 3] == pytest.approx(0.8, abs=1e-6)
    place.click()
    expect(beats.button("Save recipe")).to_have_attribute("aria-disabled", "true")


def test_another_tempo_is_the_same_music(beats):
    asked(beats, "Generate")
    before = written(beats)
    names = beats.page.locator("[role=gridcell][aria-selected=true]").count()
    set_to(beats, "Tempo in bpm", "60")
    after = written(beats)
    assert after[:, :2] == pytest.approx(2 * before[:, :2], rel=1e-6)
    assert beats.page.locator("[role=gridcell][aria-selected=true]").count() == names


def test_notes_are_there_again_at_the_next_visit(beats, server):
    asked(beats, "Generate")
    before = written(beats)
    beats.page.wait_for_timeout(500)
    beats.open(server.url)
    beats.page.get_by_role("tab", name="Beats", exact=True).click()
    beats.page.get_by_role("grid").wait_for()
    assert written(beats).tolist() == before.tolist()


def test_a_midi_file_is_opened_as_the_command_line_reads_it(beats, tmp_path):
    """A change of tempo, another channel, a note of no length, one that is never ended, running status."""
    hits = [[0, 0.5, 36, 0.9], [0.01, 0.1, 38, 0.5], [0.25, 1, 38, 0.4], [2.5, 0.25, 42, 1], [6, 0.1, 26, 0.2]]
    other = midi.Track(np.array([[0.0, 1.0, 60, 0.5]]), "Bass", 2)
    path = tmp_path / "drums.mid"
    midi.write(path, midi.File((other, midi.Track(np.array(hits), "Drums", 9)), ((0.0, 100.0), (2.0, 60.0))))
    content = bytearray(path.read_bytes())
    end = content.rindex(b"\xff\x2f\x00")
    # A stroke without an end, and one that ends as it begins, before the end of the last track.
    more = bytes([0, 0x99, 50, 80, 10, 49, 90, 0, 49, 0])
    size = content.rindex(b"MTrk") + 4
    content[end - 1 : end] = more + content[end - 1 : end]
    content[size : size + 4] = (int.from_bytes(content[size : size + 4], "big") + len(more)).to_bytes(4, "big")
    path.write_bytes(content)
    expected = notes.read(path)
    expected = expected[expected[:, 4] == 9]
    assert len(expected) == len(hits) + 2
    beats.page.locator("input[aria-label='Open MIDI']").set_input_files(path)
    beats.page.locator(".said", has_text="notes in").wait_for()
    assert beats.messages() == []
    expect(beats.page.get_by_role("textbox", name="Tempo in bpm")).to_have_value("100")
    found = written(beats)
    order = np.lexsort((found[:, 2], found[:, 0])), np.lexsort((expected[:, 2], expected[:, 0]))
    assert found[order[0]][:, [0, 2, 3]] == pytest.approx(expected[order[1]][:, [0, 2, 3]], abs=1e-5)
    (tmp_path / "no.mid").write_bytes(content[:40])
    beats.page.locator("input[aria-label='Open MIDI']").set_input_files(tmp_path / "no.mid")
    beats.page.locator(".message.error", has_text="is no MIDI file, or is damaged").wait_for()


def test_what_is_missing_is_said(beats):
    beats.button("Humanise").click(force=True)
    beats.page.locator(".message", has_text="First write some notes.").wait_for()
    cell(beats, "kick", 0).click()
    beats.button("Regenerate the rest").click(force=True)
    beats.page.locator(".message", has_text="First lock a lane that has notes").wait_for()


@pytest.mark.parametrize("width", [1280, 360])
def test_no_accessibility_violations_in_a_tab_for_notes(beats, width):
    page = beats.page
    page.set_viewport_size({"width": width, "height": 800})
    assert violations(page) == {}, "empty"
    asked(beats, "Generate")
    beats.button("Lock kick").click()
    assert violations(page) == {}, "generated"
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "wider than the window"


def test_tabs_by_keyboard(studio):
    page = studio.page
    assert not [url for url in studio.requests if "NotesTab" in url]
    mix, beats = (page.get_by_role("tab", name=name, exact=True) for name in ("Mix", "Beats"))
    mix.focus()
    page.keyboard.press("ArrowRight")
    expect(beats).to_be_focused()
    expect(page.get_by_role("grid")).to_be_visible()
    page.keyboard.press("Home")
    expect(mix).to_be_focused()
    expect(page.get_by_role("grid")).to_have_count(0)
