"""The studio's host, run by Node, answers what Python's host answers: the same recipe, number for number."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from browsing import sound
from hosting import TINY, Refused, bundle_of, by_studio, material, measured, node, within_a_step
from test_recipe import VALID, WRONG, mutated

from dawg_ai import ask as hosts
from dawg_ai import chain, plugins, recipe
from dawg_ai.audio import held, stereo
from dawg_ai.dsp import effect
from dawg_ai.dsp.meters import meter
from dawg_ai.errors import UsageError
from dawg_ai.notes import notes
from dawg_ai.plugin import METERS
from dawg_ai.wasm import build

RATE = 22050
TOYS = Path(__file__).parents[1] / "toy_plugins"


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Call it with a plugin's name for its bundle."""
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAWG_PLUGINS", str(TOYS))
        patch.setattr(plugins, "__path__", [*plugins.__path__, str(TOYS)])

        def get(name):
            if name not in made:
                made[name] = bundle_of(name, tmp_path_factory.mktemp("bundle") / name)
            return made[name]

        yield get


def ask(bundle, given, controls, mode):
    """Python's host, given what the other host is given."""
    sounds = {
        name: [held(*each) if isinstance(each, tuple) else each for each in files] for name, files in given.items()
    }
    return hosts.ask(bundle, sounds, controls, mode)


def song(seconds, seed, channels=2, rate_hz=RATE):
    return sound(seconds, rate_hz, channels, seed), rate_hz


def pattern(count, seed):
    rng = np.random.default_rng(seed)
    rows = rng.uniform(0, 1, (count, 6)) * [4, 0.5, 0, 1, 0, 0] + [0, 0, 36, 0, 0, 0]
    return notes(rows)


CASES = [
    ("tiny", "fix", {"song": [song(2.6, 1)]}, {"amount": 0.7777, "target_lufs": -17.26}),
    ("tiny", "fix", {"song": [song(0.45, 2, 1)]}, {"seed": 11}),
    ("tiny", "reference", {"song": [song(0.7, 3)], "reference": [song(0.9, 4, 6)]}, {}),
    ("tiny", "reference", {"song": [song(1.3, 3)], "reference": [song(0.3, 4, 1), song(1.4, 5, 2, 48000)]}, {}),
    (
        "tiny",
        "style",
        {"song": [song(2, 6)], "reference": [song(1, 7)], "melody": [pattern(5, 1), pattern(3, 2)]},
        {"style": 2},
    ),
    ("tiny_master", "master", {"song": [song(3.1, 8, 2, 44100)]}, {"loudness_lufs": -11.3}),
    ("tiny_master", "master", {"song": [song(2.2, 9, 1, 48000)]}, {"loudness_lufs": -24, "ceiling_db": -3}),
    ("tiny_drums", "generate", {}, {"seed": 5, "density": -0.5, "tempo_bpm": 97}),
    ("tiny_drums", "follow", {"pattern": [pattern(7, 3)]}, {"seed": 123456}),
    ("auto_eq", "fix", {"song": [song(3.7, 10, 2, 44100)]}, {"strength": 0.65}),
    ("auto_eq", "reference", {"song": [song(2.1, 11)], "reference": [song(1.2, 12, 1, 96000), song(2.0, 13)]}, {}),
]


@pytest.mark.parametrize(("plugin", "mode", "given", "controls"), CASES)
def test_both_hosts_give_the_same_answer(opened, tmp_path, plugin, mode, given, controls):
    expected = ask(opened(plugin), given, controls, mode)
    found = by_studio(tmp_path, opened(plugin), given, controls, mode)
    if plugin == "auto_eq":
        pairs = zip(found["recipe"]["chain"], expected.recipe["chain"], strict=True)
        for one, other in pairs:
            assert within_a_step(one["knobs"], other["knobs"]), (one, other)
    else:
        assert found["recipe"] == expected.recipe
    assert found["recipe"]["chain"]
    assert found["remarks"] == list(expected.remarks)
    says = [{g["name"]: g["confidence"] for g in part["groups"] if "confidence" in g} for part in found["parts"]]
    assert [pytest.approx(each, abs=1e-3) for each in expected.confidence] == says


def test_a_link_that_it_is_not_sure_of_is_left_out(opened, tmp_path):
    given = {"song": [song(1.0, 3)]}
    whole = by_studio(tmp_path, opened(TINY.name), given, {}, "fix")
    sure = [max(group["confidence"] for group in part["groups"]) for part in whole["parts"]]
    keep = int(np.argmax(sure))
    strict = bundle_of(TINY.name, tmp_path / "strict", min_confidence=np.mean(sure), refine=None)
    found = by_studio(tmp_path, strict, given, {}, "fix")
    assert [link["effect"] for link in found["recipe"]["chain"]] == [whole["parts"][keep]["effect"]]
    assert found["remarks"] == list(ask(strict, given, {}, "fix").remarks)


def test_a_song_that_needs_nothing_is_remarked(opened, tmp_path):
    given, still = {"song": [song(1.0, 3, 2, 44100)]}, {"strength": 0}
    found = by_studio(tmp_path, opened("auto_eq"), given, still, "fix")
    assert found["remarks"] == list(ask(opened("auto_eq"), given, still, "fix").remarks)
    assert found["remarks"] == ["nothing to mend: every band of parametric stays below 0.5 dB"]


def test_an_effect_that_has_changed_is_remarked(opened, tmp_path):
    links = [{**link, "sha256": "0" * 64} for link in opened(TINY.name).declaration["chain"][:1]]
    changed = bundle_of(TINY.name, tmp_path / "changed", chain=[*links, *opened(TINY.name).declaration["chain"][1:]])
    given = {"song": [song(1.0, 3)]}
    found = by_studio(tmp_path, changed, given, {}, "fix")
    assert found["remarks"] == list(ask(changed, given, {}, "fix").remarks)
    assert "parametric has changed" in found["remarks"][0]


def test_what_instruments_play_alone_is_measured_the_same(opened, tmp_path):
    drums = ask(opened("tiny_drums"), {}, {"seed": 9, "density": 1}, "generate").recipe
    sounding = chain.render(drums, np.zeros((2, 0), np.float32), 44100, tail=True)
    read = dataclasses.asdict(meter.measure(sounding, 44100))
    assert np.isfinite(read["integrated_lufs"])
    assert measured(tmp_path, drums, METERS) == [read[name] for name in METERS]


@pytest.mark.parametrize(("channels", "seconds"), [(2, 9.3), (1, 2.0), (2, 0.2)])
def test_meters_read_the_same(tmp_path, channels, seconds):
    audio = sound(seconds, 44100, channels, seed=3)
    read = dataclasses.asdict(meter.measure(audio, 44100))
    empty = {"format": 1, "chain": []}
    assert measured(tmp_path, empty, METERS, (audio, 44100)) == [read[name] for name in METERS]


ONE, TWO = [song(1.0, 3)], [song(1.0, 3), song(1.0, 4)]


@pytest.mark.parametrize(
    ("given", "controls", "mode", "words"),
    [
        ({"song": ONE, "reference": TWO}, {}, "fix", "mode fix takes nothing more, but reference was given"),
        ({"song": ONE}, {"style": 2}, "fix", "mode fix takes nothing more, but style was given"),
        ({"song": ONE}, {}, "reference", "mode reference takes reference, but nothing more was given"),
        ({"reference": ONE}, {}, "reference", "tiny needs song, but none was given"),
        ({"song": TWO}, {}, "fix", "2 files were given as song; tiny takes up to 1"),
        ({"song": ONE, "voice": ONE}, {}, "fix", "tiny takes no voice; it takes: song, reference, melody"),
        ({"song": ONE}, {"gain": 1}, "fix", "tiny has no control .gain.; it has: amount, seed, target_lufs, style"),
        ({"song": ONE}, {"target_lufs": -2}, "fix", "target_lufs is -2; expected -24 to -6 LUFS"),
        ({"song": ONE}, {}, "wide", "tiny offers no mode .wide.; it offers: fix, reference, style"),
    ],
)
def test_both_hosts_refuse_what_cannot_be_asked(opened, tmp_path, given, controls, mode, words):
    with pytest.raises(UsageError, match=words):
        ask(opened(TINY.name), given, controls, mode)
    with pytest.raises(Refused, match=words):
        by_studio(tmp_path, opened(TINY.name), given, controls, mode)


def test_a_song_is_needed_whatever_a_mode_names(tmp_path):
    """`song` among the needs of one mode makes it no choice for the others."""
    modes = [{"name": mode.name, "summary": "", "needs": list(mode.needs)} for mode in TINY.modes]
    modes[1]["needs"] += ["song"]
    named = bundle_of(TINY.name, tmp_path / "named", modes=modes)
    for mode, given in (("fix", {}), ("reference", {"reference": ONE})):
        with pytest.raises(Refused, match="tiny needs song, but none was given"):
            by_studio(tmp_path, named, given, {}, mode)
        assert by_studio(tmp_path, named, {**given, "song": ONE}, {}, mode)["recipe"]["chain"]


def test_a_mode_that_is_not_offered_is_refused(tmp_path):
    silent = bundle_of(TINY.name, tmp_path / "silent", offered=[])
    with pytest.raises(Refused, match='tiny offers no mode "fix"; it offers: none'):
        by_studio(tmp_path, silent, {"song": ONE}, {}, "fix")


def test_what_is_left_out_need_not_be_notes(opened, tmp_path):
    first, second = opened(TINY.name).declaration["chain"]
    kit = {**second, "effect": "kit", "sets": ["level_db"], "plays": "grid"}
    links = {"chain": [first, kit], "refine": None}
    with pytest.raises(Refused, match="these are not notes"):
        by_studio(tmp_path, bundle_of(TINY.name, tmp_path / "sure", **links), {"song": ONE}, {}, "fix")
    unsure = bundle_of(TINY.name, tmp_path / "unsure", **links, min_confidence=1.0)
    found = by_studio(tmp_path, unsure, {"song": ONE}, {}, "fix")
    assert found["recipe"]["chain"] == []
    assert found["remarks"][-1:] == ["not sure: kit is left out, and the sound left alone"]


def test_instruments_sound_side_by_side_and_echoes_after_them(tmp_path):
    """A kit beside another makes nothing longer; an echo behind it does, and before it only what it outlasts."""
    rows = [[0.0, 0.5, 36, 1, 0, 0], [3.0, 0.5, 38, 1, 0, 0]]
    long, short = ({"effect": "kit", "knobs": {}, "notes": each} for each in (rows, rows[:1]))
    echo = {"effect": "delay", "knobs": {}}

    def length(*links):
        return node(tmp_path, {"recipe": {"format": 1, "chain": links}, "length": True})

    alone, brief, echoes = length(long), length(short), length(echo)
    assert alone > brief > 0 < echoes
    assert length(long, long) == length(long, short) == length(short, long) == alone
    assert length(long, echo) == alone + echoes
    assert length(echo, short) == max(echoes, brief)


def reading(folder, link, **more):
    return node(folder, {"recipe": {"format": 1, "chain": [link]}, "read": True, **more})["chain"][0]


def test_knobs_of_a_recipe_go_to_their_nearest_steps(tmp_path):
    link = {"effect": "limiter", "knobs": {"drive_db": 3.1416}}
    assert reading(tmp_path, link)["knobs"]["drive_db"] == 3.1
    printed = {"recipe": {"format": 1, "chain": [link]}, "confidence": []}
    assert node(tmp_path, {"recipe": printed, "read": True})["chain"][0]["knobs"]["drive_db"] == 3.1


BROKEN = [
    "",
    "  ",
    "{",
    '{"format": 1 "chain": []}',
    '{"format": 1,\n  "chain": [}',
    '{"format": 01}',
    '{"format": NaN}',
    "{'format': 1}",
    "{format: 1}",
    '{"format": tru}',
    '{"format" 1}',
    '{"format": 1}}',
    '{"format": "1}',
    '{"for\nmat": 1}',
    '{"for\\mat": 1}',
    "[1, 2",
    "[1 2]",
    '["é♫𝄞" 2]',
    "[-]",
    "[1.]",
    "// a\n{}",
    "[" * 500,
]


def python_understands(text):
    """As the studio says it: every knob of every link by its name, at its default where it is not named."""
    try:
        parsed = recipe.parse(recipe.parse_json(text))
    except UsageError as error:
        return {"refused": str(error)}
    links = [
        {**link, "knobs": {**recipe.named(link["effect"], defaults(link["effect"])), **link["knobs"]}}
        for link in parsed.recipe["chain"]
    ]
    for link in links:
        if "notes" in link:
            link["notes"] = notes(link["notes"]).tolist()  # to float32
    return {"recipe": {"format": 1, "chain": links}, "remarks": list(parsed.remarks)}


def defaults(name):
    return {knob.name: knob.default for knob in effect.load(name).knobs}


def test_recipes_are_read_and_refused_in_the_same_words(tmp_path):
    """Valid ones, wrong ones, broken ones, and hundreds of mutations of the valid ones."""
    rng = np.random.default_rng(2)
    mutations = [mutated(VALID[turn % len(VALID)], rng) for turn in range(500)]
    older = [{"format": 1, "chain": [{"effect": "multiband", "knobs": {"bands": bands}}]} for bands in range(6)]
    eq = {"format": 1, "chain": [{"effect": "eq", "knobs": {"band1_kind": 4, "band1_hz": 30}}]}
    given = [*VALID, *(each for each, _ in WRONG), *older, eq, *mutations]
    texts = [*map(json.dumps, given), *BROKEN]
    found = node(tmp_path, {"texts": texts})
    expected = [python_understands(text) for text in texts]
    for text, here, there in zip(texts, expected, found, strict=True):
        assert there == here, text[:200]
    assert 200 < sum("refused" in each for each in found) < 550


def test_an_instrument_of_curves_plays_no_notes(tmp_path):
    """The engine has none, so the kit is said to be one."""
    manifest = json.loads((build.BUILT / "manifest.json").read_text())
    kit = manifest["modules"]["kit"]
    kit["plays"], kit["memory"]["curves"] = "curves", kit["memory"]["notes"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    curves = {"effect": "kit", "knobs": {}, "curves": [[0.0, 0.5, 1, 2, 3, 4]]}
    assert reading(tmp_path, curves, engine=str(tmp_path))["curves"] == curves["curves"]
    for link, words in (
        ({**curves, "notes": curves["curves"]}, 'kit takes no "notes"; it takes effect, knobs, bypass, curves'),
        ({**curves, "curves": [[1.0]]}, "kit: curves is no list of rows of 6 numbers"),
    ):
        with pytest.raises(Refused, match=words):
            reading(tmp_path, link, engine=str(tmp_path))


@pytest.mark.parametrize("channels", range(1, 10))
def test_surround_is_folded_as_in_python(tmp_path, channels):
    audio = np.random.default_rng(channels).normal(0, 0.3, (channels, 500)).astype(np.float32)
    (found,) = node(tmp_path, {"fold": [material(tmp_path / "surround", (audio, RATE))]})
    expected = stereo(audio)
    assert np.shape(found) == expected.shape
    assert np.abs(found - expected).max() < 1e-6


@pytest.mark.parametrize("rate_hz", [24_000, 44_100, 96_000, 192_000])
def test_an_impulse_response_of_another_rate_keeps_its_level(tmp_path, rate_hz):
    """An RC low-pass of 159 Hz and gain 1 at 0 Hz, sampled at any rate, is 1.45 dB down at 100 Hz."""
    taps = np.exp(-np.arange(round(0.2 * rate_hz)) / (0.001 * rate_hz))
    response = np.float32([taps / taps.sum()])
    found = node(tmp_path, {"response": material(tmp_path / "rc", (response, rate_hz)), "rate_hz": 48_000})[0]
    gain = np.abs(np.dot(found, np.exp(-2j * np.pi * 100 / 48_000 * np.arange(len(found)))))
    assert 20 * np.log10(gain) == pytest.approx(-10 * np.log10(1 + (2 * np.pi * 100 * 0.001) ** 2), abs=0.1)


@pytest.mark.parametrize("rate_hz", [1, 3_999, 384_001, 500_000])
def test_a_rate_that_effects_are_not_made_for_is_refused_in_pythons_words(tmp_path, rate_hz):
    recipe, audio = {"format": 1, "chain": [{"effect": "limiter", "knobs": {}}]}, song(0.1, 1)[0]
    with pytest.raises(UsageError) as expected:
        chain.render(recipe, audio, rate_hz)
    with pytest.raises(Refused) as refused:
        measured(tmp_path, recipe, METERS[:1], (audio, rate_hz))
    assert str(refused.value) == str(expected.value)


@pytest.mark.parametrize("channels", [3, 4, 8])
def test_more_channels_than_there_is_room_for_are_refused(tmp_path, channels):
    """Memory is laid out for two; more would be written over what comes after."""
    for name in ("limiter", "delay"):
        recipe = {"format": 1, "chain": [{"effect": name, "knobs": {}}]}
        with pytest.raises(Refused, match=f"the sound has {channels} channels; effects take 1 to 2"):
            measured(tmp_path, recipe, METERS[:1], song(0.1, 1, channels))
