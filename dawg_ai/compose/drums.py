"""The drum kit: analogue-style synthesis from swept sines, detuned square waves and filtered noise."""

from dataclasses import dataclass

import numpy as np

from dawg_ai.audio import Audio
from dawg_ai.compose.noise import noise
from dawg_ai.compose.rack import RATE, equaliser, high_pass, insert, process

TAKES_PER_DRUM = 2  # alternated at random, so that repeated strokes differ


@dataclass(frozen=True)
class Kit:
    """How a kit is tuned and damped.

    Attributes:
        kick_hz: Pitch that the kick's sine falls to.
        kick_sweep: Initial pitch, relative to `kick_hz`.
        kick_s: Time constant of the kick's decay.
        click: Level of the beater.
        snare_hz: Lower mode of the snare's head; the toms are tuned to it.
        snare_s: Time constant of the rattle's decay.
        snare_noise: Level of the rattle.
        gate_s: Length of a gated reverb on the snare; 0 means none.
        hat_hz: Corner of the hats' high-pass; the other cymbals are tuned to it.
        hat_s: Time constant of the closed hat's decay.
        drive_db: Saturation of kick and snare.
    """

    kick_hz: float = 50.0
    kick_sweep: float = 4.0
    kick_s: float = 0.22
    click: float = 0.35
    snare_hz: float = 190.0
    snare_s: float = 0.13
    snare_noise: float = 0.8
    gate_s: float = 0.0
    hat_hz: float = 7000.0
    hat_s: float = 0.035
    drive_db: float = 0.0


def one_shots(kit: Kit, drum: str, rng: np.random.Generator) -> list[Audio]:
    """Synthesise a drum.

    Args:
        kit: Tuning and damping.
        drum: "kick", "snare", "clap", "rim", "hat", "openhat", "ride", "crash", "shaker", "tom" or "lowtom".
        rng: Noise and small detunings.

    Returns:
        `TAKES_PER_DRUM` one-shot samples, each (2, samples) with its peak at full scale.
    """
    make = {
        "kick": kick,
        "snare": snare,
        "clap": clap,
        "rim": rim,
        "hat": hat,
        "openhat": open_hat,
        "ride": ride,
        "crash": crash,
        "shaker": shaker,
        "tom": tom,
        "lowtom": low_tom,
    }[drum]
    takes = []
    for _ in range(TAKES_PER_DRUM):
        sound = np.atleast_2d(make(kit, rng))
        if sound.shape[0] == 1:
            sound = np.repeat(sound, 2, axis=0)
        fade = min(sound.shape[1], 400)
        sound[:, -fade:] *= np.linspace(1, 0, fade)
        takes.append((sound / np.abs(sound).max()).astype(np.float32))
    return takes


def seconds(length_s: float) -> Audio:
    """Sample times in seconds, (samples,)."""
    return np.arange(int(length_s * RATE), dtype=np.float32) / np.float32(RATE)


def swept_sine(time: Audio, hz: float, ratio: float, fall_s: float) -> Audio:
    """A sine that falls from `ratio * hz` to `hz`, (samples,)."""
    phase = hz * time + hz * (ratio - 1) * fall_s * (1 - np.exp(-time / np.float32(fall_s)))
    return np.asarray(np.sin(2 * np.pi * phase), np.float32)


def metal(time: Audio, rng: np.random.Generator, lowest_hz: float) -> Audio:
    """Six detuned square waves, the sound of a struck plate, (samples,)."""
    sound = np.zeros(time.size, np.float32)
    for ratio in (2.0, 3.0, 4.16, 5.43, 6.79, 8.21):
        hz = lowest_hz / 8.0 * ratio * rng.uniform(0.995, 1.005)
        sound += np.sign(np.sin(np.float32(2 * np.pi * hz) * time + np.float32(rng.uniform(0, 6))))
    return sound / np.float32(6)


def soft_clip(sound: Audio, drive_db: float) -> Audio:
    """A drum driven into saturation, (channels, samples) with its peak at full scale; mono may be (samples,)."""
    clip = insert("saturation", kind="soft clip", drive_db=drive_db, oversampling="2x")
    clipped = process(np.atleast_2d(sound), clip)
    return np.asarray(clipped / np.abs(clipped).max(), np.float32)


def kick(kit: Kit, rng: np.random.Generator) -> Audio:
    """The click of the beater, then the head falling to its pitch."""
    time = seconds(min(0.9, 4.5 * kit.kick_s))
    body = swept_sine(time, kit.kick_hz, kit.kick_sweep, 0.022) * np.exp(-time / np.float32(kit.kick_s))
    beater = noise(time.size, rng, 1800, 7000, 0.0) * np.exp(-time / np.float32(0.005))
    thud = swept_sine(time, kit.kick_hz * 2.6, 2.0, 0.008) * np.exp(-time / np.float32(0.035))
    return np.asarray(soft_clip(body + 0.35 * thud, 2.9 + kit.drive_db) + 0.4 * kit.click * beater, np.float32)


def snare(kit: Kit, rng: np.random.Generator) -> Audio:
    """Two modes of the head and the rattle of the wires; with a gate, the burst of a gated reverb."""
    time = seconds(max(6 * kit.snare_s, kit.gate_s + 0.1))
    head = swept_sine(time, kit.snare_hz, 1.5, 0.012) + 0.6 * swept_sine(time, kit.snare_hz * 1.78, 1.3, 0.01)
    head *= np.exp(-time / np.float32(0.075))
    wires = noise(time.size, rng, 1200, 6500, 0.35)
    rattle = np.exp(-time / np.float32(kit.snare_s)) + 0.8 * np.exp(-time / np.float32(0.012))
    sound = np.float32(0.85) * soft_clip(0.75 * head + 0.33 * kit.snare_noise * rattle * wires, kit.drive_db)
    if kit.gate_s:
        gate = np.clip((kit.gate_s - time) / 0.04, 0, 1)
        sound += 0.22 * noise(time.size, rng, 250, 7000, 0.9) * gate * (1 - np.exp(-time / np.float32(0.015)))
    return np.asarray(sound, np.float32)


def clap(kit: Kit, rng: np.random.Generator) -> Audio:
    """Four bursts of noise in quick succession, then a decay."""
    time = seconds(0.35)
    level = 0.5 * np.exp(-np.maximum(time - 0.03, 0) / np.float32(0.06)) * (time > 0.03)
    for late_s in (0.0, 0.010, 0.019, 0.03):
        start = late_s + rng.uniform(0, 0.002)
        level += (time >= start) * np.exp(-np.maximum(time - start, 0) / np.float32(0.006))
    return np.asarray(noise(time.size, rng, 1000, 6000, 0.5) * level, np.float32)


def rim(kit: Kit, rng: np.random.Generator) -> Audio:
    """The stick on the rim."""
    time = seconds(0.12)
    wood = swept_sine(time, 1750, 1.05, 0.005) + 0.7 * swept_sine(time, 560, 1.1, 0.005)
    return np.asarray(
        wood * np.exp(-time / np.float32(0.014))
        + 0.2 * noise(time.size, rng, 2500, 9000, 0.2) * np.exp(-time / np.float32(0.004)),
        np.float32,
    )


def cymbal(kit: Kit, rng: np.random.Generator, length_s: float, decay_s: float, low_hz: float, tone: float) -> Audio:
    """A cymbal; hat, ride and crash differ in length, lowest partial and share of pitched sound (`tone`)."""
    time = seconds(length_s)
    hiss = noise(time.size, rng, low_hz, 15000, 0.4)
    plate = process(metal(time, rng, low_hz)[None], equaliser(*high_pass(0.7 * low_hz, order=2)))
    strike_level = 0.7 * np.exp(-time / np.float32(decay_s)) + 0.6 * np.exp(-time / np.float32(0.012))
    return np.asarray(((1 - tone) * hiss + 2 * tone * plate) * strike_level, np.float32)


def hat(kit: Kit, rng: np.random.Generator) -> Audio:
    """The closed hat."""
    return cymbal(kit, rng, 6 * kit.hat_s + 0.03, kit.hat_s, kit.hat_hz, 0.35)


def open_hat(kit: Kit, rng: np.random.Generator) -> Audio:
    """The open hat."""
    return cymbal(kit, rng, 0.42, 0.16, kit.hat_hz * 0.9, 0.35)


def ride(kit: Kit, rng: np.random.Generator) -> Audio:
    """The ride, with a bell tone."""
    time = seconds(0.7)
    ping = np.sin(2 * np.pi * 3300 * time) * np.exp(-time / np.float32(0.12))
    return np.asarray(cymbal(kit, rng, 0.7, 0.22, kit.hat_hz * 0.7, 0.5) + 0.15 * ping, np.float32)


def crash(kit: Kit, rng: np.random.Generator) -> Audio:
    """The crash."""
    return cymbal(kit, rng, 2.4, 0.7, kit.hat_hz * 0.5, 0.25)


def shaker(kit: Kit, rng: np.random.Generator) -> Audio:
    """The shaker: noise with a slow attack."""
    time = seconds(0.14)
    level = np.sin(np.minimum(time / 0.03, 1) * np.pi / 2) ** 2 * np.exp(
        -np.maximum(time - 0.03, 0) / np.float32(0.022)
    )
    return np.asarray(noise(time.size, rng, 5500, 13000, 0.2) * level, np.float32)


def tom(kit: Kit, rng: np.random.Generator) -> Audio:
    """The high tom."""
    time = seconds(0.5)
    head = swept_sine(time, kit.snare_hz * 0.78, 1.5, 0.04) * np.exp(-time / np.float32(0.13))
    return np.asarray(
        head + 0.08 * noise(time.size, rng, 800, 6000, 0.3) * np.exp(-time / np.float32(0.02)), np.float32
    )


def low_tom(kit: Kit, rng: np.random.Generator) -> Audio:
    """The floor tom."""
    time = seconds(0.6)
    head = swept_sine(time, kit.snare_hz * 0.52, 1.5, 0.05) * np.exp(-time / np.float32(0.17))
    return np.asarray(
        head + 0.08 * noise(time.size, rng, 600, 5000, 0.3) * np.exp(-time / np.float32(0.02)), np.float32
    )
