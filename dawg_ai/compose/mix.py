"""Mixing: notes become stems, stems go through inserts, sends and buses to the master.

                        +-> delay send -> delay -----------+
stems -> inserts -> fader -> music bus <-------------------+-> side-chain compressor --+
                        +-> reverb send -> reverb ---------+        ^ key: the kick    +-> mix bus -> master
drums --------------------> drum bus, and a share to the reverb send ------------------+
"""

from collections.abc import Iterable

import numpy as np

from dawg_ai.audio import Audio
from dawg_ai.compose import rack
from dawg_ai.compose.drums import one_shots
from dawg_ai.compose.master import master
from dawg_ai.compose.noise import noise
from dawg_ai.compose.rack import RATE, Insert, equaliser, insert
from dawg_ai.compose.score import Hit, Note, Score
from dawg_ai.compose.sound import Player, Sound
from dawg_ai.compose.voices import play
from dawg_ai.units import amplitude_from_db

LEAD_IN_S = 0.05
TAIL_S = 2.0
DRUM_BUS_DB = -20.0  # RMS of the drums before mastering; faders are relative to it
FADER_JITTER_DB = 0.7  # standard deviation from song to song
MIX_CHUNK = 2**15  # samples mixed at a time, small enough for the cache
PANS = {"hat": 0.25, "openhat": 0.25, "ride": -0.4, "shaker": -0.45, "rim": 0.3, "crash": -0.3, "tom": 0.25}

REVERB_RETURN_DB = 9.5  # the late reverberation of 16 lines is 9.5 dB below white noise at its input
REVERB_LOW_CUT_HZ = 180.0  # keeps kick and bass out of the reverb
DUCKING_THRESHOLD_DB = -18.0
KICK_BODY_DB = -2.0  # level of the kick in the side-chain, without its click
GATE_TIME = 0.95  # duration of a note relative to its written length


def perform(score: Score, sound: Sound, rng: np.random.Generator) -> Audio:
    """Play, mix and master a score.

    Args:
        score: The notes.
        sound: Instruments, levels and effects.
        rng: Small variations of sound and level.

    Returns:
        The master, (2, samples) at `RATE`.
    """
    samples = int((score.bars * 4 * score.beat_s + LEAD_IN_S + TAIL_S) * RATE)
    drums, kick = play_drums(score.drums, score.beat_s, sound, samples, rng)
    drums *= fader(drums, DRUM_BUS_DB)
    music, to_reverb, to_delay = np.zeros((3, 2, samples), np.float32)
    send(drums, to_reverb, sound.drum_reverb_db)
    for name, notes in score.parts.items():
        if notes:
            player = sound.players[name]
            stem = rack.process(play_part(notes, score.beat_s, player, samples, rng), *player.patches[0].inserts)
            stem *= fader(stem, DRUM_BUS_DB + player.level_db + rng.normal(0, FADER_JITTER_DB))
            music += stem
            send(stem, to_reverb, player.reverb_db)
            if player.delay_db is not None:
                send(stem, to_delay, player.delay_db)
    if to_delay.any():
        echoes = rack.process(to_delay, delay(sound, score.tempo_bpm))
        music += echoes
        send(echoes, to_reverb, sound.echo_reverb_db)
    send(rack.process(to_reverb, *reverb(sound)), music, REVERB_RETURN_DB)
    send(room_tone(samples, rng), music, DRUM_BUS_DB + sound.room_tone_db)
    if sound.ducking_db:
        music = rack.side_chain(music, ducking(sound), key=kick)
    drums += music
    return master(drums, sound, rng)


def send(stem: Audio, bus: Audio, level_db: float) -> None:
    """Add a stem to a bus at a level, in place; both are (2, samples)."""
    gain = np.float32(amplitude_from_db(level_db))
    for start in range(0, stem.shape[1], MIX_CHUNK):
        bus[:, start : start + MIX_CHUNK] += stem[:, start : start + MIX_CHUNK] * gain


def delay(sound: Sound, tempo_bpm: float) -> Insert:
    """The delay on its send: ping-pong dotted eighths, 100 % wet."""
    return insert(
        "delay",
        sync="1/8 dotted",
        tempo_bpm=tempo_bpm,
        mode="ping-pong",
        feedback_percent=sound.delay_feedback_percent,
        low_cut_hz=200,
        high_cut_hz=6000,
        mix_percent=100,
    )


def reverb(sound: Sound) -> tuple[Insert, Insert]:
    """The reverb on its send: a low cut and a room, 100 % wet."""
    room = insert(
        "reverb",
        lines="16",
        low_s=sound.reverb_s,
        mid_s=0.9 * sound.reverb_s,
        high_s=0.45 * sound.reverb_s,
        high_hz=sound.reverb_high_hz,
        predelay_ms=1000 * sound.predelay_s,
        early_percent=25,
        mix_percent=100,
    )
    return equaliser(*rack.high_pass(REVERB_LOW_CUT_HZ, order=2)), room


def ducking(sound: Sound) -> Insert:
    """A side-chain compressor with a gain reduction of `sound.ducking_db` at a hard stroke of the kick."""
    return insert(
        "compressor",
        threshold_db=DUCKING_THRESHOLD_DB,
        ratio=1 / (1 - sound.ducking_db / (KICK_BODY_DB - DUCKING_THRESHOLD_DB)),
        knee_db=6,
        attack_ms=0.5,
        release_ms=1000 * sound.ducking_release_s,
    )


def fader(stem: Audio, target_db: float) -> np.float32:
    """Gain that brings the RMS of a stem to `target_db`, gated 30 dB below its loudest block."""
    block = 4096
    blocks = stem[:, : stem.shape[1] // block * block].reshape(2, -1, block)
    power = np.einsum("cbs,cbs->b", blocks, blocks) / (2 * block)
    sounding = power[power > power.max() * 1e-3]
    return np.float32(amplitude_from_db(target_db) / np.sqrt(sounding.mean()))


def pan_gains(pan: float) -> tuple[float, float]:
    """Constant-power pan gains (left, right) for a pan from -1 to 1; 0 dB each in the centre.

    >>> pan_gains(0.0)
    (1.0, 1.0)
    """
    angle = (pan + 1) * np.pi / 4
    return round(float(np.sqrt(2) * np.cos(angle)), 6), round(float(np.sqrt(2) * np.sin(angle)), 6)


def add(stem: Audio, sound: Audio, start_s: float, left: float, right: float) -> None:
    """Add a sound to a stem at `start_s`, in place, with a gain for each side; it is cut at the stem's end."""
    start = int((start_s + LEAD_IN_S) * RATE)
    length = min(sound.shape[1], stem.shape[1] - start)
    if length > 0:
        stem[0, start : start + length] += sound[0, :length] * np.float32(left)
        stem[1, start : start + length] += sound[1, :length] * np.float32(right)


def play_drums(
    hits: Iterable[Hit], beat_s: float, sound: Sound, samples: int, rng: np.random.Generator
) -> tuple[Audio, Audio]:
    """Render the drum bus, and the kick for the side-chain, at full scale for velocity 1; both (2, samples)."""
    drums, kick = np.zeros((2, 2, samples), np.float32)
    takes: dict[str, list[Audio]] = {}
    for hit in hits:
        if hit.drum not in takes:
            takes[hit.drum] = one_shots(sound.kit, hit.drum, rng)
        take = takes[hit.drum][int(rng.integers(len(takes[hit.drum])))]
        left, right = pan_gains(PANS.get(hit.drum, 0.0))
        gain = hit.velocity * amplitude_from_db(sound.drum_db[hit.drum])
        add(drums, take, hit.start_beats * beat_s, left * gain, right * gain)
        if hit.drum == "kick" and sound.ducking_db:
            add(kick, take, hit.start_beats * beat_s, hit.velocity, hit.velocity)
    return drums, kick


def play_part(notes: Iterable[Note], beat_s: float, player: Player, samples: int, rng: np.random.Generator) -> Audio:
    """Render the stem of a part, (2, samples), before its inserts.

    Each pair of pitch and length is synthesised once. The notes of a chord are spread around the player's pan.
    """
    stem = np.zeros((2, samples), np.float32)
    played: dict[tuple[int, float], Audio] = {}
    for note in notes:
        what = (note.pitch, note.length_beats)
        if what not in played:
            played[what] = play(player.patches[0], note.pitch, note.length_beats * beat_s * GATE_TIME, rng)
        pan = float(np.clip(player.pan * (1 + 0.8 * np.cos(2.4 * note.pitch)), -1, 1))
        left, right = pan_gains(pan)
        add(stem, played[what], note.start_beats * beat_s, left * note.velocity, right * note.velocity)
    return stem


def room_tone(samples: int, rng: np.random.Generator) -> Audio:
    """Room tone: filtered wide stereo noise, (2, samples), RMS about 1."""
    loop = noise(2**17, rng, 150, 9000, width=0.8)
    return np.tile(loop, (1, samples // loop.shape[1] + 1))[:, :samples]
