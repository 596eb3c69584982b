"""Test cases as sound: dry patterns through measured rooms, and the energy decay of our reverb beside the room's.

room    the pattern convolved with the whole response, direct sound and all
send    the pattern, and the response without its direct sound as an effect: with a pre-delay and a level

A response's noise floor is taken away first: where a band meets it, its slope goes on. All convolution is of samples,
and nothing of it is that of training.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve, istft, stft

from dawg_ai import audio, chain
from dawg_ai.analysis import room
from dawg_ai.audio import Audio
from dawg_ai.data.clip import Clip
from dawg_ai.data.item import Item
from dawg_ai.plugins.reverb import decays, patterns
from dawg_ai.plugins.reverb.bands import BANDS, EDGES_HZ, RANGES, RATE_HZ, ROWS, envelope, prepare_bands
from dawg_ai.plugins.reverb.examples import LONGEST_PREDELAY_S, RANGE, kinds, pick
from dawg_ai.plugins.reverb.features import wet_part

CASES = 100  # of a run, at least; as many of each room
PEAK = 0.5
FFT_SIZE = 1024
WET_DB = (-15.0, 6.0)
EDC_DEPTH_DB = 40.0
EDC_S = 8.0

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A sound in a space that is known.

    Args:
        room: the room's group.
        sound: (2, samples).
        rate_hz: its sample rate.
        t60_s: of the ranges.
        send: whether pre-delay, level and width are known as well; else they are nan.
        predelay_ms: silence before the first reflection.
        wet_db: energy of the wet response relative to the dry impulse's.
        width: root of the energy of the wet side signal over that of its mid signal, at most 1.
        wet: the wet response, (2, samples), with pre-delay and level, for a dry impulse of 1.
    """

    room: str
    sound: Audio
    rate_hz: int
    t60_s: Array
    send: bool
    predelay_ms: float
    wet_db: float
    width: float
    wet: Audio


def cases(items: Sequence[Item], clips: Mapping[str, Clip], seed: int, count: int = CASES) -> Iterator[Case]:
    """At least `count` cases, as many of each room, every other one a send.

    Args:
        items: dry sounds and rooms.
        clips: all clips by id.
        seed: of patterns, rooms, levels.
        count: number of cases.
    """
    kits, rooms, _ = kinds(items)
    groups: dict[str, list[Item]] = {}
    for each in rooms:
        groups.setdefault(each.group, []).append(each)
    if not groups or not kits:
        return
    for name, positions in sorted(groups.items()):
        for index in range(-(-count // len(groups))):
            rng = np.random.default_rng([seed, index, *name.encode()])
            yield _case(positions[int(rng.integers(len(positions)))], pick(kits, rng), clips, index % 2 == 1, rng)


def dry_sounds(
    items: Sequence[Item], clips: Mapping[str, Clip], seed: int, count: int, rate_hz: int
) -> Iterator[tuple[str, Audio]]:
    """Patterns without any room, with the name of the kit."""
    kits, _, _ = kinds(items)
    for index in range(count if kits else 0):
        rng = np.random.default_rng([seed, index, count])
        sounds = pick(kits, rng)
        yield sounds[0].group, _played([clips[each.id] for each in sounds], rate_hz, rng)


def _case(
    where: Item, sounds: Sequence[Item], clips: Mapping[str, Clip], send: bool, rng: np.random.Generator
) -> Case:
    response, rate_hz = _response(clips[where.id].files["response"])
    dry = _played([clips[each.id] for each in sounds], rate_hz, rng)
    wet = response.copy()
    wet_part(wet, float(rate_hz))
    t60_s = np.array([float(where.annotations[name]) for name in room.DECAY_TIMES])
    wet /= np.float32(np.sqrt(_energy(wet, rate_hz)))
    width = _width(wet)
    predelay_s = float(rng.uniform(0.0, LONGEST_PREDELAY_S) * (rng.random() < 0.8))
    wet_db = float(rng.uniform(*WET_DB))
    if not send:
        sound = _convolved(dry, response)
        return Case(where.group, _scaled(sound), rate_hz, t60_s, False, np.nan, np.nan, np.nan, wet)
    delay = round(predelay_s * rate_hz)
    delayed = np.pad(wet, ((0, 0), (delay, 0))) * np.float32(10.0 ** (wet_db / 20.0))
    sound = dry + _convolved(dry.mean(0, keepdims=True).repeat(2, 0), delayed)
    return Case(where.group, _scaled(sound), rate_hz, t60_s, True, 1000.0 * predelay_s, wet_db, width, delayed)


def _played(clips: Sequence[Clip], rate_hz: int, rng: np.random.Generator) -> Audio:
    pattern = patterns.draw(rng, len(clips))
    out = np.zeros((2, int(patterns.SECONDS * rate_hz)), np.float32)
    sounds = [_sound(clip.files["dry"], rate_hz) for clip in clips]
    for hit in pattern.hits:
        start = int(hit.time_s * rate_hz)
        part = sounds[hit.sound][:, : out.shape[1] - start]
        out[:, start : start + part.shape[1]] += np.float32(np.sqrt(hit.power)) * part
    out[:, int(pattern.end_s * rate_hz) :] = 0.0
    return out


@lru_cache(maxsize=128)
def _sound(path: Path, rate_hz: int) -> Audio:
    """A dry sound, up to four seconds, as loud as the others in its loudest 20 ms."""
    sound = audio.resampled(audio.open(path), rate_hz).audio()
    sound = np.repeat(sound, 2, 0) if len(sound) == 1 else sound[:2]
    sound = sound[:, : 4 * rate_hz]
    size = rate_hz // 50
    energy = np.convolve((sound**2).mean(0), np.ones(size) / size)
    return np.asarray(sound / np.float32(np.sqrt(energy.max() + 1e-9)), np.float32)


@lru_cache(maxsize=16)
def _response(path: Path) -> tuple[Audio, int]:
    """A response from its direct sound on, as stereo, without its noise floor."""
    response, rate_hz = audio.read(path)
    response = np.repeat(response, 2, 0) if len(response) == 1 else response[:2]
    response = response[:, room.onset(response) :][:, : 10 * rate_hz]
    frames = decays.crossings(levels_db(response, rate_hz, response.shape[1] * RATE_HZ // rate_hz))
    hz, times, spectra = stft(response, rate_hz, nperseg=FFT_SIZE)
    at = times * RATE_HZ
    band = np.clip(np.searchsorted(EDGES_HZ, hz, "right") - 1, 0, BANDS - 1)
    crossing, slope = (each[band][:, None] for each in frames)
    spectra *= 10.0 ** (0.5 * slope * np.maximum(at - crossing, 0.0))
    spectra[:, hz < 60.0] = 0.0  # hum
    made = istft(spectra, rate_hz, nperseg=FFT_SIZE)[1]
    return np.asarray(made[:, : response.shape[1]], np.float32), rate_hz


def levels_db(sound: Audio, rate_hz: int, frames: int) -> NDArray[np.float32]:
    """Levels of the bands, (frames, ROWS), of a sound that need not be as long."""
    window, cosines, sines = np.zeros(4096), np.zeros(1024), np.zeros(1024)
    prepare_bands(float(rate_hz), window, cosines, sines)
    found = np.zeros((frames, ROWS), np.float32)
    padded = np.ascontiguousarray(np.pad(sound, ((0, 0), (0, rate_hz))), np.float32)
    envelope(padded, float(rate_hz), 0, window, cosines, sines, np.zeros((4, 4160)), np.zeros(ROWS), found)
    return found


def _energy(response: Audio, rate_hz: int) -> float:
    """Energy of a response from 100 Hz to 15.5 kHz, relative to an impulse's."""
    power = (np.abs(np.fft.rfft(response.astype(np.float64), axis=1)) ** 2).mean(0)
    hz = np.fft.rfftfreq(response.shape[1], 1.0 / rate_hz)
    return float(power[(hz > EDGES_HZ[1]) & (hz < EDGES_HZ[-1])].mean())


def _width(response: Audio) -> float:
    left, right = response.astype(np.float64)
    return float(min(np.sqrt(((left - right) ** 2).sum() / ((left + right) ** 2).sum()), 1.0))


def _convolved(dry: Audio, response: Audio) -> Audio:
    return np.asarray(fftconvolve(dry, response, axes=1)[:, : dry.shape[1]], np.float32)


def _scaled(sound: Audio) -> Audio:
    return np.asarray(sound * (PEAK / max(float(np.abs(sound).max()), 1e-6)), np.float32)


def wet_response(knobs: Mapping[str, float], rate_hz: int) -> Audio:
    """The effect's wet response with these knobs, for a dry impulse of 1."""
    impulse = np.zeros((2, int(EDC_S * rate_hz)), np.float32)
    impulse[:, 0] = 1.0
    recipe = {"format": chain.FORMAT, "chain": [{"effect": "reverb", "knobs": {**knobs, "mix_percent": 100.0}}]}
    mix = min(0.01 * knobs["mix_percent"], 0.999)
    return np.asarray(chain.render(recipe, impulse, rate_hz) * np.float32(mix / (1.0 - mix)), np.float32)


def decay_distance_db(right: Audio, ours: Audio, rate_hz: int) -> float:
    """Mean distance of two decay curves, each range's, down to EDC_DEPTH_DB below the start of the right one."""
    distances = []
    one, other = (_decay_curves_db(each, rate_hz) for each in (right, ours))
    for k in range(RANGES):
        within = one[k] >= one[k, 0] - EDC_DEPTH_DB
        floor = one[k, 0] - EDC_DEPTH_DB - 20.0
        distances.append(np.abs(one[k] - np.maximum(other[k], floor))[within].mean())
    return float(np.mean(distances))


def _decay_curves_db(response: Audio, rate_hz: int) -> Array:
    """Schroeder's curves of the ranges in dB, (RANGES, frames), 60 dB up: well above the floor of the levels."""
    response = response * np.float32(1000.0)
    power = 10.0 ** (0.1 * levels_db(response, rate_hz, int(EDC_S * RATE_HZ))[:, :BANDS].T.astype(np.float64))
    curves = [np.cumsum(power[k == RANGE].sum(0)[::-1])[::-1] for k in range(RANGES)]
    return np.asarray(10.0 * np.log10(np.array(curves) + 1e-14))
