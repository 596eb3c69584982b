"""A/B excerpts of every effect: five seconds of music before and after it, at equal loudness.

The knob values are the `example` of the effect's declaration (`dawg_ai.dsp.effect.Effect`).
"""

import io

import numpy as np
import soundfile
from numpy.typing import NDArray

from dawg_ai import audio, compose
from dawg_ai.audio import Audio
from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Effect, Knob, Processor
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.errors import UsageError
from dawg_ai.notes import Notes, notes
from dawg_ai.units import amplitude_from_db

RATE_HZ = compose.RATE
SECONDS = 5  # of an excerpt
HELD_ROWS, ROWS_PER_S = 50, 100  # of curves
PREROLL_S = 2  # processed before the excerpt, so that detectors have settled and echoes have built up
LUFS = -23.0  # EBU R 128; leaves headroom. The thresholds of examples are chosen for it
MAX_PEAK = 0.95  # Vorbis overshoots a little
STYLE, SEED = "funk", 4  # drums with ghost notes, bass and chords, so that every effect is audible
STEP_S = 0.1  # hop of the search for the loudest passage
RESPONSE_S, T60_S = 1.5, 1.2  # of the impulse response for convolution


def passage(song: Audio | None = None, rate_hz: int = RATE_HZ) -> Audio:
    """The loudest passage of a song, with a pre-roll of `PREROLL_S`.

    Args:
        song: (channels, samples), full scale 1.0; None: one that the program composes.
        rate_hz: The song's sampling rate.

    Returns:
        (2, samples) at `RATE_HZ`; its last `SECONDS` have an integrated loudness of `LUFS`.

    Raises:
        UsageError: The song is too short, or almost silent.
    """
    whole = compose.song(STYLE, SEED)[0] if song is None else audio.at_rate(audio.stereo(song), rate_hz, RATE_HZ)
    energy = np.concatenate([[0.0], np.cumsum(np.square(whole, dtype=np.float64).sum(0))])
    size = min(whole.shape[1], (PREROLL_S + SECONDS) * RATE_HZ)
    starts = np.arange(0, whole.shape[1] - size + 1, round(STEP_S * RATE_HZ))
    start = int(starts[np.argmax(energy[starts + size] - energy[starts])])
    loudest = np.broadcast_to(whole[:, start : start + size], (2, size))
    lufs = integrated_lufs(_excerpt(loudest), RATE_HZ)
    if not np.isfinite(lufs):
        raise UsageError("too short or too quiet to compare anything; give at least a second of music")
    return loudest * np.float32(amplitude_from_db(LUFS - lufs))


def pair(name: str, sound: Audio) -> tuple[Audio, Audio]:
    """Excerpts before and after an effect with the knobs of its example, latency removed.

    Args:
        name: The effect.
        sound: A `passage`, (channels, samples) at `RATE_HZ`.

    Returns:
        Before and after, the last `SECONDS` of the passage: both at `LUFS`, or both quieter by the same gain to keep
        peaks below `MAX_PEAK`.
    """
    chosen = effect.load(name)
    processor = Processor(chosen, RATE_HZ, chosen.example, len(sound))
    if chosen.load:
        processor.load(impulse_response())
    if chosen.play:
        processor.play(drum_notes() if chosen.plays == "notes" else held_rows(chosen))
    late = processor.latency_samples
    wet = processor.process(np.pad(sound, ((0, 0), (0, late))))[:, late:]
    before, after = (at_loudness(_excerpt(each), RATE_HZ, LUFS) for each in (sound, wet))
    headroom = min(1.0, MAX_PEAK / max(float(np.abs(before).max()), float(np.abs(after).max())))
    return before * np.float32(headroom), after * np.float32(headroom)


def drum_notes() -> Notes:
    """Two bars of rock drums at 120 bpm over and over, as long as a passage: (count, 6), for instruments."""
    eighths = range(4 * (PREROLL_S + SECONDS))
    hats = [[0.25 * at, 0.1, 42, 0.5, 0, 0] for at in eighths]
    drums = [
        [0.25 * at, 0.1, 38 if at % 4 == 2 else 36, 0.8, 0, 0] for at in eighths if at % 4 in (0, 2) or at % 8 == 5
    ]
    return notes([*hats, *drums])


def held_rows(chosen: Effect) -> NDArray[np.float32]:
    """An instrument's rows of curves, each held for 50, over and over, as long as a passage: (rows, columns)."""
    cycle = np.repeat(np.array(chosen.rows, np.float32), HELD_ROWS, axis=0)
    return np.resize(cycle, (ROWS_PER_S * (PREROLL_S + SECONDS), cycle.shape[1]))


def impulse_response() -> Audio:
    """Exponentially decaying white noise, 60 dB down after `T60_S`: (2, samples) at `RATE_HZ`."""
    time_s = np.arange(int(RESPONSE_S * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(SEED).standard_normal((2, len(time_s)))
    return (0.1 * noise * 10.0 ** (-3.0 / T60_S * time_s)).astype(np.float32)


def at_loudness(sound: Audio, sample_rate_hz: int, lufs: float) -> Audio:
    """Normalise audio to an integrated loudness (ITU-R BS.1770-5), so that the louder version has no advantage.

    Args:
        sound: (channels, samples), not silent.
        sample_rate_hz: Its sampling rate.
        lufs: Target loudness.

    Returns:
        (channels, samples); peaks may exceed full scale.
    """
    gain = amplitude_from_db(lufs - integrated_lufs(sound, sample_rate_hz))
    return np.asarray(sound * np.float32(gain), np.float32)


def example_in_words(name: str) -> str:
    """The knobs that an effect's example sets, or "its defaults".

    >>> example_in_words("limiter")
    'Drive 18 dB'
    """
    chosen = effect.load(name)
    words = [_in_words(knob, chosen) for knob in chosen.knobs if knob.name in chosen.example]
    return ", ".join(words) or "its defaults"


def _in_words(knob: Knob, chosen: Effect) -> str:
    value = chosen.example[knob.name]
    shown = knob.choices[int(value)] if knob.choices else f"{value:g} {knob.unit}".rstrip()
    band = f"{knob.group}: " if knob.group[-1:].isdigit() else ""
    return f"{band}{knob.label} {shown}"


def ogg(sound: Audio) -> bytes:
    """Encode audio as Ogg Vorbis that decodes to the same loudness.

    Args:
        sound: (channels, samples) at `RATE_HZ`.
    """
    # The codec removes masked components, more from bright than from dull sounds: up to 0.15 dB of loudness.
    decoded = soundfile.read(io.BytesIO(_vorbis(sound)), dtype="float32")[0].T
    lost_db = integrated_lufs(sound, RATE_HZ) - integrated_lufs(decoded, RATE_HZ)
    return _vorbis(sound * np.float32(amplitude_from_db(lost_db)))


def _vorbis(sound: Audio) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, sound.T, RATE_HZ, format="OGG", subtype="VORBIS")
    return buffer.getvalue()


def _excerpt(sound: Audio) -> Audio:
    return sound[:, -min(sound.shape[1], SECONDS * RATE_HZ) :]
