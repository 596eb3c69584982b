"""What each effect does, for ears: five seconds of music before and after it, at one loudness."""

import io
from collections.abc import Mapping

import numpy as np
import soundfile

from dawg_ai import audio
from dawg_ai.audio import Audio
from dawg_ai.data import compose
from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.errors import UsageError
from dawg_ai.units import amplitude_from_db

RATE_HZ = compose.RATE
SECONDS = 5
LEAD_SECONDS = 2  # played to the effect before, so that it has settled and its echoes are there
LUFS = -23.0  # EBU R 128; leaves room for peaks. Thresholds below are set for it
PEAK = 0.95  # Vorbis overshoots a little
STYLE, SEED = "funk", 4  # drums with ghost notes, bass and chords: every effect finds something to do

# What makes an effect plain to hear; one that is not named shows its defaults.
SHOWN: Mapping[str, Mapping[str, float]] = {
    "compressor": {"threshold_db": -37, "ratio": 8, "attack_ms": 3, "release_ms": 80},
    "convolution": {"mix_percent": 40},
    "deesser": {"crossover_hz": 4000, "threshold_db": -53, "ratio": 8, "range_db": 18},
    "delay": {"time_ms": 280, "feedback_percent": 45, "mode": 1, "mix_percent": 35},
    "eq": {"band1_db": 6, "band3_db": -8, "band6_db": 8},
    "gate": {"threshold_db": -21, "ratio": 8, "release_ms": 60, "hold_ms": 20},
    "limiter": {"drive_db": 18},
    "multiband": {"bands": 1, "band1_threshold_db": -43, "band2_threshold_db": -43, "band3_threshold_db": -43}
    | {"band1_ratio": 6, "band2_ratio": 6, "band3_ratio": 6, "band3_gain_db": 6},
    "parametric": {"band1_db": -9, "band4_db": 6, "band6_db": 9, "band6_place": 4},
    "reverb": {"mix_percent": 35},
    "saturation": {"drive_db": 21},
    "stereo": {"middle_percent": 180, "high_percent": 200, "mono_hz": 150},
}


def passage(song: Audio | None = None, rate_hz: int = RATE_HZ) -> Audio:
    """The loudest SECONDS of a song, or of a composed one, with what comes before: (2, samples) at RATE_HZ and LUFS.

    Raises:
        UsageError: the song is too short, or all but silent there.
    """
    whole = compose.song(STYLE, SEED)[0] if song is None else audio.at_rate(audio.stereo(song), rate_hz, RATE_HZ)
    energy = np.concatenate([[0.0], np.cumsum(np.square(whole, dtype=np.float64).sum(0))])
    size = min(whole.shape[1], (LEAD_SECONDS + SECONDS) * RATE_HZ)
    # Starts 100 ms apart are near enough.
    starts = np.arange(0, whole.shape[1] - size + 1, RATE_HZ // 10)
    start = int(starts[np.argmax(energy[starts + size] - energy[starts])])
    found = np.broadcast_to(whole[:, start : start + size], (2, size))
    now = integrated_lufs(_heard(found), RATE_HZ)
    if not np.isfinite(now):
        raise UsageError("too short or too quiet to compare anything; give at least a second of music")
    return found * np.float32(amplitude_from_db(LUFS - now))


def pair(name: str, heard: Audio) -> tuple[Audio, Audio]:
    """A passage before and after an effect, without its latency, both at one loudness, LUFS if peaks allow."""
    processor = Processor(effect.load(name), RATE_HZ, SHOWN.get(name, {}), len(heard))
    if processor.effect.load:
        processor.load(room())
    late = processor.latency_samples
    wet = processor.process(np.pad(heard, ((0, 0), (0, late))))[:, late:]
    before, after = (at_loudness(_heard(each), RATE_HZ, LUFS) for each in (heard, wet))
    headroom = min(1.0, PEAK / max(float(np.abs(before).max()), float(np.abs(after).max())))
    return before * np.float32(headroom), after * np.float32(headroom)


def room() -> Audio:
    """An impulse response made of noise, for effects that need one: 60 dB down after 1.2 s, (2, samples)."""
    time = np.arange(int(1.5 * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(SEED).standard_normal((2, len(time)))
    return (0.1 * noise * 10.0 ** (-2.5 * time)).astype(np.float32)


def at_loudness(sound: Audio, sample_rate_hz: int, lufs: float) -> Audio:
    """The sound, turned up or down to an integrated loudness; louder is never better in a comparison."""
    gain = amplitude_from_db(lufs - integrated_lufs(sound, sample_rate_hz))
    return np.asarray(sound * np.float32(gain), np.float32)


def in_words(name: str) -> str:
    """The settings heard: `Drive 18 dB`; `Ratio 8 : 1, Attack 3 ms`."""
    chosen = effect.load(name)
    words = []
    for knob in chosen.knobs:
        if knob.name in SHOWN.get(name, {}):
            value = SHOWN[name][knob.name]
            shown = knob.choices[int(value)] if knob.choices else f"{value:g} {knob.unit}".rstrip()
            band = f"{knob.group}: " if knob.group[-1:].isdigit() else ""
            words.append(f"{band}{knob.label} {shown}")
    return ", ".join(words) or "its defaults"


def ogg(sound: Audio) -> bytes:
    """The sound at RATE_HZ as an Ogg Vorbis file, as loud when decoded as it was before."""
    # The codec drops what it takes to be masked, more of a bright sound than of a dull one: up to 0.15 dB.
    decoded = soundfile.read(io.BytesIO(_vorbis(sound)), dtype="float32")[0].T
    lost_db = integrated_lufs(sound, RATE_HZ) - integrated_lufs(decoded, RATE_HZ)
    return _vorbis(sound * np.float32(amplitude_from_db(lost_db)))


def _vorbis(sound: Audio) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, sound.T, RATE_HZ, format="OGG", subtype="VORBIS")
    return buffer.getvalue()


def _heard(sound: Audio) -> Audio:
    return sound[:, -min(sound.shape[1], SECONDS * RATE_HZ) :]
