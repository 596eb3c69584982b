"""Test cases as sound: excerpts of songs, played through the effect `delay`, and perhaps through a codec."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dawg_ai import audio, chain
from dawg_ai.audio import Audio, UnusableAudio
from dawg_ai.data.clip import Clip

SONGS = 30  # of a run
EXCERPT_S, WITHIN_S = 12, 60  # excerpts are of the first minute
SHORTEST_MS, LONGEST_MS = 50.0, 1050.0
QUIET = 1e-3  # root mean square of an excerpt that is left out


@dataclass(frozen=True)
class Condition:
    """How a kind of case is made; what is None is drawn at random."""

    level_db: float | None = None  # of the first echo, below the dry sound
    high_cut_hz: float | None = None
    ping_pong: float | None = 0.0
    depth: float = 0.0  # of the modulation, as a share of the delay
    codec: str = ""  # suffix of a file
    dry: bool = False


CONDITIONS: Mapping[str, Condition] = {
    "-12 dB": Condition(-12.0, 4000.0),
    "-18 dB": Condition(-18.0, 4000.0),
    "ping-pong": Condition(-12.0, 4000.0, 1.0),
    "modulated": Condition(-12.0, 4000.0, depth=0.003),
    "OGG": Condition(-12.0, 4000.0, codec=".ogg"),
    "MP3": Condition(-12.0, 4000.0, codec=".mp3"),
    "any echo": Condition(ping_pong=None),
    "dry": Condition(dry=True),
}


@dataclass(frozen=True)
class Case:
    """A sound whose echo is known: lag in ms (0: none), feedback, level in dB, high cut in Hz, ping-pong."""

    sound: Audio
    rate_hz: int
    lag_ms: float
    feedback: float
    level_db: float
    high_cut_hz: float
    ping_pong: bool


def cases(clips: Sequence[Clip], names: Iterable[str], seed: int) -> Iterator[tuple[str, dict[str, Case]]]:
    """For up to SONGS clips that are long and loud enough, its id and a case for each of `names`, of CONDITIONS."""
    order = np.random.default_rng(seed).permutation(len(clips))
    for clip in (clips[i] for i in order[:SONGS]):
        rng = np.random.default_rng([seed, *clip.id.encode()])
        try:
            found = _excerpt(clip, rng)
        except UnusableAudio:
            continue
        if found is not None:
            yield clip.id, {name: _case(*found, CONDITIONS[name], rng) for name in names}


def _excerpt(clip: Clip, rng: np.random.Generator) -> tuple[Audio, int] | None:
    sound = audio.folded(audio.open(clip.path))
    span, blocks, samples = EXCERPT_S * sound.rate_hz, [], 0
    for block in sound.blocks():
        blocks.append(block)
        samples += block.shape[1]
        if samples >= WITHIN_S * sound.rate_hz:
            break
    if samples < span:
        return None
    start = int(rng.integers(samples - span + 1))
    excerpt = np.concatenate(blocks, axis=1)[:, start : start + span]
    return (excerpt, sound.rate_hz) if np.sqrt(np.mean(excerpt**2)) > QUIET else None


def _case(dry: Audio, rate_hz: int, how: Condition, rng: np.random.Generator) -> Case:
    if how.dry:
        return Case(dry, rate_hz, 0.0, 0.0, -np.inf, 0.0, False)
    level_db = how.level_db if how.level_db is not None else rng.uniform(-20.0, -4.0)
    gain = 10.0 ** (level_db / 20.0)
    high_cut_hz = how.high_cut_hz or float(np.exp(rng.uniform(np.log(1500.0), np.log(16_000.0))))
    ping_pong = bool(rng.random() < 0.2 if how.ping_pong is None else how.ping_pong)
    time_ms = round(float(np.exp(rng.uniform(np.log(SHORTEST_MS), np.log(LONGEST_MS)))), 1)
    knobs = {
        "time_ms": time_ms,
        "mode": "ping-pong" if ping_pong else "stereo",
        "feedback_percent": float(rng.integers(0, 71)),
        "high_cut_hz": 10.0 * round(high_cut_hz / 10.0),
        "mix_percent": float(round(100.0 * gain / (1.0 + gain))),
        "rate_hz": 0.5,
        "depth_ms": how.depth * time_ms,
    }
    wet = chain.render({"format": chain.FORMAT, "chain": [{"effect": "delay", "knobs": knobs}]}, dry, rate_hz)
    mix = 0.01 * float(knobs["mix_percent"])
    return Case(
        _through(wet, rate_hz, how.codec),
        rate_hz,
        time_ms,
        0.01 * float(knobs["feedback_percent"]),
        float(20.0 * np.log10(mix / (1.0 - mix))),
        float(knobs["high_cut_hz"]),
        ping_pong,
    )


def _through(sound: Audio, rate_hz: int, codec: str) -> Audio:
    """The sound after a file of a lossy codec, at the encoder's default quality."""
    if not codec:
        return sound
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"echo{codec}"
        audio.write(path, np.clip(sound, -1.0, 1.0), rate_hz)
        return audio.read(path)[0]
