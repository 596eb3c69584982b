"""The browser suggests what Python suggests."""

import pytest
import soundfile
from browsing import PLUGIN

from dawg_ai.export import bundle
from dawg_ai.suggest import suggest


def heard(path):
    audio, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return audio.T, rate_hz


def taken(studio):
    studio.button("Take all").click()
    return studio.recipe()["chain"][0]["knobs"]


@pytest.mark.parametrize("part", [0, 1])
def test_ten_songs_in_all_modes(studio, songs, part):
    loaded = bundle.load(PLUGIN)
    styles, modes = (loaded.declaration[name] for name in ("offered_styles", "modes"))
    for number in range(part, 10, 2):
        path = songs[number]
        studio.song(path)
        for mode in modes:
            given = {}
            if mode["needs"] == "reference":
                given["references"] = songs[: 1 + number % mode["most"]]
            if mode["needs"] == "style":
                given["style"] = styles[number % len(styles)]
            studio.suggest(mode["name"], **given)
            if "references" in given:
                given["references"] = [heard(each) for each in given["references"]]
            expected = suggest(loaded, heard(path), mode["name"], **given)
            assert taken(studio) == expected.knobs, f"{path.name}, {mode['name']}"


def test_amount_is_the_strength_and_what_was_taken_follows(studio, songs):
    loaded = bundle.load(PLUGIN)
    studio.song(songs[3])
    studio.suggest("fix")
    studio.button("Take all").click()
    studio.page.get_by_label("Amount").fill("50")
    expected = suggest(loaded, heard(songs[3]), "fix", strength=0.5)
    gain = next(name for name in expected.knobs if name.endswith("_db") and expected.knobs[name] != 0)
    studio.page.get_by_label("Amount").press("ArrowRight")
    studio.page.get_by_label("Amount").press("ArrowLeft")
    studio.page.get_by_text("Amount 50 %").wait_for()
    studio.page.wait_for_timeout(200)
    knobs = studio.recipe()["chain"][0]["knobs"]
    assert knobs == expected.knobs
    assert knobs[gain] != 0


def test_confidence_is_shown_for_every_group(studio, songs):
    studio.song(songs[2])
    studio.suggest("fix")
    expected = suggest(bundle.load(PLUGIN), heard(songs[2]), "fix").confidence
    rows = studio.page.locator(".bands tbody tr")
    shown = {row.locator("th").inner_text(): row.locator(".confidence").inner_text() for row in rows.all()}
    assert shown == {group: f"{100 * value:.0f} %" for group, value in expected.items()}


def test_one_group_is_taken_alone_and_undone(studio, songs):
    studio.song(songs[4])
    studio.suggest("fix")
    before = studio.recipe()["chain"][0]["knobs"]
    wanted = suggest(bundle.load(PLUGIN), heard(songs[4]), "fix").knobs
    studio.button("Take Band 2").click()
    after = studio.recipe()["chain"][0]["knobs"]
    band = {name for name in wanted if name.startswith("band2_")}
    assert {n: after[n] for n in band} == {n: wanted[n] for n in band}
    assert {n: v for n, v in after.items() if n not in band} == {n: v for n, v in before.items() if n not in band}
    studio.button("Undo").click()
    assert studio.recipe()["chain"][0]["knobs"] == before
    studio.button("Redo").click()
    assert studio.recipe()["chain"][0]["knobs"] == after
