"""What a style is in the studio: kit, instruments, levels, room and the tonal balance of the finished record."""

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


def palette(sound: Sound, rng: np.random.Generator) -> Sound:
    """The sound of one artist of a style: own instruments, drums, room and taste in tone."""

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
    tilt = rng.normal(0, 0.5) * np.linspace(-3, 3, len(BALANCE_HZ))
    taste = np.convolve(rng.normal(0, 2.6, len(BALANCE_HZ) + 2), (0.3, 0.4, 0.3), "valid") + tilt
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
