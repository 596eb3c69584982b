"""One song under two names is found by its content, whatever was done to it, and never in two parts of a split."""

import json

import numpy as np
import pytest
from scipy import signal

from dawg_ai import audio, data, midi
from dawg_ai.cli import main
from dawg_ai.data import duplicates, landmarks, ngrams
from dawg_ai.data.clip import Clip
from dawg_ai.data.duplicates import Link, together
from dawg_ai.data.licence import Licence
from dawg_ai.data.split import part

RATE = 22_050


def song(seed, seconds=25):
    """Melody, chords and drums of chance, (2, samples)."""
    rng = np.random.default_rng(seed)
    step = RATE // 4
    t = np.arange(step) / RATE
    found = []
    for _ in range(4 * seconds):
        tones = 440 * 2 ** (rng.integers(-24, 24, 3) / 12)
        note = sum(np.exp(-4 * t) * np.sin(2 * np.pi * hz * k * t) / k for hz in tones for k in (1, 2, 3))
        found.append(0.1 * note + 0.05 * rng.standard_normal(step) * np.exp(-30 * t))
    mono = np.concatenate(found)
    return np.stack([mono, np.roll(mono, 20)]).astype(np.float32)


CHANGES = {
    "mp3": (lambda x: x, "mp3"),
    "quieter and cut, as ogg": (lambda x: 0.3 * x[:, 31_234:], "ogg"),
    "brighter": (lambda x: signal.lfilter([1, -0.7], [1], x), "wav"),
    "darker": (lambda x: signal.lfilter([0.3], [1, -0.7], x), "wav"),
    "louder and clipped": (lambda x: np.clip(6 * x, -1, 1), "wav"),
    "with noise": (lambda x: x + 0.02 * np.random.default_rng(9).standard_normal(x.shape), "wav"),
    "one half of it": (lambda x: x[:, : x.shape[1] // 2], "wav"),
    "at another rate": (lambda x: x, "flac"),
}


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    folder = tmp_path_factory.mktemp("others")
    for seed in range(1, 6):
        audio.write(folder / f"{seed}.wav", song(seed), RATE)
    return [landmarks.fingerprint(folder / f"{seed}.wav") for seed in range(1, 6)]


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_is_found_whatever_was_done_to_it_and_others_are_not(tmp_path, others, change):
    make, kind = CHANGES[change]
    original = song(0)
    audio.write(tmp_path / "a.wav", original, RATE)
    rate = 48_000 if change == "at another rate" else RATE
    changed = np.asarray(make(original), np.float32)
    audio.write(tmp_path / f"b.{kind}", np.clip(audio.at_rate(changed, RATE, rate), -1, 1), rate)
    prints = [landmarks.fingerprint(tmp_path / name) for name in ("a.wav", f"b.{kind}")]
    found = landmarks.matches([*prints, *others])
    assert [(match.first, match.second) for match in found] == [(0, 1)]
    if "cut" in change:
        assert found[0].offset_s == pytest.approx(-31_234 / RATE, abs=0.1)
    unrelated = [match.score for match in landmarks.matches([*prints, *others], 0.0, 1) if match[:2] != (0, 1)]
    assert found[0].score > 3 * max(unrelated), "with room between"


def test_a_long_file_takes_no_more_memory_and_the_same_landmarks(tmp_path):
    """Landmarks of a stretch do not depend on what follows it."""
    x = song(3, 40)
    audio.write(tmp_path / "short.wav", x[:, : 30 * RATE], RATE)
    audio.write(tmp_path / "long.wav", x, RATE)
    short, long = (landmarks.fingerprint(tmp_path / f"{name}.wav") for name in ("short", "long"))
    early = {tuple(row) for row in long.tolist() if row[1] < 27 * landmarks.RATE_HZ / landmarks.HOP}
    assert len(early & {tuple(row) for row in short.tolist()}) > 0.97 * len(early)


def test_silence_and_what_is_short_have_no_landmarks_to_match(tmp_path):
    audio.write(tmp_path / "a.wav", 0.5 * np.ones((1, 2000), np.float32), RATE)
    prints = [landmarks.fingerprint(tmp_path / "a.wav")] * 2
    assert landmarks.matches(prints) == [] == landmarks.matches([])


def tune(rng, notes=80):
    return np.cumsum(rng.choice([0.5, 1, 1, 2], notes)), rng.integers(55, 80, notes)


def write(path, times, pitches, bpm=120.0, channel=0):
    rows = np.stack([times, np.full(len(times), 0.4), pitches, np.full(len(times), 0.7)], 1).astype(float)
    midi.write(path, midi.File((midi.Track(rows, "x", channel),), ((0.0, bpm),)))
    return path


def test_a_tune_is_found_in_another_key_tempo_and_with_a_bass(tmp_path):
    rng = np.random.default_rng(0)
    times, pitches = tune(rng)
    first = write(tmp_path / "a.mid", times, pitches)
    rows = np.concatenate([np.stack([times * 2, pitches + 3], 1), np.stack([times * 2, np.full(80, 36)], 1)])
    second = write(tmp_path / "b.mid", rows[:, 0], rows[:, 1], 77.0)
    others = [write(tmp_path / f"{n}.mid", *tune(rng)) for n in range(5)]
    prints = [ngrams.fingerprint(path) for path in (first, second, *others)]
    assert [(a, b) for a, b, _ in ngrams.matches(prints)] == [(0, 1)]
    drums = write(tmp_path / "d.mid", times, pitches, channel=midi.DRUM_CHANNEL)
    assert ngrams.fingerprint(drums) == frozenset()
    scale = write(tmp_path / "s.mid", np.arange(60.0), 40 + np.arange(60) % 2)
    assert ngrams.fingerprint(scale) == frozenset(), "a trill says nothing"


def clip(name, group, official=None):
    return Clip(name, {}, group, Licence("CC0-1.0"), part=official)


def test_linked_groups_are_in_one_part_of_every_split():
    clips = [clip(f"a/{n}", f"g{n // 2}") for n in range(40)] + [clip(f"b/{n}", f"g{n // 2}") for n in range(40)]
    links = [Link(f"a/{n}", f"b/{39 - n}", f"a: g{n // 2}", f"b: g{(39 - n) // 2}") for n in range(0, 20, 3)]
    found = {each.id: each for each in together(clips, links)}
    assert [each.id for each in found.values()] == [each.id for each in clips]
    before = {each.id: each for each in clips}
    for split in range(20):
        parts = {name: part(each.group, split) for name, each in found.items()}
        assert all(parts[link.first] == parts[link.second] for link in links)
        for one in clips:  # groups stay whole
            for other in clips:
                if one.group == other.group and one.id[0] == other.id[0]:
                    assert parts[one.id] == parts[other.id]
    assert found["a/39"] == before["a/39"], "what is not linked stays as it was"
    assert any(part(before[link.first].group, 0) != part(before[link.second].group, 0) for link in links)


def test_a_copy_elsewhere_counts_though_it_is_not_loaded():
    links = [Link("a/1", "b/1", "a: x", "b: y")]
    (mine,), (theirs,) = together([clip("a/1", "x")], links), together([clip("b/1", "y")], links)
    assert mine.group == theirs.group


def test_what_is_tested_on_is_not_trained_on_under_another_name():
    clips = [
        clip("a/1", "x", "train"),
        clip("a/2", "x", "train"),
        clip("b/1", "y", "test"),
        clip("c/1", "z"),
        clip("c/2", "z"),
    ]
    links = [Link("a/1", "b/1", "a: x", "b: y"), Link("b/1", "c/1", "b: y", "c: z")]
    assert [each.part for each in together(clips, links)] == ["test", "train", "test", "test", "test"]


def test_a_song_in_two_folders_is_found_recorded_and_kept_together(home, tmp_path, capsys):
    for folder, name, seed in (("one", "sunrise", 0), ("one", "noon", 1), ("two", "dawn", 0), ("two", "night", 2)):
        content = song(seed, 15)[:, (7777 if name == "dawn" else 0) :]
        audio.write(tmp_path / folder / name / f"{name}.{'ogg' if name == 'dawn' else 'wav'}", content, RATE)
    (tmp_path / "two" / "bad.wav").write_bytes(b"?")
    specs = [f"folder:{tmp_path / each}" for each in ("one", "two")]
    assert main(["data", "duplicates", *specs, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [(pair["first"], pair["second"]) for pair in said["pairs"]] == [
        ("folder/one/sunrise/sunrise.wav", "folder/two/dawn/dawn.ogg")
    ]
    assert not said["pairs"][0]["same_group"] and said["clips"] == 5
    found = {each.title: each.group for each in together([c for spec in specs for c in data.load(spec).clips()])}
    assert found["sunrise"] == found["dawn"] and found["noon"] == "noon"
    assert main(["data", "duplicates", *specs]) == 0
    assert "5 clips: 1 pairs are one, 1 of them across groups" in capsys.readouterr().out
    assert len(duplicates.recorded()) == 1
