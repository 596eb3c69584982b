"""The figures of a song before and after: loudness, peaks, dynamics and width."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dawg_ai.analysis.loudness import Meter as LoudnessMeter
from dawg_ai.audio import Audio, Blocks, Sound
from dawg_ai.dsp.meters import levels, meter, width

NOTHING_DB = -150.0  # what is below, such as the width of two equal channels, is undefined
ROWS: Mapping[str, tuple[str, str, int]] = {
    "integrated_lufs": ("loudness", "LUFS", 1),
    "short_term_max_lufs": ("loudest 3 s", "LUFS", 1),
    "range_lu": ("range", "LU", 1),
    "true_peak_db": ("true peak", "dBTP", 2),
    "plr_db": ("PLR", "dB", 1),
    "crest_db": ("crest", "dB", 1),
    "width_low_db": ("width, low", "dB", 1),
    "width_middle_db": ("width, middle", "dB", 1),
    "width_high_db": ("width, high", "dB", 1),
}


@dataclass(frozen=True)
class Measured:
    """What a sound measures.

    Args:
        loudness: loudness and true peak, as figures and over time.
        crest_db: peak above RMS.
        width_db: side against mid in three bands; -inf for mono.
        samples: its length.
    """

    loudness: meter.Loudness
    crest_db: float
    width_db: tuple[float, float, float]
    samples: int

    def figures(self) -> dict[str, float | None]:
        """By the names of `ROWS`; None where a figure is undefined."""
        found = {name: getattr(self.loudness, name) for name in ROWS if hasattr(self.loudness, name)}
        found["crest_db"] = self.crest_db
        found |= {f"width_{band}_db": value for band, value in zip(width.BANDS, self.width_db, strict=True)}
        return {name: round(float(found[name]), 3) if found[name] > NOTHING_DB else None for name in ROWS}


class Meters:
    """All meters at work on one sound, block by block."""

    def __init__(self, sound: Sound) -> None:
        self._loudness = LoudnessMeter(sound.channels, sound.rate_hz, sound.layout)
        self._levels = levels.Meter(sound.channels)
        self._width = width.Meter(sound.channels, sound.rate_hz)
        self._samples = 0

    def update(self, block: Audio) -> None:
        """Measure the next samples, (channels, samples)."""
        self._samples += block.shape[1]
        for each in (self._loudness, self._levels, self._width):
            each.update(block)

    def result(self) -> Measured:
        """What all samples amount to."""
        found = self._levels.result()
        return Measured(self._loudness.result(), found.crest_db, self._width.result(), self._samples)


def measure(sound: Sound) -> Measured:
    """Measure a sound."""
    meters = Meters(sound)
    for block in sound.blocks():
        meters.update(block)
    return meters.result()


def metered(sound: Sound, meters: Meters) -> Sound:
    """A sound that is measured while it is read; once, from its beginning to its end."""

    def blocks() -> Blocks:
        for block in sound.blocks():
            meters.update(block)
            yield block

    return replace(sound, blocks=blocks)


def table(before: Measured, after: Measured) -> list[tuple[str, str, str, str]]:
    """Rows of name, before, after and unit."""
    old, new = before.figures(), after.figures()
    return [
        (label, _text(old[name], digits), _text(new[name], digits), unit)
        for name, (label, unit, digits) in ROWS.items()
    ]


def _text(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
