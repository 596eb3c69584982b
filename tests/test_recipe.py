"""Recipes: what is in them is obeyed or refused in one line, whatever is in them."""

import copy
import json

import numpy as np
import pytest

from dawg_ai import audio, chain, recipe
from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Processor
from dawg_ai.errors import UsageError

RATE_HZ = 44_100
NOISE = np.random.default_rng(5).normal(0, 0.1, (2, 20_000)).astype(np.float32)
NOTES = [[0.0, 0.1, 36, 0.8, 0, 0]]


def one(name, knobs=None, **more):
    return {"format": 1, "chain": [{"effect": name, "knobs": knobs or {}, **more}]}


def knobs_of(given):
    return recipe.parse(given).recipe["chain"][0]["knobs"]


def rendered(name, knobs):
    return chain.render(one(name, knobs), NOISE, RATE_HZ)


@pytest.mark.parametrize("name", effect.names())
def test_every_choice_is_known_by_its_name(name):
    for knob in effect.load(name).knobs:
        for index, choice in enumerate(knob.choices):
            link = recipe.parse(one(name, {knob.name: choice})).recipe["chain"][0]
            assert link["knobs"] == {knob.name: choice} and recipe.values(link) == {knob.name: index}


def test_a_number_is_a_choice_where_the_choices_are_numbers():
    """Three bands are neither two, four nor five."""
    three = Processor(effect.load("multiband"), RATE_HZ, {"bands": 1, "band3_gain_db": 6}, 2).render(NOISE)
    for bands in ("3", 3, 3.0):
        np.testing.assert_array_equal(rendered("multiband", {"bands": bands, "band3_gain_db": 6}), three)
    assert knobs_of(one("reverb", {"lines": 16})) == {"lines": "16"}


def test_a_number_that_is_no_name_is_an_index_as_in_earlier_releases():
    assert knobs_of(one("multiband", {"bands": 1})) == {"bands": "3"}
    assert knobs_of(one("parametric", {"band1_kind": 4.0})) == {"band1_kind": "high pass"}
    assert recipe.parse(one("multiband", {"bands": 1})).remarks == ()
    (remark,) = recipe.parse(one("multiband", {"bands": 3})).remarks
    assert remark == (
        "multiband: bands is 3, which is its name; in a recipe of an earlier release it is the index of 5"
    )
    assert recipe.parse(one("multiband", {"bands": "3"})).remarks == ()


def test_knobs_may_be_missing():
    assert recipe.parse({"format": 1, "chain": [{"effect": "gate"}]}).recipe == one("gate")


def test_what_is_checked_stays_as_it_is():
    given = one("multiband", {"bands": 3, "knee_db": 3.14159}, bypass=True, key="a.wav")
    given["chain"][0].pop("key")
    checked = recipe.parse(given).recipe
    assert checked == one("multiband", {"bands": "3", "knee_db": 3.1}, bypass=True)
    assert recipe.parse(checked) == recipe.Parsed(checked)


WRONG = [
    (3, "not a recipe; one looks like"),
    ({"chain": {}}, "not a recipe; one looks like"),
    ({"format": 1, "chain": [], "tempo": 3}, 'a recipe takes no "tempo"; it takes format, chain'),
    ({"format": True, "chain": []}, "the recipe has format true; expected 1"),
    ({"format": "1", "chain": []}, 'the recipe has format "1"; expected 1'),
    ({"format": 1, "chain": [{}]}, "link 1 of the recipe is none; one looks like"),
    ({"format": 1, "chain": [{"effect": ["gate"]}]}, "link 1 of the recipe is none; one looks like"),
    (one("phaser"), 'no effect called "phaser"; there are: bass, compressor, '),
    (one("gate", volume=3), 'gate takes no "volume"; it takes effect, knobs, bypass, key'),
    (one("gate", sound="a.wav"), 'gate takes no "sound"; it takes effect, knobs, bypass, key'),
    (one("limiter", key="a.wav"), 'limiter takes no "key"; it takes effect, knobs, bypass'),
    ({"format": 1, "chain": [{"effect": "gate", "knobs": [3]}]}, "gate: knobs is a list; expected values by name"),
    ({"format": 1, "chain": [{"effect": "gate", "knobs": None}]}, "gate: knobs is null; expected values by name"),
    (one("limiter", {"drive": 3}), 'limiter has no knob "drive"; it has drive_db, ceiling_db, release_ms'),
    (one("limiter", {"drive_db": 24.05}), "limiter: drive_db is 24.05; expected -24 to 24 dB"),
    (one("limiter", {"drive_db": None}), "limiter: drive_db is null; expected -24 to 24 dB"),
    (one("limiter", {"drive_db": {}}), "limiter: drive_db is an object; expected -24 to 24 dB"),
    (one("limiter", {"drive_db": 1e-7, "ceiling_db": 1e-7}), "limiter: ceiling_db is 1e-7; expected -24 to 0 dB"),
    (one("compressor", {"detector": "rms"}), 'compressor: detector is "rms"; expected one of peak, RMS'),
    (one("compressor", {"detector": 2}), "compressor: detector is 2; expected one of peak, RMS"),
    (one("compressor", {"detector": 0.5}), "compressor: detector is 0.5; expected one of peak, RMS"),
    (one("compressor", {"detector": True}), "compressor: detector is true; expected one of peak, RMS"),
    (one("multiband", {"bands": 6}), "multiband: bands is 6; expected one of 2, 3, 4, 5"),
    (one("gate", bypass=1), "gate: bypass is 1; expected true or false"),
    (one("gate", key=""), 'gate: key is ""; expected the path of a sound'),
    (one("gate", key="a\0.wav"), 'gate: key is "a\\u0000.wav"; expected the path of a sound'),
    (one("convolution", sound=["a.wav"]), "convolution: sound is a list; expected the path of a sound"),
    (one("kit", notes=[["0", 1, 36, 1, 0, 0]]), "kit: notes is no list of rows of 6 numbers"),
    (one("kit", notes=[[-1, 1, 36, 1, 0, 0]]), "kit: these are not notes; a note is start_s"),
    (one("kit", notes=[[1e300, 1, 36, 1, 0, 0]]), "kit: these are not notes; a note is start_s"),
    (one("limiter", {"drive_db": 10**400}), "limiter: drive_db is Infinity; expected -24 to 24 dB"),
    (one("x" * 99), f'no effect called "{"x" * 40}…"'),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_what_is_wrong_is_said(given, said):
    with pytest.raises(UsageError) as refused:
        recipe.parse(given)
    assert str(refused.value).startswith(said) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"format": 1,\n "chain": [],}', "unexpected "),
        ('{"format": 1 "chain": []}', r'unexpected "\\"" at line 1, column 14'),
        ('{"format": NaN, "chain": []}', 'unexpected "N" at line 1, column 12'),
        ("{'format': 1}", 'unexpected "\'" at line 1, column 2'),
        ("", "it ends too early at line 1, column 1"),
        ("[" * 100_000, "nested too deep"),
        ("\ufeff{", "it ends too early at line 1, column 2"),
    ],
)
def test_broken_json_is_said_with_its_place(tmp_path, text, said):
    (tmp_path / "a.json").write_text(text, "utf-8")
    with pytest.raises(UsageError, match=rf"a\.json: not JSON.*{said}"):
        recipe.read(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("latin.json", "latin.json: not JSON: it is not text in UTF-8"),
        ("none.json", "none.json cannot be read: No such file"),
        (".", " is a folder; name the recipe in it"),
    ],
)
def test_files_that_are_no_text(tmp_path, name, said):
    (tmp_path / "latin.json").write_bytes('{"a": "é"}'.encode("latin-1"))
    with pytest.raises(UsageError) as refused:
        recipe.read(tmp_path / name)
    assert said in str(refused.value)


def mutated(value, rng):
    """The JSON value with one place of it replaced, removed, renamed or added to."""
    odd = [None, True, -1, 0, 2, 3, 1e30, 0.5, "", "RMS", "3", "parametric", [], {}, [[]], {"a": 1}, "\ud800", "a\0"]
    places = []

    def walk(each):
        if isinstance(each, dict | list):
            places.append(each)
            for child in each.values() if isinstance(each, dict) else each:
                walk(child)

    value = copy.deepcopy(value)
    walk(value)
    place = places[rng.integers(len(places))]
    what = odd[rng.integers(len(odd))]
    if isinstance(place, list):
        at = int(rng.integers(len(place) + 1))
        place[at : at + int(rng.integers(2))] = [what]
    elif place and rng.random() < 0.7:
        name = list(place)[rng.integers(len(place))]
        if rng.random() < 0.5:
            place[name] = what
        else:
            place[f"{name}x" if rng.random() < 0.5 else name.upper()] = place.pop(name)
    else:
        place["volume"] = what
    return value


VALID = [
    one("multiband", {"bands": "3", "knee_db": 3.0}),
    {
        "format": 1,
        "chain": [*one("gate", {"ratio": 3.0}, bypass=True, key="a.wav")["chain"], *one("reverb")["chain"]],
    },
    one("kit", {"level_db": -6.0}, notes=NOTES),
    one("convolution", {"trim": "keep"}, sound="rooms/hall.wav"),
    {"recipe": one("parametric", {"band1_kind": "notch"}), "plugin": "auto_eq"},
]


def understood(given):
    """Every name and value of a checked recipe, which must be all that there was."""
    links = []
    for link in given["chain"]:
        chosen = effect.load(link["effect"])
        known = {knob.name: knob for knob in chosen.knobs}
        assert link.keys() <= set(recipe.keys(chosen)) and link["knobs"].keys() <= known.keys()
        chosen.vector(recipe.values(link))
        links.append(link)
    return links


def test_five_hundred_mutations_are_understood_or_refused_in_one_line():
    rng = np.random.default_rng(1)
    refused = 0
    for turn in range(500):
        given = mutated(VALID[turn % len(VALID)], rng)
        try:
            checked = recipe.parse(json.loads(json.dumps(given))).recipe
        except UsageError as error:
            refused += 1
            assert "\n" not in str(error) and len(str(error)) < 700
            str(error).encode("utf-8")
            continue
        plain = given.get("recipe", given) if "chain" not in given else given
        assert set(plain) == {"format", "chain"}
        for link, before in zip(understood(checked), plain["chain"], strict=True):
            assert {*link, "bypass", "knobs"} >= set(before) and set(before.get("knobs", {})) == set(link["knobs"])
    assert 200 < refused < 500


def test_an_effect_that_is_bypassed_does_nothing():
    links = [*one("parametric", {"trim_db": -6})["chain"], *one("limiter", {"drive_db": 24}, bypass=True)["chain"]]
    np.testing.assert_array_equal(
        chain.render({"format": 1, "chain": links}, NOISE, RATE_HZ), rendered("parametric", {"trim_db": -6})
    )
    assert chain.Chain({"format": 1, "chain": links[1:]}, RATE_HZ, 2).latency_samples == 0


DUCKED = {"threshold_db": -40, "ratio": 20, "attack_ms": 0.1, "lookahead_ms": 0}


@pytest.fixture
def beat(tmp_path):
    """A burst from 0.2 to 0.3 s of half a second, mono."""
    sound = np.zeros((1, RATE_HZ // 2), np.float32)
    sound[:, 8_820:13_230] = 0.5
    audio.write(tmp_path / "beat.wav", sound, RATE_HZ)
    return tmp_path / "beat.wav", np.repeat(sound, 2, 0)


def test_a_key_is_what_a_compressor_listens_to(beat):
    """As the kernel does with both inputs; late by a limiter's look-ahead both are late; after its end is silence."""
    path, key = beat
    song = np.full((2, RATE_HZ), 0.1, np.float32)
    ducked = chain.render(one("compressor", DUCKED, key=str(path)), song, RATE_HZ)
    whole = np.pad(key, ((0, 0), (0, song.shape[1] - key.shape[1])))
    expected = Processor(effect.load("compressor"), RATE_HZ, DUCKED, 2).process(song, whole)
    np.testing.assert_array_equal(ducked, expected)
    assert np.abs(ducked[:, 12_000] / 0.1).max() < 0.1 and ducked[:, 8_000] == pytest.approx(0.1)
    both = {"format": 1, "chain": [*one("limiter")["chain"], *one("compressor", DUCKED, key=str(path))["chain"]]}
    np.testing.assert_allclose(chain.render(both, song, RATE_HZ), ducked, atol=1e-4)
    running = chain.Chain(both, RATE_HZ, 2)
    late = running.latency_samples
    blocks = [
        running.process(block) for block in np.split(np.pad(song, ((0, 0), (0, late))), [77, 9_000, 20_000], axis=1)
    ]
    np.testing.assert_allclose(np.concatenate(blocks, axis=1)[:, late:], ducked, atol=1e-4)


def test_a_key_of_another_rate_is_in_time(beat, tmp_path):
    path, key = beat
    audio.write(tmp_path / "other.wav", audio.at_rate(key, RATE_HZ, 32_000), 32_000)
    song = np.full((1, RATE_HZ // 2), 0.1, np.float32)
    one_rate, other = (
        chain.render(one("gate", {"threshold_db": -20, "hold_ms": 0, "release_ms": 5}, key=str(each)), song, RATE_HZ)
        for each in (path, tmp_path / "other.wav")
    )
    opens = [8_000 + int(np.argmax(np.abs(each[0, 8_000:]) > 0.05)) for each in (one_rate, other)]
    assert opens[0] == pytest.approx(8_820, abs=100) and opens[1] == pytest.approx(opens[0], abs=20)


def test_a_key_is_found_beside_the_recipe(beat, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(one("compressor", DUCKED, key="beat.wav")))
    assert recipe.read(tmp_path / "a.json").recipe["chain"][0]["key"] == str(beat[0])
    with pytest.raises(UsageError, match=r"the key for gate cannot be used: none\.wav: there is no such file"):
        chain.render(one("gate", key="none.wav"), NOISE, RATE_HZ)
    with pytest.raises(UsageError, match="limiter has no side-chain"):
        Processor(effect.load("limiter"), RATE_HZ, {}, 2).listen(NOISE)
