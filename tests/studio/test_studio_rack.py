"""The chain: any effects, in any order, any number of times."""

import json

import numpy as np
import soundfile
from browsing import sound
from playwright.sync_api import expect
from test_studio_export import assert_same
from test_studio_page import tab_to, violations

from dawg_ai import chain
from dawg_ai.cli import main
from dawg_ai.dsp import effect
from dawg_ai.recipe import parse

RATE = 44100
STEPS = np.arange(1, 12 * 128 + 1) / 128  # of the twelve in which an effect fades in
FADE = len(STEPS)


def names():
    """Effects that need no sound of their own."""
    return [name for name in effect.names() if not effect.load(name).load]


def turned(name, rng):
    """An effect of a recipe, its knobs anywhere."""
    knobs = {k.name: k.nearest(rng.uniform(k.minimum, k.maximum)) for k in effect.load(name).knobs}
    return {"effect": name, "knobs": knobs}


def order(studio):
    items = studio.page.get_by_role("list", name="Effects").locator("li")
    return [text.split()[1] for text in items.all_text_contents()]


def test_any_chain_is_exported_as_python_renders_it(studio, tmp_path):
    """Every effect twice, in a random order: those that look ahead are late, and all later ones hear that."""
    rng = np.random.default_rng(11)
    recipe = {"format": 1, "chain": [turned(name, rng) for name in rng.permutation(names() * 2)]}
    path, song, expected = (tmp_path / name for name in ("recipe.json", "song.wav", "expected.wav"))
    path.write_text(json.dumps(recipe))
    soundfile.write(song, sound(1.3, RATE, 2, seed=4).T, RATE, "FLOAT")
    assert main(["render", str(song), str(expected), "--recipe", str(path)]) == 0
    studio.song(song)
    studio.page.locator("input[type=file]").first.set_input_files(path)
    studio.page.get_by_text("The recipe's knobs are set.").wait_for()
    assert studio.recipe() == parse(recipe).recipe
    audio = soundfile.read(expected, dtype="float32", always_2d=True)[0].T
    assert np.isfinite(audio).all()
    assert_same(studio.saved("Export WAV"), audio, RATE)


def test_effects_are_added_moved_and_removed_by_keyboard(studio):
    page = studio.page
    page.get_by_label("Effect to add").select_option("limiter")
    tab_to(page, "Add")
    page.keyboard.press("Enter")
    page.get_by_label("Effect to add").select_option("parametric")
    tab_to(page, "Add")
    page.keyboard.press("Enter")
    assert order(studio) == ["parametric", "limiter", "parametric"]
    assert violations(page) == {}
    tab_to(page, "Move parametric earlier")
    for expected in (
        ["parametric", "parametric", "limiter"],
        ["parametric", "parametric", "limiter"],
        ["parametric", "parametric", "limiter"],
    ):
        page.keyboard.press("Enter")  # past the first place nothing moves, and the focus stays
        assert order(studio) == expected
    expect(page.get_by_role("button", name="Move parametric earlier")).to_have_attribute("aria-disabled", "true")
    tab_to(page, "1 Parametric On")
    page.keyboard.press("Enter")
    tab_to(page, "Move parametric later")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert order(studio) == ["parametric", "limiter", "parametric"]
    tab_to(page, "Remove parametric")
    for left in (["parametric", "limiter"], ["parametric"], []):
        page.keyboard.press("Enter")
        assert order(studio) == left
    expect(page.get_by_text("No effect is in the chain")).to_be_visible()
    assert violations(page) == {}
    for back in (["parametric"], ["parametric", "limiter"], ["parametric", "limiter", "parametric"]):
        page.keyboard.press("Control+z")
        assert order(studio) == back


def test_two_of_a_kind_have_knobs_of_their_own(studio, songs):
    page = studio.page
    studio.song(songs[0])
    studio.add("parametric")
    for place, gain in ((1, "3.0"), (2, "-4.0")):
        page.get_by_role("button", name=f"{place} parametric on").click()
        page.get_by_role("textbox", name="Band 1 Gain in dB").fill(gain)
        page.get_by_role("textbox", name="Band 1 Gain in dB").press("Enter")
    assert [link["knobs"]["band1_db"] for link in studio.recipe()["chain"]] == [3.0, -4.0]
    page.get_by_label("On", exact=True).uncheck()
    assert [link.get("bypass", False) for link in studio.recipe()["chain"]] == [False, True]
    studio.button("Undo").click()
    studio.button("Undo").click()
    assert [link["knobs"]["band1_db"] for link in studio.recipe()["chain"]] == [3.0, 0.0]


def test_an_effect_that_is_off_is_not_there(studio):
    """It fades out; then the output is the input to the bit, its latency is gone, and so is what it remembered."""
    x = sound(3 * 12800 / RATE, RATE, 2, seed=9)
    link = {"effect": "limiter", "knobs": {}}
    on, off = [link], [{**link, "on": False}]
    played = studio.hear(x, RATE, on, off, on)
    limiter = effect.Processor(effect.load("limiter"), RATE, {}, 2)
    late = limiter.latency_samples
    assert studio.page.evaluate("window.late") == [late, 0, late]
    assert late > 0
    parts, found = np.split(x, 3, axis=1), np.split(played, 3, axis=1)
    anew = effect.Processor(effect.load("limiter"), RATE, {}, 2)
    assert np.array_equal(found[0], limiter.process(parts[0]))
    assert np.array_equal(found[1][:, FADE:], parts[1][:, FADE:])
    settled = FADE + -(-late // 128) * 128  # it fades in once it has looked ahead
    assert np.array_equal(found[2][:, settled:], anew.process(parts[2])[:, settled:])


def test_effects_keep_their_memory_when_the_chain_changes(studio):
    """A delay that is moved goes on with what it holds; two of a kind hold two sounds. One fades out and in again."""
    x = sound(2 * 12800 / RATE, RATE, 2, seed=10)
    rng = np.random.default_rng(2)
    echo, other, tone = ({**turned(name, rng), "id": i} for i, name in enumerate(("delay", "delay", "parametric")))
    played = studio.hear(x, RATE, [echo, other], [tone, other, echo])
    one, two, eq = (effect.Processor(effect.load(e["effect"]), RATE, e["knobs"], 2) for e in (echo, other, tone))

    def faded(processor, dry, share):
        return (dry + (processor.process(dry) - np.float64(dry)) * share).astype(np.float32)

    first, second = np.split(x, 2, axis=1)
    before, between, after = np.split(second, [FADE, 2 * FADE], axis=1)
    expected = [
        two.process(one.process(first)),
        faded(two, one.process(faded(eq, before, STEPS / 12)), (12 - STEPS) / 12),
        one.process(faded(two, eq.process(between), STEPS / 12)),
        one.process(two.process(eq.process(after))),
    ]
    assert np.array_equal(played, np.concatenate(expected, axis=1))


def test_nothing_clicks_when_effects_come_move_and_go(studio):
    """A low tone stays smooth; switched hard, it would jump at its peaks, where the changes are."""
    x = np.tile(0.5 * np.cos(2 * np.pi * 50 * np.arange(4 * 12800) / RATE), (2, 1)).astype(np.float32)
    quiet = {"id": 0, "effect": "parametric", "knobs": {"trim_db": -12.0}}
    loud = {"id": 1, "effect": "limiter", "knobs": {"drive_db": 12.0}}
    played = studio.hear(x, RATE, [], [quiet], [quiet, loud], [loud, quiet])
    assert np.abs(np.diff(played)).max() < 0.02


def test_an_instrument_plays_as_it_is_exported_and_its_notes_travel(studio, tmp_path):
    """Notes of a recipe: in the export, in the audio thread, and in the recipe that is saved."""
    notes = [[0.05 * i, 0.2, 36 + i % 12, 0.3 + 0.1 * (i % 7), 0, 0] for i in range(8)]
    notes = np.float32(notes).tolist()
    link = {"effect": "kit", "knobs": {}, "notes": notes[::-1]}
    x = sound(38400 / RATE, RATE, 2, seed=14)
    expected = chain.render({"format": 1, "chain": [link]}, x, RATE)
    assert np.abs(expected - x).max() > 0.01
    assert np.array_equal(studio.hear(x, RATE, [{**link, "notes": notes}]), expected)
    song, path = tmp_path / "song.wav", tmp_path / "recipe.json"
    soundfile.write(song, x.T, RATE, "FLOAT")
    path.write_text(json.dumps({"format": 1, "chain": [link]}))
    studio.song(song)
    studio.page.locator("input[type=file]").first.set_input_files(path)
    studio.page.get_by_text("The recipe's knobs are set.").wait_for()
    assert studio.recipe()["chain"][0]["notes"] == notes
    assert_same(studio.saved("Export WAV"), expected, RATE)


SENT = """() => {
    window.sent = [];
    for (const { prototype } of [Worker, MessagePort]) {
        const post = prototype.postMessage;
        prototype.postMessage = function (message, ...more) {
            window.sent.push(JSON.stringify(message) ?? "");
            return post.call(this, message, ...more);
        };
    }
}"""


def test_what_an_instrument_plays_is_sent_once(studio, songs, tmp_path):
    """To the audio thread and to the renderer; not again when a knob is turned, and not when undone and redone."""
    page = studio.page
    notes = np.float32([[0.001 * i, 0.2, 36 + i % 12, 0.5, 0, 0] for i in range(500)]).tolist()
    link = {"effect": "kit", "knobs": {}, "notes": notes}
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps({"format": 1, "chain": [link]}))
    studio.song(songs[0])
    studio.button("Play").click()
    expect(page.locator(".clock")).not_to_contain_text("0:00.0 /")
    studio.button("Pause").click()
    page.evaluate(SENT)
    page.locator("input[type=file]").first.set_input_files(path)
    page.get_by_text("The recipe's knobs are set.").wait_for()
    expect(page.get_by_text("Plays 500 notes.")).to_be_visible()
    page.get_by_role("slider", name="Level", exact=True).press("ArrowUp")
    page.get_by_role("slider", name="Level", exact=True).press("ArrowUp")
    page.wait_for_timeout(400)
    for step in ("Undo", "Undo", "Undo", "Redo", "Redo"):
        studio.button(step).click()
    exported = studio.saved("Export WAV")
    sent = page.evaluate("window.sent")
    assert len(sent) > 10
    assert len([text for text in sent if '"rows":[[' in text]) == 2
    assert all(len(text) < 10_000 or "rows" in text for text in sent)
    (now,) = studio.recipe()["chain"]
    assert now["notes"] == notes
    audio, rate_hz = soundfile.read(songs[0], dtype="float32", always_2d=True)
    assert_same(exported, chain.render({"format": 1, "chain": [now]}, audio.T, rate_hz), rate_hz)


def test_what_nothing_plays_any_more_is_forgotten(studio, songs, tmp_path):
    """A recipe that came in the place of another, after an edit took the way of redo away."""
    page = studio.page
    page.evaluate(SENT)
    path = tmp_path / "recipe.json"
    path.write_text(
        json.dumps({"format": 1, "chain": [{"effect": "kit", "knobs": {}, "notes": [[0, 1, 36, 1, 0, 0]]}]})
    )
    studio.song(songs[0])
    page.locator("input[type=file]").first.set_input_files(path)
    page.get_by_text("Plays 1 notes.").wait_for()

    def forgotten():
        return len([text for text in page.evaluate("window.sent") if "forgetScore" in text])

    studio.button("Undo").click()
    assert forgotten() == 0
    studio.add("limiter")
    assert forgotten() == 1


def test_an_instrument_is_in_time_behind_an_effect_that_looks_ahead(studio):
    notes = [[0.1 * i, 0.2, 36 + i, 0.8, 0, 0] for i in range(5)]
    x = sound(25600 / RATE, RATE, 2, seed=15)
    limiter, kit = (
        {"effect": "limiter", "knobs": {}, "id": 0},
        {"effect": "kit", "knobs": {}, "notes": notes, "id": 1},
    )
    alone = studio.hear(x, RATE, [limiter])
    late = studio.page.evaluate("window.late")[0]
    played = (studio.hear(x, RATE, [limiter, kit]) - alone)[:, late:]
    drums = {"format": 1, "chain": [{"effect": "kit", "notes": notes}]}
    expected = chain.render(drums, np.zeros_like(x), RATE)[:, : played.shape[1]]
    assert late > 0 and np.abs(expected).max() > 0.1
    assert np.abs(played - expected).max() < 1e-6
