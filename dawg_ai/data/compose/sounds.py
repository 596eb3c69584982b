"""Six styles as data: how they sound. Kits, instruments, levels, rooms and the tonal balance of the finished record."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from dawg_ai.data.compose.drums import Kit
from dawg_ai.data.compose.voices import Patch

# Frequencies at which `Sound.balance_db` is given.
BALANCE_HZ = (31.5, 45.0, 63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 12000.0, 16000.0)


@dataclass(frozen=True)
class Player:
    """One seat in the band: the instruments it may play, its place in the mix.

    Levels are RMS relative to the drums. `pan` runs from -1 (left) to 1. `echo_db` is the first repeat of a
    dotted-eighth echo.
    """

    patches: tuple[Patch, ...]
    level_db: float
    pan: float = 0.0
    send_db: float = -15.0
    echo_db: float | None = None


@dataclass(frozen=True)
class Sound:
    """The sound of a style, or of one artist within it."""

    kit: Kit
    drum_db: Mapping[str, float]
    players: Mapping[str, Player]
    drum_send_db: float
    room_s: float  # reverberation time at middle frequencies
    room_hz: float  # above this the room swallows sound faster
    predelay_s: float
    pump_db: float  # how far the kick ducks everything else
    pump_s: float  # and how soon that is over
    hiss_db: float  # level of the air of the recording, relative to the drums
    glue: float  # how much of every decibel above the mean level the bus compressor takes
    loudness_lufs: float
    balance_db: tuple[float, ...]  # level in third-octave bands at `BALANCE_HZ`, any reference


def palette(style: str, artist: int) -> Sound:
    """The sound of artist number `artist` of a style: own instruments, drums, room and taste in tone."""
    sound = SOUNDS[style]
    rng = np.random.default_rng([21, list(SOUNDS).index(style), artist])

    def vary(value: float, share: float) -> float:
        return float(value * np.exp(rng.uniform(-share, share)))

    players = {}
    for name, player in sound.players.items():
        patch = player.patches[int(rng.integers(len(player.patches)))]
        patch = replace(
            patch,
            open_hz=vary(patch.open_hz, 0.15),
            closed_hz=vary(patch.closed_hz, 0.15),
            sweep_s=vary(patch.sweep_s, 0.2),
        )
        players[name] = replace(
            player,
            patches=(patch,),
            level_db=player.level_db + rng.normal(0, 1.0),
            pan=player.pan * float(rng.choice((-1, 1))),
        )
    kit = replace(
        sound.kit,
        kick_hz=vary(sound.kit.kick_hz, 0.1),
        kick_s=vary(sound.kit.kick_s, 0.15),
        click=vary(sound.kit.click, 0.3),
        snare_hz=vary(sound.kit.snare_hz, 0.12),
        snare_s=vary(sound.kit.snare_s, 0.2),
        hat_hz=vary(sound.kit.hat_hz, 0.12),
        hat_s=vary(sound.kit.hat_s, 0.2),
    )
    tilt = rng.normal(0, 0.35) * np.linspace(-3, 3, len(BALANCE_HZ))
    taste = np.convolve(rng.normal(0, 1.3, len(BALANCE_HZ) + 2), (0.3, 0.4, 0.3), "valid") + tilt
    return replace(
        sound,
        kit=kit,
        players=players,
        drum_db={drum: level + rng.normal(0, 0.8) for drum, level in sound.drum_db.items()},
        room_s=vary(sound.room_s, 0.25),
        room_hz=vary(sound.room_hz, 0.2),
        loudness_lufs=sound.loudness_lufs + rng.uniform(-0.7, 0.7),
        balance_db=tuple(float(level) for level in np.array(sound.balance_db) + taste),
    )


SOUNDS = {
    "house": Sound(
        kit=Kit(kick_hz=49, kick_s=0.17, click=0.3, snare_s=0.1, hat_hz=8000, hat_s=0.03, drive=1.4),
        drum_db={
            "kick": 0,
            "snare": -7,
            "clap": -7,
            "rim": -15,
            "hat": -15,
            "openhat": -13,
            "ride": -18,
            "shaker": -18,
        }
        | {"crash": -12, "tom": -9, "lowtom": -9},
        players={
            "bass": Player(
                (
                    Patch("tone", "saw", decay_s=0.3, sustain=0.4, open_hz=1400, closed_hz=220, sweep_s=0.09),
                    Patch("tone", "square", decay_s=0.4, sustain=0.5, open_hz=900, closed_hz=260, sweep_s=0.12),
                    Patch(
                        "tone", "sub", decay_s=0.5, sustain=0.6, open_hz=2500, closed_hz=600, sweep_s=0.1, drive=1.6
                    ),
                ),
                level_db=-3,
                send_db=-40,
            ),
            "chords": Player(
                (
                    Patch("tone", "saw", 0.003, 0.25, 0.1, 0.12, 5500, 700, 0.11, 14, centre=True),
                    Patch("tone", "organ", 0.003, 0.3, 0.3, 0.06, 7000, 2200, 0.1, 6, click=0.1),
                    Patch("chime", "rhodes", 0.003, 2.0, 0.3, 0.12, 5000, 5000, 0.6, 6, click=0.08),
                ),
                level_db=-7,
                pan=0.15,
                send_db=-9,
                echo_db=-13,
            ),
            "pad": Player(
                (Patch("ensemble", "saw", 0.25, 9, 0.8, 0.4, 3800, 3800, 1, 22),),
                level_db=-14,
                send_db=-8,
            ),
            "melody": Player(
                (
                    Patch("tone", "saw", 0.004, 0.4, 0.3, 0.15, 9000, 2600, 0.2, 12, vibrato_cents=8),
                    Patch("tone", "pulse", 0.004, 0.3, 0.25, 0.12, 8000, 2000, 0.15, 8),
                    Patch("chime", "bell", 0.002, 3, 0, 0.4, 9000, 9000, 0.5, 5, click=0.1),
                ),
                level_db=-9,
                pan=0.1,
                send_db=-8,
                echo_db=-9,
            ),
            "arp": Player(
                (
                    Patch("tone", "pulse", 0.002, 0.12, 0, 0.08, 8000, 900, 0.07, 10),
                    Patch("chime", "mallet", 0.002, 3, 0, 0.2, 9000, 9000, 0.2, 4, click=0.15),
                ),
                level_db=-13,
                pan=0.5,
                send_db=-8,
                echo_db=-8,
            ),
        },
        drum_send_db=-20,
        room_s=1.3,
        room_hz=5000,
        predelay_s=0.02,
        pump_db=8,
        pump_s=0.16,
        hiss_db=-50,
        glue=0.3,
        loudness_lufs=-12.9,
        balance_db=(-9, 0, 1.5, -2, -6.5, -9, -10.5, -11.5, -12, -13.5, -16, -21),
    ),
    "hiphop": Sound(
        kit=Kit(
            kick_hz=46, kick_sweep=3.2, kick_s=0.26, click=0.2, snare_hz=200, snare_s=0.12, hat_hz=7000, drive=2.0
        ),
        drum_db={
            "kick": 0,
            "snare": -4,
            "clap": -6,
            "rim": -14,
            "hat": -15,
            "openhat": -17,
            "ride": -18,
            "shaker": -19,
        }
        | {"crash": -15, "tom": -9, "lowtom": -9},
        players={
            "bass": Player(
                (
                    Patch("tone", "sub", 0.004, 1.2, 0.4, 0.1, 900, 300, 0.2, drive=1.8),
                    Patch("tone", "sub", 0.004, 2.5, 0.2, 0.15, 2500, 500, 0.1, drive=2.6),
                    Patch("tone", "string", 0.004, 0.9, 0.2, 0.08, 1200, 350, 0.2),
                ),
                level_db=0,
                send_db=-40,
            ),
            "chords": Player(
                (
                    Patch("chime", "rhodes", 0.003, 3, 0.2, 0.2, 3200, 3200, 1.0, 7, click=0.05),
                    Patch("tone", "string", 0.003, 0.8, 0.1, 0.2, 3000, 700, 0.3, 9, click=0.05),
                    Patch("tone", "organ", 0.01, 3, 0.6, 0.12, 2600, 1500, 0.3, 9),
                ),
                level_db=-8,
                pan=0.1,
                send_db=-14,
            ),
            "pad": Player(
                (Patch("ensemble", "saw", 0.3, 9, 0.8, 0.4, 1600, 1600, 1, 24),),
                level_db=-15,
                send_db=-10,
            ),
            "melody": Player(
                (
                    Patch("tone", "flute", 0.03, 3, 0.7, 0.12, 5000, 3000, 0.3, 5, vibrato_cents=14, click=0.03),
                    Patch("chime", "mallet", 0.002, 3, 0, 0.3, 6000, 6000, 0.45, 5, click=0.1),
                    Patch("tone", "pulse", 0.006, 0.8, 0.4, 0.1, 4500, 1600, 0.2, 6, vibrato_cents=12),
                ),
                level_db=-9,
                pan=0.12,
                send_db=-11,
                echo_db=-14,
            ),
            "arp": Player(
                (
                    Patch("chime", "bell", 0.002, 3, 0, 0.3, 5000, 5000, 0.4, 6, click=0.05),
                    Patch("tone", "bridge", 0.002, 0.4, 0, 0.2, 5000, 1500, 0.2, 5, click=0.1),
                ),
                level_db=-14,
                pan=0.5,
                send_db=-10,
                echo_db=-12,
            ),
        },
        drum_send_db=-21,
        room_s=0.7,
        room_hz=3500,
        predelay_s=0.01,
        pump_db=3,
        pump_s=0.12,
        hiss_db=-36,
        glue=0.35,
        loudness_lufs=-13.3,
        balance_db=(-5, 1.5, 2, -1, -5, -8.5, -12, -15, -17.5, -20.5, -24.5, -30),
    ),
    "rock": Sound(
        kit=Kit(
            kick_hz=62, kick_sweep=3, kick_s=0.12, click=0.6, snare_hz=185, snare_s=0.16, hat_hz=6200, hat_s=0.05
        ),
        drum_db={
            "kick": 0,
            "snare": -2,
            "clap": -8,
            "rim": -13,
            "hat": -14,
            "openhat": -13,
            "ride": -13,
            "shaker": -18,
        }
        | {"crash": -7, "tom": -5, "lowtom": -5},
        players={
            "bass": Player(
                (
                    Patch("tone", "bridge", 0.003, 0.9, 0.4, 0.05, 3500, 900, 0.25, click=0.1, drive=1.5),
                    Patch("tone", "string", 0.003, 1.2, 0.4, 0.06, 2200, 700, 0.3, drive=2.2),
                ),
                level_db=-3,
                send_db=-30,
            ),
            "chords": Player(
                (
                    Patch("tone", "power", 0.004, 3.0, 0.5, 0.05, 9000, 5200, 0.15, 9, click=0.05),
                    Patch("tone", "power", 0.003, 1.6, 0.4, 0.06, 12000, 4000, 0.3, 12, click=0.05),
                ),
                level_db=-1.5,
                send_db=-20,
            ),
            "pad": Player(
                (Patch("tone", "organ", 0.02, 9, 0.9, 0.1, 6000, 6000, 1, 10),),
                level_db=-13,
                pan=0.25,
                send_db=-14,
            ),
            "melody": Player(
                (
                    Patch("tone", "power", 0.006, 4, 0.7, 0.1, 6500, 4200, 0.3, 5, vibrato_cents=22),
                    Patch("tone", "bridge", 0.004, 1.2, 0.4, 0.1, 7000, 3000, 0.3, 6, vibrato_cents=16, drive=2.5),
                ),
                level_db=-5,
                pan=0.1,
                send_db=-12,
                echo_db=-15,
            ),
            "arp": Player(
                (
                    Patch("tone", "bridge", 0.002, 0.7, 0.1, 0.2, 7500, 2200, 0.35, 7, click=0.12),
                    Patch("tone", "string", 0.002, 0.8, 0.1, 0.2, 6500, 2000, 0.3, 7, click=0.1),
                ),
                level_db=-6,
                pan=0.4,
                send_db=-13,
            ),
        },
        drum_send_db=-13,
        room_s=0.9,
        room_hz=6000,
        predelay_s=0.012,
        pump_db=0,
        pump_s=0.1,
        hiss_db=-46,
        glue=0.35,
        loudness_lufs=-12.9,
        balance_db=(-22, -12, -5, -2.5, -4, -4.5, -5.5, -6, -8, -13.5, -18, -26),
    ),
    "ambient": Sound(
        kit=Kit(kick_hz=44, kick_sweep=2, kick_s=0.3, click=0.05, snare_hz=170, snare_s=0.2, hat_hz=7500, hat_s=0.06),
        drum_db={
            "kick": 0,
            "snare": -9,
            "clap": -12,
            "rim": -13,
            "hat": -19,
            "openhat": -20,
            "ride": -19,
            "shaker": -18,
        }
        | {"crash": -18, "tom": -9, "lowtom": -9},
        players={
            "bass": Player(
                (
                    Patch("tone", "sub", 0.25, 6, 0.7, 0.8, 600, 600, 1),
                    Patch("ensemble", "sub", 0.4, 9, 0.8, 0.9, 500, 500, 1, 12),
                ),
                level_db=-1,
                send_db=-24,
            ),
            "chords": Player(
                (
                    Patch("chime", "rhodes", 0.02, 5, 0.2, 0.9, 3500, 3500, 2.2, 8),
                    Patch("tone", "string", 0.01, 1.5, 0.1, 1.0, 4000, 700, 0.6, 8, click=0.03),
                ),
                level_db=-5,
                pan=0.2,
                send_db=-5,
                echo_db=-10,
            ),
            "pad": Player(
                (
                    Patch("ensemble", "saw", 0.9, 9, 0.9, 1.6, 2200, 2200, 1, 26),
                    Patch("ensemble", "organ", 0.9, 9, 0.9, 1.6, 3000, 3000, 1, 34),
                    Patch("ensemble", "square", 0.9, 9, 0.9, 1.6, 1800, 1800, 1, 28),
                ),
                level_db=1,
                send_db=-6,
            ),
            "melody": Player(
                (
                    Patch("tone", "flute", 0.08, 5, 0.8, 0.4, 6000, 4000, 0.5, 6, vibrato_cents=10, click=0.02),
                    Patch("chime", "bell", 0.004, 5, 0, 1.2, 7000, 7000, 1.3, 6, click=0.03),
                ),
                level_db=-6,
                pan=0.2,
                send_db=-4,
                echo_db=-8,
            ),
            "arp": Player(
                (
                    Patch("chime", "bell", 0.003, 5, 0, 1.0, 8000, 8000, 1.0, 8, click=0.04),
                    Patch("chime", "mallet", 0.003, 5, 0, 0.8, 8000, 8000, 0.6, 8, click=0.06),
                ),
                level_db=-9,
                pan=0.6,
                send_db=-4,
                echo_db=-7,
            ),
        },
        drum_send_db=-6,
        room_s=3.2,
        room_hz=4500,
        predelay_s=0.03,
        pump_db=0,
        pump_s=0.3,
        hiss_db=-34,
        glue=0.25,
        loudness_lufs=-15.2,
        balance_db=(-13, -8, -4, -1, -0.5, -3, -7.5, -13, -18, -23, -27, -32),
    ),
    "funk": Sound(
        kit=Kit(
            kick_hz=58, kick_sweep=3, kick_s=0.11, click=0.5, snare_hz=215, snare_s=0.09, hat_hz=7800, hat_s=0.03
        ),
        drum_db={
            "kick": 0,
            "snare": -2,
            "clap": -6,
            "rim": -12,
            "hat": -11,
            "openhat": -12,
            "ride": -14,
            "shaker": -16,
        }
        | {"crash": -10, "tom": -5, "lowtom": -5},
        players={
            "bass": Player(
                (
                    Patch("tone", "bridge", 0.002, 0.5, 0.3, 0.04, 7000, 900, 0.12, click=0.25),
                    Patch("tone", "string", 0.002, 0.6, 0.3, 0.04, 4500, 700, 0.15, click=0.2, drive=1.5),
                    Patch("tone", "square", 0.002, 0.35, 0.2, 0.05, 3500, 350, 0.1),
                ),
                level_db=-2,
                send_db=-34,
            ),
            "chords": Player(
                (
                    Patch("tone", "bridge", 0.002, 0.18, 0.05, 0.05, 9000, 2600, 0.1, 7, click=0.15),
                    Patch("tone", "pulse", 0.002, 0.2, 0.1, 0.04, 8000, 1800, 0.08, 6, click=0.12),
                    Patch("chime", "rhodes", 0.002, 1, 0.3, 0.1, 7000, 7000, 0.7, 7, click=0.12),
                ),
                level_db=-7,
                pan=0.35,
                send_db=-18,
            ),
            "pad": Player(
                (
                    Patch("tone", "organ", 0.01, 9, 0.9, 0.08, 8000, 8000, 1, 9),
                    Patch("ensemble", "saw", 0.12, 9, 0.9, 0.2, 5000, 5000, 1, 20),
                ),
                level_db=-15,
                pan=0.3,
                send_db=-14,
            ),
            "melody": Player(
                (
                    Patch("tone", "brass", 0.03, 0.6, 0.6, 0.08, 9000, 3500, 0.2, 9, centre=True, vibrato_cents=10),
                    Patch("tone", "saw", 0.01, 0.5, 0.5, 0.08, 8000, 2800, 0.15, 7, vibrato_cents=12),
                ),
                level_db=-7,
                pan=0.15,
                send_db=-13,
                echo_db=-18,
            ),
            "arp": Player(
                (
                    Patch("tone", "bridge", 0.002, 0.15, 0, 0.05, 7000, 1800, 0.08, 5, click=0.15),
                    Patch("tone", "pulse", 0.002, 0.15, 0, 0.05, 6000, 1200, 0.06, 5, click=0.1),
                ),
                level_db=-9,
                pan=0.5,
                send_db=-15,
            ),
        },
        drum_send_db=-18,
        room_s=0.55,
        room_hz=7000,
        predelay_s=0.008,
        pump_db=0,
        pump_s=0.1,
        hiss_db=-48,
        glue=0.3,
        loudness_lufs=-13.3,
        balance_db=(-17, -8, -2, -2, -5.5, -7, -7.5, -8, -8.5, -10, -12.5, -18),
    ),
    "synthwave": Sound(
        kit=Kit(kick_hz=54, kick_s=0.2, click=0.4, snare_hz=175, snare_s=0.15, gate_s=0.26, hat_hz=6800, drive=1.5),
        drum_db={
            "kick": 0,
            "snare": -2,
            "clap": -8,
            "rim": -15,
            "hat": -17,
            "openhat": -17,
            "ride": -19,
            "shaker": -20,
        }
        | {"crash": -11, "tom": -3, "lowtom": -3},
        players={
            "bass": Player(
                (
                    Patch("tone", "saw", 0.002, 0.4, 0.3, 0.03, 3000, 350, 0.09),
                    Patch("tone", "square", 0.002, 0.4, 0.4, 0.03, 2200, 400, 0.1),
                    Patch("tone", "saw", 0.002, 0.5, 0.4, 0.03, 1800, 600, 0.08, drive=1.5),
                ),
                level_db=-2,
                send_db=-30,
            ),
            "chords": Player(
                (
                    Patch("tone", "saw", 0.01, 1.0, 0.5, 0.2, 6000, 2000, 0.35, 18, centre=True),
                    Patch("tone", "brass", 0.03, 1.0, 0.6, 0.2, 6000, 2200, 0.4, 16, centre=True),
                ),
                level_db=-8,
                send_db=-10,
            ),
            "pad": Player(
                (Patch("ensemble", "saw", 0.3, 9, 0.9, 0.5, 3000, 3000, 1, 26),),
                level_db=-9,
                send_db=-8,
            ),
            "melody": Player(
                (
                    Patch("tone", "saw", 0.008, 2, 0.7, 0.2, 8000, 3500, 0.4, 14, centre=True, vibrato_cents=14),
                    Patch("tone", "square", 0.008, 2, 0.7, 0.2, 6500, 3000, 0.4, 9, vibrato_cents=14),
                ),
                level_db=-8,
                pan=0.05,
                send_db=-8,
                echo_db=-10,
            ),
            "arp": Player(
                (
                    Patch("tone", "pulse", 0.002, 0.18, 0.05, 0.08, 7500, 1000, 0.1, 10),
                    Patch("tone", "saw", 0.002, 0.15, 0.05, 0.08, 6000, 900, 0.09, 12),
                ),
                level_db=-12,
                pan=0.4,
                send_db=-10,
                echo_db=-11,
            ),
        },
        drum_send_db=-12,
        room_s=1.9,
        room_hz=5500,
        predelay_s=0.025,
        pump_db=4,
        pump_s=0.15,
        hiss_db=-46,
        glue=0.3,
        loudness_lufs=-13.2,
        balance_db=(-14, -5, -0.5, 0, -3, -4.5, -7, -9.5, -12, -16.5, -20, -26),
    ),
}
