"""Render recipes: chains of effects with their knobs, which `dawg_ai.recipe` checks."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dawg_ai import recipe as recipes
from dawg_ai.audio import Audio, Blocks, Sound, UnusableAudio, at_rate, held, read
from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Knob, Processor
from dawg_ai.errors import UsageError
from dawg_ai.notes import notes

FORMAT = recipes.FORMAT


class Chain:
    """A recipe's effects in series, block by block: as many samples out as in, `latency_samples` late.

    Knobs are rounded to their steps. Impulse responses and other sounds that effects need are read here.

    Args:
        recipe: as docs/bundle.md specifies it; paths of sounds are relative to the working directory.
        sample_rate_hz: sample rate of the audio.
        channels: 1 or 2.

    Raises:
        UsageError: see `dawg_ai.recipe.parse`; or a sound cannot be used.
    """

    def __init__(self, recipe: Mapping[str, Any], sample_rate_hz: int, channels: int) -> None:
        self.processors: list[Processor] = []
        for link in recipes.parse(recipe).recipe["chain"]:
            if not link.get("bypass"):
                self.processors.append(_processor(link, sample_rate_hz, channels, self.latency_samples))

    @property
    def latency_samples(self) -> int:
        """Delay of the output against the input in samples."""
        return sum(processor.latency_samples for processor in self.processors)

    @property
    def tail_samples(self) -> int:
        """Length in samples of the tail that rings on after the input has ended.

        Tails add up along the chain, but that of an instrument is all that it plays, whatever sounds before it.
        """
        total = 0
        for processor in self.processors:
            own = processor.tail_samples
            total = max(total, own) if processor.effect.play else total + own
        return total

    def process(self, x: Audio) -> Audio:
        """Process the next block, (channels, samples) in and out."""
        for processor in self.processors:
            x = processor.process(x)
        return x


def render(
    recipe: Mapping[str, Any], audio: Audio, sample_rate_hz: int, exact: bool = False, tail: bool = False
) -> Audio:
    """Render audio offline through a recipe's effects, latency compensated.

    Each effect renders all of the audio before the next begins, so that two-pass effects can analyse it first.

    Args:
        recipe: as docs/bundle.md specifies it; paths of sounds are relative to the working directory.
        audio: (channels, samples); 0 samples, with `tail`, where only instruments play.
        sample_rate_hz: sample rate of the audio.
        exact: run convolution by the real-time kernel, bit for bit as the studio exports it, and slower.
        tail: append the tails of echoes, reverbs and instruments.

    Returns:
        (channels, samples), as long as `audio`, and longer by `Chain.tail_samples` with `tail`.

    Raises:
        UsageError: as `Chain`.

    >>> quieter = {"format": 1, "chain": [{"effect": "parametric", "knobs": {"trim_db": -6}}]}
    >>> render(quieter, np.ones((2, 4), np.float32), 44_100)[0].round(2)
    array([0.5, 0.5, 0.5, 0.5], dtype=float32)
    """
    return rendered(recipe, held(audio, sample_rate_hz), exact, tail).audio()


def rendered(recipe: Mapping[str, Any], sound: Sound, exact: bool = False, tail: bool = False) -> Sound:
    """`render` as a stream: each block is rendered when it is read.

    Args:
        recipe: as `render`.
        sound: the audio.
        exact: as `render`.
        tail: as `render`.

    Returns:
        The rendered sound, of the same rate and layout.

    Raises:
        UsageError: as `Chain`.
    """
    fresh = [Chain(recipe, sound.rate_hz, sound.channels)]  # errors are reported now, not at the first block

    def blocks() -> Blocks:
        chain = fresh.pop() if fresh else Chain(recipe, sound.rate_hz, sound.channels)
        found = sound.blocks()
        if tail:
            silence = np.zeros((sound.channels, chain.tail_samples), np.float32)
            found = itertools.chain(found, held(silence, sound.rate_hz).blocks())
        for processor in chain.processors:
            found = processor.stream(found, exact)
        return found

    return replace(sound, blocks=blocks)


def _processor(link: Mapping[str, Any], sample_rate_hz: int, channels: int, late_samples: int) -> Processor:
    """An effect of a checked recipe, whose input comes late by `late_samples`."""
    processor = Processor(effect.load(link["effect"]), sample_rate_hz, recipes.values(link), channels)
    if "sound" in link:
        processor.load(_response_at_rate(*_companion(link, "sound", channels), sample_rate_hz))
    if "key" in link:
        processor.listen(at_rate(*_companion(link, "key", channels), sample_rate_hz), late_samples)
    if "notes" in link:
        processor.play(notes(link["notes"]))
    elif "curves" in link:
        processor.play(np.array(link["curves"], np.float32))
    return processor


def _response_at_rate(response: Audio, rate_hz: int, wanted_hz: int) -> Audio:
    """Resample an impulse response so that its frequency response stays as it is, in level too.

    The samples of a sound keep their values at another rate. Those of a response are summed: of half as many, each
    counts twice.
    """
    return at_rate(response, rate_hz, wanted_hz) * np.float32(rate_hz / wanted_hz)


def _companion(link: Mapping[str, Any], name: str, channels: int) -> tuple[Audio, int]:
    """Another sound that an effect works with, with the channels of the song, and its sample rate in Hz."""
    try:
        sound, rate_hz = read(Path(link[name]))
    except (UnusableAudio, ValueError) as error:
        right = "a wav, flac, ogg or mp3, with a path relative to the recipe"
        raise UsageError(f"the {name} for {link['effect']} cannot be used: {error}; expected {right}") from None
    if len(sound) > 2:
        raise UsageError(f"{link[name]} has {len(sound)} channels; expected 1 or 2: write two of them alone")
    if len(sound) != channels:  # mono for all channels; stereo is averaged to mono
        sound = np.repeat(sound.mean(0, keepdims=True), channels, axis=0)
    return sound, rate_hz


def knob_table(name: str, values: Mapping[str, float | str], confidence: Mapping[str, float]) -> str:
    """Knob values as text, one line for each group of knobs.

    Args:
        name: the effect.
        values: values by knob, a choice by name or index; knobs that are not named are left out.
        confidence: confidence by group, 0 to 1; may be empty.

    >>> knob_table("limiter", {"drive_db": 6.0, "ceiling_db": -1.0}, {})
    'limiter   Drive     6.0 dB  Ceiling    -1.0 dB'
    """
    chosen = effect.load(name)
    named = [knob for knob in chosen.knobs if knob.name in values]
    lines = []
    for group in dict.fromkeys(knob.group for knob in named):
        words = [_value(knob, values[knob.name]) for knob in named if knob.group == group]
        sure = f"  sure {confidence[group]:.0%}" if group in confidence else ""
        lines.append(f"{group or name:10s}{'  '.join(words)}{sure}")
    return "\n".join(lines)


def _value(knob: Knob, value: float | str) -> str:
    if isinstance(value, str) or knob.choices:
        return f"{value if isinstance(value, str) else knob.choices[int(value)]:11s}"
    decimals = 0 if knob.step >= 1 else len(f"{knob.step:g}".partition(".")[2])
    return f"{knob.label} {value:{7 if knob.step < 1 else 6}.{decimals}f} {knob.unit}".rstrip()
