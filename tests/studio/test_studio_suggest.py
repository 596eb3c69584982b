"""The browser suggests what Python suggests."""

import json

import pytest
import soundfile
from browsing import PLUGIN
from hosting import within_a_step

from dawg_ai import bundle
from dawg_ai.ask import ask
from dawg_ai.audio import held
from dawg_ai.dsp import effect
from dawg_ai.recipe import values

COUNT_QUESTIONS = """() => {
    window.asked = 0;
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (...message) {
        window.asked += 1;
        post.apply(this, message);
    };
}"""


def sound_of(path):
    audio, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return held(audio.T, rate_hz)


def knobs_of(answer):
    (link,) = answer.recipe["chain"]
    return link["knobs"]


def taken(studio, expected):
    """The knobs of `expected` as they are after all was taken."""
    studio.button("Take all").click()
    knobs = studio.recipe()["chain"][0]["knobs"]
    return {name: knobs[name] for name in expected}


@pytest.mark.parametrize("part", [0, 1])
def test_ten_songs_in_all_modes(studio, songs, part):
    loaded = bundle.load(PLUGIN)
    styles = next(knob.choices for knob in loaded.controls if knob.name == "style")
    most = next(source.most for source in loaded.sources if source.name == "reference")
    for number in range(part, 10, 2):
        path = songs[number]
        studio.song(path)
        for mode in loaded.modes:
            references = songs[: 1 + number % most] if "reference" in mode.needs else []
            style = 1 + number % (len(styles) - 1) if "style" in mode.needs else 0
            studio.suggest(mode.name, references, styles[style] if style else "")
            given = {"song": [sound_of(path)], "reference": [sound_of(each) for each in references]}
            expected = knobs_of(ask(loaded, given, {"style": style} if style else {}, mode.name))
            found = taken(studio, expected)
            assert within_a_step(found, expected), f"{path.name}, {mode.name}: {found}, {expected}"


def test_a_control_asks_again_and_what_was_taken_follows(studio, songs):
    loaded = bundle.load(PLUGIN)
    studio.song(songs[3])
    studio.suggest("fix")
    studio.button("Take all").click()
    before = studio.recipe()
    expected = knobs_of(ask(loaded, {"song": [sound_of(songs[3])]}, {"strength": 0.5}))
    amount = studio.page.get_by_role("textbox", name="Amount", exact=True)
    amount.fill("0.45")
    amount.press("Enter")
    studio.page.get_by_role("slider", name="Amount", exact=True).press("Alt+ArrowRight")
    assert amount.input_value() == "0.50"
    studio.page.wait_for_timeout(300)
    knobs = studio.recipe()["chain"][0]["knobs"]
    assert {name: knobs[name] for name in expected} == expected
    gain = next(name for name in expected if name.endswith("_db") and expected[name] != 0)
    assert knobs[gain] != before["chain"][0]["knobs"][gain]
    studio.button("Undo").click()
    studio.button("Undo").click()
    assert studio.recipe() == before


def test_confidence_is_shown_for_every_group(studio, songs):
    studio.song(songs[2])
    loaded = bundle.load(PLUGIN).origin
    origin = f"{PLUGIN} {loaded['version']}, trained on {', '.join(loaded['data'])}, {loaded['date']}."
    assert origin in studio.page.locator(".verdict").inner_text()
    studio.suggest("fix")
    (expected,) = ask(bundle.load(PLUGIN), {"song": [sound_of(songs[2])]}).confidence
    rows = studio.page.locator(".bands tbody tr")
    texts = {row.locator("th").inner_text(): row.locator(".confidence").inner_text() for row in rows.all()}
    shown = {group: int(text.removesuffix(" %")) / 100 for group, text in texts.items()}
    assert shown == pytest.approx(expected, abs=0.006)


def test_one_group_is_taken_alone_and_undone(studio, songs):
    studio.song(songs[4])
    studio.suggest("fix")
    before = studio.recipe()["chain"][0]["knobs"]
    wanted = knobs_of(ask(bundle.load(PLUGIN), {"song": [sound_of(songs[4])]}))
    studio.button("Take Band 2").click()
    after = studio.recipe()["chain"][0]["knobs"]
    band = {name for name in wanted if name.startswith("band2_")}
    assert {n: after[n] for n in band} == {n: wanted[n] for n in band}
    assert {n: v for n, v in after.items() if n not in band} == {n: v for n, v in before.items() if n not in band}
    studio.button("Undo").click()
    assert studio.recipe()["chain"][0]["knobs"] == before
    studio.button("Redo").click()
    assert studio.recipe()["chain"][0]["knobs"] == after


def test_all_that_is_taken_is_the_recipe_that_was_answered(studio, songs):
    """Other knobs than the plugin's go back; those that it fixes come with the first group, then are one's own."""
    loaded = bundle.load(PLUGIN)
    (link,) = loaded.chain
    other, (fixed, wanted) = "band8_kind", next(iter(link.fixed.items()))
    recipe = {"format": 1, "chain": [{"effect": link.effect, "knobs": {other: 1, fixed: 1 - wanted}}]}
    path = songs[1].with_name("recipe.json")
    path.write_text(json.dumps(recipe))
    studio.song(songs[1])
    studio.page.locator("input[type=file]").first.set_input_files(path)
    studio.page.get_by_text("The recipe's knobs are set.").wait_for()
    studio.button("Dismiss message").click()
    before = studio.recipe()["chain"]
    assert values(before[0])[other] == 1 and values(before[0])[fixed] != wanted
    studio.suggest("fix")

    def knobs():
        (now,) = studio.recipe()["chain"]
        return values(now)

    studio.button("Take Band 2").click()
    assert (knobs()[other], knobs()[fixed]) == (1, wanted)
    label = next(f"{k.group} {k.label}" for k in effect.load(link.effect).knobs if k.name == fixed)
    studio.page.get_by_role("combobox", name=label).select_option(index=1 - wanted)
    studio.button("Take Band 3").click()
    assert (knobs()[other], knobs()[fixed]) == (1, 1 - wanted)
    studio.button("Take all").click()
    defaults = {knob.name: knob.default for knob in effect.load(link.effect).knobs}
    answered = ask(loaded, {"song": [sound_of(songs[1])]}, mode="fix").recipe["chain"][0]
    assert knobs() == defaults | values(answered)
    studio.button("Undo").click()
    assert (knobs()[other], knobs()[fixed]) == (1, 1 - wanted)


def test_an_effect_that_is_missing_is_put_in_as_the_plugin_has_it(studio, songs):
    """Knobs that the plugin fixes are where it has them, in the chain at the start and in one that was removed."""
    studio.song(songs[1])
    fixed = bundle.load(PLUGIN).chain[0].fixed
    link = studio.recipe()["chain"][0]
    assert fixed and {name: values(link)[name] for name in fixed} == dict(fixed)
    studio.button(f"Remove {link['effect']}").click()
    assert studio.recipe()["chain"] == []
    studio.suggest("fix")
    expected = knobs_of(ask(bundle.load(PLUGIN), {"song": [sound_of(songs[1])]}))
    assert taken(studio, expected) == expected
    studio.button("Undo").click()
    assert studio.recipe()["chain"] == []


def test_a_key_that_changes_no_control_asks_nothing(studio, songs):
    """As when the focus comes to a slider by Tab."""
    studio.song(songs[0])
    studio.suggest("fix")
    measured = studio.page.locator("table.before-after[aria-busy=false]")
    measured.wait_for()
    studio.page.evaluate(COUNT_QUESTIONS)
    studio.page.get_by_role("slider", name="Amount", exact=True).press("Shift")
    studio.page.wait_for_timeout(600)
    assert studio.page.evaluate("window.asked") == 0
    studio.idle()
