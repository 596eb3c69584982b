"""Recipes: what was done to a song, as JSON that renders the same samples anywhere. See docs/bundle.md."""

from collections.abc import Mapping
from typing import Any

from dawg_ai.audio import Audio
from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Knob
from dawg_ai.errors import UsageError

FORMAT = 1


class Chain:
    """A recipe's effects as one: blocks of any size in, as many samples out, `latency_samples` behind.

    Raises:
        UsageError: the recipe is of another format, or names an effect or knob that does not exist.
    """

    def __init__(self, recipe: Mapping[str, Any], sample_rate_hz: float, channels: int) -> None:
        if recipe.get("format") != FORMAT:
            raise UsageError(f"the recipe is of format {recipe.get('format')}; expected {FORMAT}")
        self.processors = [
            effect.Processor(effect.load(link["effect"]), sample_rate_hz, link["knobs"], channels)
            for link in recipe["chain"]
        ]

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


def render(recipe: Mapping[str, Any], audio: Audio, sample_rate_hz: float) -> Audio:
    """`audio` (channels, samples) through the recipe's effects, in time with what went in, and as long.

    Each effect renders the whole before the next begins, so that a limiter can look at its work again.

    Raises:
        UsageError: the recipe is of another format, or names an effect or knob that does not exist.
    """
    chain = Chain(recipe, sample_rate_hz, len(audio))
    for processor in chain.processors:
        audio = processor.render(audio)
    return audio


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
