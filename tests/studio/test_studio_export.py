"""What the browser exports is what Python renders: no sample differs."""

import json

import numpy as np
import pytest
import soundfile
from browsing import Studio, sound

from dawg_ai import chain, serve
from dawg_ai.audio import stereo
from dawg_ai.cli import main
from dawg_ai.dsp import effect
from dawg_ai.recipe import named, parse

FORMATS = [  # container, subtype, rate, channels
    ("WAV", "PCM_U8", 22050, 1),
    ("WAV", "PCM_16", 44100, 2),
    ("WAVEX", "PCM_24", 48000, 2),
    ("WAV", "PCM_32", 96000, 1),
    ("RF64", "FLOAT", 44100, 2),
    ("WAV", "DOUBLE", 192000, 2),
    ("WAVEX", "PCM_24", 8000, 6),
]


def rendered(recipe, path):
    """The recipe by Python, of the file as Python reads it, surround folded to stereo."""
    audio, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return chain.render({"format": 1, **recipe}, np.ascontiguousarray(stereo(audio.T)), rate_hz), rate_hz


def assert_same(path, expected, rate_hz):
    found, found_rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert soundfile.info(path).subtype == "FLOAT"
    assert found_rate == rate_hz
    assert found.T.shape == expected.shape
    assert np.count_nonzero(found.T.view(np.uint32) != expected.view(np.uint32)) == 0


@pytest.mark.parametrize(("container", "subtype", "rate_hz", "channels"), FORMATS)
def test_every_kind_of_wav_is_exported_as_python_renders_it(studio, tmp_path, container, subtype, rate_hz, channels):
    path = tmp_path / "song.wav"
    soundfile.write(path, sound(2.3, rate_hz, channels, seed=5).T, rate_hz, subtype, format=container)
    rng = np.random.default_rng(rate_hz)
    knobs = {k.name: k.nearest(rng.uniform(k.minimum, k.maximum)) for k in effect.load("parametric").knobs}
    recipe = {"format": 1, "chain": [{"effect": "parametric", "knobs": knobs}]}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    studio.song(path)
    studio.page.locator("input[type=file]").first.set_input_files(tmp_path / "recipe.json")
    studio.page.get_by_text("The recipe's knobs are set.").wait_for()
    assert any("6 channels" in text for text in studio.messages()) == (channels == 6)
    assert studio.recipe() == parse(recipe).recipe
    expected = rendered(recipe, path)
    if channels <= 2:
        assert_same(studio.saved("Export WAV"), *expected)
    else:  # how a matrix product rounds is each machine's own
        found = soundfile.read(studio.saved("Export WAV"), dtype="float32", always_2d=True)[0].T
        assert found == pytest.approx(expected[0], abs=1e-5)


def test_drop_suggest_take_export(studio, tmp_path, songs):
    data = list(songs[1].read_bytes())
    drop = """async ([selector, bytes]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(bytes)], "dropped.wav"));
        const event = new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
        document.querySelector(selector).dispatchEvent(event);
    }"""
    studio.page.evaluate(drop, [".welcome", data])
    studio.page.locator(".song b", has_text="dropped.wav").wait_for()
    studio.suggest("fix")
    studio.button("Take all").click()
    recipe = studio.recipe()
    defaults = {k.name: k.default for k in effect.load("parametric").knobs}
    assert recipe["chain"][0]["knobs"] != named("parametric", defaults)
    assert_same(studio.saved("Export WAV"), *rendered(recipe, songs[1]))


@pytest.mark.parametrize(("rate_hz", "channels"), [(44100, 2), (48000, 1)])
def test_a_limiter_looks_at_its_work_again_as_in_python(studio, tmp_path, rate_hz, channels):
    """Loud clicks, whose true peak the first pass leaves above the ceiling; and an effect after the limiter."""
    x = sound(1.7, rate_hz, channels, seed=12)
    x[:, ::997] = np.sign(x[:, ::997])
    song, recipe_path, expected = (tmp_path / name for name in ("song.wav", "recipe.json", "expected.wav"))
    soundfile.write(song, x.T, rate_hz, "FLOAT")
    limiter = {knob.name: knob.default for knob in effect.load("limiter").knobs} | {"drive_db": 12.0}
    tone = {knob.name: knob.default for knob in effect.load("parametric").knobs} | {"band1_db": 2.0}
    recipe = {
        "format": 1,
        "chain": [{"effect": "limiter", "knobs": limiter}, {"effect": "parametric", "knobs": tone}],
    }
    recipe_path.write_text(json.dumps(recipe))
    assert main(["render", str(song), str(expected), "--recipe", str(recipe_path)]) == 0
    studio.song(song)
    studio.page.locator("input[type=file]").first.set_input_files(recipe_path)
    studio.page.get_by_text("The recipe's knobs are set.").wait_for()
    python = soundfile.read(expected, dtype="float32", always_2d=True)[0].T
    assert_same(studio.saved("Export WAV"), python, rate_hz)
    whole = chain.Chain(recipe, rate_hz, channels)
    once = whole.process(np.pad(x, ((0, 0), (0, whole.latency_samples))))[:, whole.latency_samples :]
    assert np.count_nonzero(once != python) > 0.9 * python.size  # the second pass did something


def test_a_flac_file_is_read_at_its_own_rate(studio, tmp_path):
    path = tmp_path / "song.flac"
    soundfile.write(path, sound(1.5, 22050, 2, seed=8).T, 22050, subtype="PCM_16")
    studio.song(path)
    assert "22.05 kHz, stereo" in studio.page.locator(".song").inner_text()
    assert_same(studio.saved("Export WAV"), *rendered(studio.recipe(), path))


def test_what_is_played_is_what_is_exported(studio):
    """The audio thread's processor, in blocks of 128, gives the samples that Python gives."""
    x = sound(1.0, 44100, 2, seed=6)
    rng = np.random.default_rng(7)
    knobs = {k.name: k.nearest(rng.uniform(k.minimum, k.maximum)) for k in effect.load("parametric").knobs}
    played = studio.hear(x, 44100, [{"effect": "parametric", "knobs": knobs}])
    expected = effect.Processor(effect.load("parametric"), 44100, knobs, 2).process(x)
    assert np.count_nonzero(played.view(np.uint32) != expected.view(np.uint32)) == 0


@pytest.mark.parametrize(
    ("suffix", "subtype", "rate_hz"),
    [("flac", "PCM_24", 96000), ("ogg", "VORBIS", 22050), ("ogg", "OPUS", 48000), ("mp3", None, 32000)],
)
def test_other_formats_keep_their_rate(studio, tmp_path, suffix, subtype, rate_hz):
    path = tmp_path / f"song.{suffix}"
    soundfile.write(path, sound(1.5, rate_hz, 1, seed=8).T, rate_hz, subtype)
    studio.song(path)
    assert f"{rate_hz / 1000:g} kHz, mono" in studio.page.locator(".song").inner_text()
    assert studio.messages() == []


def test_effects_of_any_name_make_a_chain(browser, server, songs):
    """The page knows no effect's name: two that it has never met are drawn, switched and rendered in order."""
    context = browser.new_context()
    page = context.new_page()
    manifest = json.loads((serve.ENGINE / "manifest.json").read_text())
    entry, meter = (manifest["modules"][name] for name in ("parametric", "loudness"))
    manifest["modules"] = {"first": entry, "second": entry, "loudness": meter}
    page.route("**/engine/manifest.json", lambda route: route.fulfill(json=manifest))
    page.route("**/bundles/index.json", lambda route: route.fulfill(json={"format": 1, "bundles": []}))
    studio = Studio(page)
    page.goto(server.url)
    page.locator("section.rack").wait_for()
    studio.song(songs[1])
    for name, gain in (("first", "-7.3"), ("second", "4.9")):
        studio.add(name)
        page.get_by_role("region", name=f"Effect {name}").wait_for()
        field = page.get_by_role("textbox", name="Band 1 Gain in dB")
        field.fill(gain)
        field.press("Enter")
    recipe = studio.recipe()
    assert [link["effect"] for link in recipe["chain"]] == ["first", "second"]
    assert [link["knobs"]["band1_db"] for link in recipe["chain"]] == [-7.3, 4.9]
    known = {"chain": [{**link, "effect": "parametric"} for link in recipe["chain"]]}
    assert_same(studio.saved("Export WAV"), *rendered(known, songs[1]))
    page.get_by_label("On", exact=True).uncheck()
    known["chain"].pop()
    assert_same(studio.saved("Export WAV"), *rendered(known, songs[1]))
    context.close()


def test_typed_numbers_are_rounded_as_python_rounds_them(studio):
    rng = np.random.default_rng(3)
    page = studio.page
    numbers = {}
    knobs = effect.load("parametric").knobs
    hidden = {knob.group for knob in knobs if knob.role == "kind" and knob.choices[int(knob.default)] == "off"}
    for knob in knobs:
        if knob.scale == "choice" or knob.group in hidden:
            continue
        value = round(rng.uniform(knob.minimum - 1, knob.maximum + 1), 4)
        numbers[knob.name] = knob.nearest(value)
        name = f"{knob.group} {knob.label}" + (f" in {knob.unit}" if knob.unit else "")
        field = page.get_by_role("textbox", name=name, exact=True)
        field.fill(str(value))
        field.press("Enter")
        assert float(field.input_value()) == pytest.approx(numbers[knob.name], abs=1e-9)
    assert page.locator(".groups input[type=range]").count() == len(numbers)
