"""From a rendered song to the file that its listener gets: bits, layout and tags as its source's, the ceiling kept.

The last step of `dawg apply` and `dawg render`.
"""

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dawg_ai import audio
from dawg_ai.audio import Sound
from dawg_ai.audio import tags as tagging
from dawg_ai.audio.formats import bits_like, format_of
from dawg_ai.dsp import effect
from dawg_ai.dsp.meters import true_peak
from dawg_ai.errors import DawgError

BITS = ("16", "24", "32f")
_TOLERANCE_DB = 0.05  # by which a limiter's own ceiling may be missed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be chosen of the file."""
    words = "bits of a wav, flac or aiff file, 32f for float; default: the song's"
    parser.add_argument("--bits", choices=BITS, default="", help=words)


@dataclass(frozen=True)
class Delivery:
    """What became of a song on its way into the file.

    Attributes:
        clipped_samples: samples beyond full scale, clipped.
        true_peak_db: of what the file decodes to; None for silence, and where nothing could have changed it after the
            last effect, or that one has no ceiling.
        remarks: what its maker should know, in words.
    """

    clipped_samples: int
    true_peak_db: float | None
    remarks: tuple[str, ...]


def deliver(
    target: Path,
    sound: Sound,
    recipe: Mapping[str, Any],
    source: Path | None,
    bits: str = "",
    resampled: bool = False,
) -> Delivery:
    """Write a rendered song, as its blocks are rendered.

    Args:
        target: the file, in the format that its suffix says.
        sound: the song.
        recipe: what it was rendered through.
        source: the file that it was made from, whose tags it keeps; None for a song that was generated.
        bits: what the user has asked for; "" for those of the source.
        resampled: whether it was resampled after the last effect.

    Returns:
        What became of it.

    Raises:
        UsageError: the format does not hold such a sound.
        DawgError: it cannot be written, or there is nothing to write.
    """
    tags = tagging.read(source) if source else tagging.Tags()
    chosen, empty = bits or bits_like(target, sound.bits), True
    with audio.create(target, sound.rate_hz, sound.channels, sound.layout, chosen, tags) as out:
        for block in sound.blocks():
            out.write(block)
            empty = False
        if empty:
            raise DawgError(f"there is no audio to write, so {target} is not written")
    remarks = [tags.lost] if tags.lost else []
    if out.clipped_samples:
        right = "lower the level" + (", or write .wav with --bits 32f" if chosen != "32f" else "")
        remarks.append(f"{target}: {out.clipped_samples} samples were above full scale and are clipped; {right}")
    ceiling_db, peak_db = _ceiling_db(recipe), None
    changed_by = f"resampling to {sound.rate_hz} Hz" if resampled else ""
    if format_of(target).lossy:
        changed_by = "lossy coding"
    if ceiling_db is not None and changed_by:
        peak_db = decoded_true_peak_db(target)
        if peak_db > ceiling_db + _TOLERANCE_DB:
            lower_db = math.floor(10.0 * (2.0 * ceiling_db - peak_db)) / 10.0
            remarks.append(
                f"{target}: its true peak is {peak_db:+.1f} dBTP, above the ceiling of {ceiling_db:+.1f} dB, "
                f"because of {changed_by}; set the ceiling to {lower_db:.1f} dB"
            )
    if peak_db is not None and not math.isfinite(peak_db):
        peak_db = None  # silence; JSON has no infinity
    return Delivery(out.clipped_samples, peak_db, tuple(remarks))


def decoded_true_peak_db(path: Path) -> float:
    """True peak of what a file decodes to, in dBTP; -inf for silence."""
    sound = audio.open(path)
    meter = true_peak.Meter(sound.channels)
    for block in sound.blocks():
        meter.update(block)
    return meter.result()


def _ceiling_db(recipe: Mapping[str, Any]) -> float | None:
    """The ceiling that the last effect keeps; None if it keeps none."""
    links = [link for link in recipe["chain"] if not link.get("bypass")]
    if not links:
        return None
    last = effect.load(links[-1]["effect"])
    default = next((knob.default for knob in last.knobs if knob.name == "ceiling_db"), None)
    return None if default is None else float(links[-1].get("knobs", {}).get("ceiling_db", default))
