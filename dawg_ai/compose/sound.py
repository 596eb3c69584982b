"""The sound of a style: kit, instruments, levels, sends, buses, and the tonal balance of the master."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from dawg_ai.compose.drums import Kit
from dawg_ai.compose.voices import Patch

# Frequencies at which `Sound.tonal_balance_db` is given.
BALANCE_HZ = (31.5, 45.0, 63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 12000.0, 16000.0)


@dataclass(frozen=True)
class Player:
    """A player of the band: its possible instruments and its place in the mix.

    Attributes:
        patches: One is chosen for each artist.
        level_db: RMS relative to the drums.
        pan: -1 (left) to 1 (right).
        reverb_db: Level of the send to the reverb.
        delay_db: Level of the send to the delay; None for no send.
    """

    patches: tuple[Patch, ...]
    level_db: float
    pan: float = 0.0
    reverb_db: float = -15.0
    delay_db: float | None = None


@dataclass(frozen=True)
class Sound:
    """The sound of a style, or of one artist within it.

    Attributes:
        kit: The drums.
        drum_db: Level of each drum.
        players: By part.
        drum_reverb_db: Send of the drum bus to the reverb.
        reverb_s: Reverberation time (T60) at low frequencies.
        reverb_high_hz: Frequency above which T60 is halved.
        predelay_s: Pre-delay of the reverb.
        room_tone_db: Level of the room tone, relative to the drums.
        bus_ratio: Ratio of the bus compressor.
        loudness_lufs: Target loudness of mastering; limiting may reduce it by up to 1 LU.
        tonal_balance_db: Level in third-octave bands at `BALANCE_HZ`, relative to any level.
        ducking_db: Gain reduction by the kick of all but the drums; 0 for none.
        ducking_release_s: Release time constant of the ducking.
        delay_feedback_percent: Feedback of the delay, which all players share.
        echo_reverb_db: Send of the delay to the reverb.
    """

    kit: Kit
    drum_db: Mapping[str, float]
    players: Mapping[str, Player]
    drum_reverb_db: float
    reverb_s: float
    reverb_high_hz: float
    predelay_s: float
    room_tone_db: float
    bus_ratio: float
    loudness_lufs: float
    tonal_balance_db: tuple[float, ...]
    ducking_db: float = 0.0
    ducking_release_s: float = 0.08
    delay_feedback_percent: float = 35.0
    echo_reverb_db: float = -10.0


def palette(sound: Sound, rng: np.random.Generator) -> Sound:
    """The sound of one artist of a style, with varied instruments, drums, reverb and tonal balance."""

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
    variation = np.convolve(rng.normal(0, 2.6, len(BALANCE_HZ) + 2), (0.3, 0.4, 0.3), "valid") + tilt
    return replace(
        sound,
        kit=kit,
        players=players,
        drum_db={drum: level + rng.normal(0, 0.8) for drum, level in sound.drum_db.items()},
        reverb_s=vary(sound.reverb_s, 0.25),
        reverb_high_hz=vary(sound.reverb_high_hz, 0.2),
        loudness_lufs=sound.loudness_lufs + rng.uniform(-0.7, 0.7),
        tonal_balance_db=tuple(float(level) for level in np.array(sound.tonal_balance_db) + variation),
    )
