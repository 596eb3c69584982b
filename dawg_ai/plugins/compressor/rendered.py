"""Evaluation on rendered audio: what was found on envelopes holds for the effect and its samples.

A reference is made by the effect itself, features are computed from its output, and the knobs of the answer go to the
effect again. Its gain is read off a constant that it turns down while it listens to the song as a side-chain.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawg_ai import audio, chain
from dawg_ai.ask import Host
from dawg_ai.audio import Audio
from dawg_ai.data.clip import Clip
from dawg_ai.dsp import effect
from dawg_ai.dsp.instance import Native
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.network import Arrays
from dawg_ai.plugins.compressor import PLUGIN, envelope, examples
from dawg_ai.plugins.compressor.features import FEATURES, RATE_HZ
from dawg_ai.plugins.compressor.solving import STYLES

CASES = 34  # songs of a run; about a hundred in three runs
PART_S = 10
READ_S = 90  # of a song, from its beginning
WITHIN_DB = 1.0

Answers = dict[str, dict[str, float]]  # method -> clip id -> value
Rule = Callable[[examples.Batch], NDArray[np.float64]]


@dataclass(frozen=True)
class Case:
    """A part of a song, another part of it that was compressed, and the settings that did it."""

    clip_id: str
    rate_hz: int
    song: Audio
    reference: Audio
    settings: Mapping[str, float]


def answers(
    network: Callable[[Arrays], Arrays], rules: Mapping[str, Rule], clips: Sequence[Clip], seed: int
) -> dict[str, Answers]:
    """Evaluate CASES songs.

    Args:
        network: inputs by name -> outputs by name, with a batch axis.
        rules: the baselines of mode reference, from a case as `examples.draw` gives it.
        clips: the songs.
        seed: of the choice of songs, parts and settings.

    Returns:
        By question: "rendered, reference" (error of the gain reduction in dB), "rendered, style" (100 where reduction
        and crest factor are as the style, one for each song in turn, asks for, else 0), "rendered, loudness" (LU that
        it changes).
    """
    host = Host.of(PLUGIN, network)
    found: dict[str, Answers] = {
        name: {} for name in ("rendered, reference", "rendered, style", "rendered, loudness")
    }

    def add(question: str, method: str, clip_id: str, value: float) -> None:
        found[question].setdefault(method, {})[clip_id] = value

    for count, case in enumerate(_cases(clips, seed)):
        right = gain_reduction_db(case.song, case.rate_hz, case.settings)
        active = _active(case)
        given = {name: [audio.held(sound, case.rate_hz)] for name, sound in _sounds(case).items()}
        recipe = host.ask(given, mode="reference").recipe
        ways = {"network": recipe["chain"][0]["knobs"] if recipe["chain"] else {"mix_percent": 0.0}}
        as_batch = _as_batch(case)
        ways |= {
            name: _knobs(rule(as_batch)[0], float(as_batch["gated_level_db"][0, 0])) for name, rule in rules.items()
        }
        for name, knobs in ways.items():
            missed = (gain_reduction_db(case.song, case.rate_hz, knobs) - right)[active]
            add("rendered, reference", name, case.clip_id, float(np.abs(missed - missed.mean()).mean()))
        style = count % len(STYLES)
        answer = host.ask({"song": given["song"]}, {"style": style}, "style")
        knobs, makeup_db = answer.recipe["chain"][0]["knobs"], float(answer.memory["makeup_db"][0])
        reduced = gain_reduction_db(case.song, case.rate_hz, knobs)[active].mean() + makeup_db
        after = chain.render(answer.recipe, case.song, case.rate_hz)
        made = (reduced, crest_db(after, case.rate_hz) - crest_db(case.song, case.rate_hz))
        met = max(abs(m - a) for m, a in zip(made, answer.memory["asked"], strict=True)) <= WITHIN_DB
        change = integrated_lufs(after, case.rate_hz) - integrated_lufs(case.song, case.rate_hz)
        add("rendered, style", "network", case.clip_id, 100.0 * met)
        add("rendered, loudness", "network", case.clip_id, abs(change))
        add("rendered, loudness", "no make-up", case.clip_id, abs(change - makeup_db))
    return found


def gain_reduction_db(sound: Audio, rate_hz: int, knobs: Mapping[str, float | str]) -> NDArray[np.float64]:
    """By how much the effect turns down at the end of each millisecond, (ms,), look-ahead left out."""
    compressor = effect.load("compressor")
    choices = {knob.name: knob.choices for knob in compressor.knobs}
    values = {
        name: float(choices[name].index(value)) if isinstance(value, str) else value for name, value in knobs.items()
    }
    held = {**values, "detector": 1.0, "lookahead_ms": 0.0}
    gain = effect.Processor(compressor, rate_hz, held, len(sound)).process(np.ones_like(sound), sound)[0]
    ends = (np.arange(1, sound.shape[1] * RATE_HZ // rate_hz + 1) * rate_hz) // RATE_HZ - 1
    return np.asarray(-20.0 * np.log10(gain[ends].astype(np.float64)))


def crest_db(sound: Audio, rate_hz: int) -> float:
    """Mean crest factor of the seconds above the relative gate, from the samples."""
    seconds = sound[:, : sound.shape[1] // rate_hz * rate_hz].reshape(len(sound), -1, rate_hz).astype(np.float64)
    power = (seconds**2).mean(2).max(0)
    counts = power > envelope.RELATIVE_GATE * power.mean()
    return float((20.0 * np.log10(np.abs(seconds).max((0, 2))) - 10.0 * np.log10(power))[counts].mean())


def _sounds(case: Case) -> dict[str, Audio]:
    return {"song": case.song, "reference": case.reference}


def _as_batch(case: Case) -> examples.Batch:
    """The case as `examples.draw` gives it, without a target."""
    found: examples.Batch = {}
    for source, sound in _sounds(case).items():
        for name, rows in FEATURES.extractor.extract(Native(PLUGIN.module), audio.held(sound, case.rate_hz)).items():
            found[f"{source}_{name}"] = rows[None]
    level_db = np.empty_like(found["song_power_db"][0])
    envelope.detect(found["song_power_db"][0], level_db)
    found["song_level_db"] = level_db.reshape(1, -1)
    found["gated_level_db"] = np.array([[envelope.gated_level_db(found["song_power_db"][0])]], np.float32)
    found["active"] = (found["song_level_db"] > found["gated_level_db"] + envelope.ACTIVE_DB).astype(np.float32)
    found["settings"] = np.zeros((1, len(examples.SETTINGS)), np.float32)
    return found


def _active(case: Case) -> NDArray[np.bool_]:
    return np.asarray(_as_batch(case)["active"][0] > 0.5)


def _knobs(settings: NDArray[np.float64], gated_level_db: float) -> dict[str, float]:
    """Settings in the order of SETTINGS as the effect's knobs."""
    known = {knob.name: knob for knob in effect.load("compressor").knobs}
    values = dict(zip(examples.SETTINGS, map(float, settings), strict=True))
    values["threshold_db"] += gated_level_db
    return {name: known[name].nearest(value) for name, value in values.items()}


def _cases(clips: Sequence[Clip], seed: int) -> Iterator[Case]:
    rng = np.random.default_rng([seed, CASES])
    for index in rng.permutation(len(clips))[:CASES]:
        sound, rate_hz = _beginning(clips[index])
        span = PART_S * rate_hz
        if sound.shape[1] < 2 * span:
            continue
        start = int(rng.integers(sound.shape[1] - 2 * span + 1))
        song, other = (sound[:, at : at + span] for at in (start, start + span))
        settings = examples.settings(rng, 1)[0]
        if min(integrated_lufs(each, rate_hz) for each in (song, other)) < examples.QUIET_DB:
            continue
        levels = [_gated(each, rate_hz) for each in (song, other)]
        reference = effect.Processor(
            effect.load("compressor"), rate_hz, {**_knobs(settings, levels[1]), "detector": 1.0}, len(other)
        ).process(other)
        yield Case(clips[index].id, rate_hz, song, reference, _knobs(settings, levels[0]))


def _beginning(clip: Clip) -> tuple[Audio, int]:
    """The first READ_S of a song, mono or stereo, and its sample rate."""
    sound = audio.audible(clip.path)
    parts, samples = [], 0
    for block in audio.folded(sound).blocks():
        parts.append(block)
        samples += block.shape[1]
        if samples >= READ_S * sound.rate_hz:
            break
    return np.concatenate(parts, axis=1), sound.rate_hz


def _gated(sound: Audio, rate_hz: int) -> float:
    found = FEATURES.extractor.extract(Native(PLUGIN.module), audio.held(sound, rate_hz))
    return float(envelope.gated_level_db(found["power_db"]))
