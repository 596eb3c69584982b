"""Recipes: what was done to a song, as JSON that renders the same samples anywhere. See docs/bundle.md."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dawg_ai.audio import Audio, UnusableAudio, at_rate, read
from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Knob, Processor
from dawg_ai.errors import UsageError

FORMAT = 1


class Chain:
    """A recipe's effects as one: blocks of any size in, as many samples out, `latency_samples` behind.

    The sounds that effects work with are read here; their paths count from the working directory.

    Raises:
        UsageError: the recipe is of another format, names an effect or knob that does not exist, or a sound that
            cannot be used.
    """

    def __init__(self, recipe: Mapping[str, Any], sample_rate_hz: int, channels: int) -> None:
        if recipe.get("format") != FORMAT:
            raise UsageError(f"the recipe is of format {recipe.get('format')}; expected {FORMAT}")
        self.processors = [_at_work(link, sample_rate_hz, channels) for link in recipe["chain"]]

    @property
    def latency_samples(self) -> int:
        """How many samples the output is behind the input."""
        return sum(processor.latency_samples for processor in self.processors)

    @property
    def tail_samples(self) -> int:
        """How long it sounds on after the input has ended."""
        return sum(processor.tail_samples for processor in self.processors)

    def process(self, x: Audio) -> Audio:
        """The next block, (channels, samples) in and out."""
        for processor in self.processors:
            x = processor.process(x)
        return x


def render(
    recipe: Mapping[str, Any], audio: Audio, sample_rate_hz: int, exact: bool = False, tail: bool = False
) -> Audio:
    """`audio` (channels, samples) through the recipe's effects, in time with what went in, and as long.

    If `tail`, it is longer by what echoes and rooms take to ring out.

    Each effect renders the whole before the next begins, so that a limiter can look at its work again. A convolution
    goes a faster way, unless all is to be `exact`: to the bit what the studio exports.

    Raises:
        UsageError: as `Chain`.
    """
    chain = Chain(recipe, sample_rate_hz, len(audio))
    if tail:
        audio = np.pad(audio, ((0, 0), (0, chain.tail_samples)))
    for processor in chain.processors:
        audio = processor.render(audio, exact)
    return audio


def _at_work(link: Mapping[str, Any], sample_rate_hz: int, channels: int) -> Processor:
    processor = Processor(effect.load(link["effect"]), sample_rate_hz, link["knobs"], channels)
    if "sound" in link:
        try:
            sound, rate_hz = read(Path(link["sound"]))
        except UnusableAudio as error:
            right = "a wav, flac, ogg or mp3, its path as seen from the recipe"
            raise UsageError(f"the sound for {link['effect']} cannot be used: {error}; expected {right}") from None
        if len(sound) > 2:
            raise UsageError(f"{link['sound']} has {len(sound)} channels; expected 1 or 2: write two of them alone")
        if len(sound) != channels:  # one for all, which of stereo is the mean
            sound = np.repeat(sound.mean(0, keepdims=True), channels, axis=0)
        processor.load(at_rate(sound, rate_hz, sample_rate_hz))
    return processor


def in_words(name: str, values: Mapping[str, float], confidence: Mapping[str, float]) -> str:
    """A table of the knobs, one line a group: `Band 1  low shelf  Frequency 90 Hz  Gain -2.1 dB  sure 71%`."""
    chosen = effect.load(name)
    lines = []
    for group in dict.fromkeys(knob.group for knob in chosen.knobs):
        words = [_value(knob, values[knob.name]) for knob in chosen.knobs if knob.group == group]
        sure = f"  sure {confidence[group]:.0%}" if group in confidence else ""
        lines.append(f"{group:8s}{'  '.join(words)}{sure}")
    return "\n".join(lines)


def _value(knob: Knob, value: float) -> str:
    if knob.choices:
        return f"{knob.choices[int(value)]:11s}"
    decimals = 0 if knob.step >= 1 else len(f"{knob.step:g}".partition(".")[2])
    return f"{knob.label} {value:{7 if knob.step < 1 else 6}.{decimals}f} {knob.unit}".rstrip()
