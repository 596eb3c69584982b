"""The studio: notes become stems, stems become a record."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.compose.drums import noise, strike
from dawg_ai.data.compose.master import master
from dawg_ai.data.compose.score import Hit, Note, Score
from dawg_ai.data.compose.sound import Player, Sound
from dawg_ai.data.compose.voices import RATE, Audio, play
from dawg_ai.units import amplitude_from_db

LEAD_IN_S = 0.05
TAIL_S = 2.0
REFERENCE_DB = -20.0  # RMS of the drums before mastering
PANS = {"hat": 0.25, "openhat": 0.25, "ride": -0.4, "shaker": -0.45, "rim": 0.3, "crash": -0.3, "tom": 0.25}


def perform(score: Score, sound: Sound, rng: np.random.Generator) -> Audio:
    """Play, mix and master a score: `(2, samples)` float32 at 44.1 kHz."""
    samples = int((score.bars * 4 * score.beat_s + LEAD_IN_S + TAIL_S) * RATE)
    drums = play_drums(score.drums, score.beat_s, sound, samples, rng)
    level(drums, REFERENCE_DB)
    dry = drums
    send = drums.mean(axis=0) * amplitude_from_db(sound.drum_send_db)
    ducking = duck(score, sound, samples)
    for name, notes in score.parts.items():
        if notes:
            player = sound.players[name]
            stem, echoes = play_part(notes, score.beat_s, player, samples, rng)
            gain = level(stem, REFERENCE_DB + player.level_db + rng.normal(0, 0.7))
            if echoes is not None:
                stem += echoes * gain
            if ducking is not None:
                stem *= ducking
            dry += stem
            send += stem.mean(axis=0) * amplitude_from_db(player.send_db)
    dry += air(samples, rng) * amplitude_from_db(REFERENCE_DB + sound.hiss_db)
    return master(dry, send, sound, rng)


def level(stem: Audio, target_db: float) -> float:
    """Bring the RMS of the passages that sound to `target_db`, in place; returns the gain."""
    block = 4096
    whole = stem[:, : stem.shape[1] // block * block].reshape(2, -1, block)
    power = np.einsum("cbs,cbs->b", whole, whole) / (2 * block)
    sounding = power[power > power.max() * 1e-3]
    gain = amplitude_from_db(target_db) / float(np.sqrt(sounding.mean()))
    stem *= gain
    return gain


def place(stem: Audio, sound: Audio, start_s: float, left: float, right: float) -> None:
    """Add a sound to a stem, starting at `start_s`, with one gain per side."""
    start = int((start_s + LEAD_IN_S) * RATE)
    length = min(sound.shape[1], stem.shape[1] - start)
    if length > 0:
        stem[0, start : start + length] += sound[0, :length] * np.float32(left)
        stem[1, start : start + length] += sound[1, :length] * np.float32(right)


def sides(pan: float) -> tuple[float, float]:
    """Gains of the two sides at constant power; 0 dB each in the middle.

    >>> sides(0.0)
    (1.0, 1.0)
    """
    angle = (pan + 1) * np.pi / 4
    return round(float(np.sqrt(2) * np.cos(angle)), 6), round(float(np.sqrt(2) * np.sin(angle)), 6)


def play_drums(hits: Iterable[Hit], beat_s: float, sound: Sound, samples: int, rng: np.random.Generator) -> Audio:
    """The stem of the drums."""
    stem = np.zeros((2, samples), np.float32)
    takes: dict[str, list[Audio]] = {}
    for hit in hits:
        if hit.drum not in takes:
            takes[hit.drum] = strike(sound.kit, hit.drum, rng)
        take = takes[hit.drum][int(rng.integers(len(takes[hit.drum])))]
        left, right = sides(PANS.get(hit.drum, 0.0))
        gain = hit.velocity * amplitude_from_db(sound.drum_db[hit.drum])
        place(stem, take, hit.start_beats * beat_s, left * gain, right * gain)
    return stem


def play_part(
    notes: Iterable[Note], beat_s: float, player: Player, samples: int, rng: np.random.Generator
) -> tuple[Audio, Audio | None]:
    """The stem of a part and, if the player has an echo, that of its repeats.

    A note is rendered once per pitch and length. The notes of a chord are spread around the player's pan.
    """
    stem = np.zeros((2, samples), np.float32)
    echoes = None if player.echo_db is None else np.zeros((2, samples), np.float32)
    rendered: dict[tuple[int, float], Audio] = {}
    for note in notes:
        what = (note.pitch, note.length_beats)
        if what not in rendered:
            rendered[what] = play(player.patches[0], note.pitch, note.length_beats * beat_s * 0.95, rng)
        pan = float(np.clip(player.pan * (1 + 0.8 * np.cos(2.4 * note.pitch)), -1, 1))
        left, right = sides(pan)
        place(stem, rendered[what], note.start_beats * beat_s, left * note.velocity, right * note.velocity)
        if echoes is not None and player.echo_db is not None:
            for repeat in (1, 2):  # from side to side
                left, right = right, left
                gain = note.velocity * amplitude_from_db(player.echo_db * repeat)
                start_s = (note.start_beats + 0.75 * repeat) * beat_s
                place(echoes, rendered[what], start_s, left * gain, right * gain)
    return stem, echoes


def duck(score: Score, sound: Sound, samples: int) -> NDArray[np.float32] | None:
    """The gain that the kick leaves to the others, `(samples,)`, or None in styles that do not pump."""
    if not sound.pump_db:
        return None
    gain = np.ones(samples, np.float32)
    time = np.arange(int(3 * sound.pump_s * RATE)) / RATE
    dip = (
        1
        - (1 - amplitude_from_db(-sound.pump_db)) * np.cos(np.clip(time / (3 * sound.pump_s), 0, 1) * np.pi / 2) ** 2
    )
    dip[:64] = np.linspace(1, dip[64], 64)
    for hit in score.drums:
        if hit.drum == "kick":
            start = int((hit.start_beats * score.beat_s + LEAD_IN_S) * RATE)
            room = gain[start : start + dip.size]
            np.minimum(room, dip[: room.size], out=room)
    return gain


def air(samples: int, rng: np.random.Generator) -> Audio:
    """The breath of a room and its microphones: wide, soft noise, RMS about 1."""
    loop = noise(2**18, rng, 150, 9000, 0.8)
    return np.tile(loop, (1, samples // loop.shape[1] + 1))[:, :samples]
