"""What each stage of a master did, in words and dB, and the measurement that made it do so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dawg_ai.ask import Answer
from dawg_ai.dsp import effect
from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ
from dawg_ai.dsp.kernel import F64
from dawg_ai.dsp.meters.width import BANDS as REGIONS

MOST_DRIVE_DB = next(knob.maximum for knob in effect.load("limiter").knobs if knob.name == "drive_db")
AUDIBLE_DB = 0.1  # gains from which on a band is named
AUDIBLE_HZ = (40.0, 12_000.0)  # where a difference of spectra is named


@dataclass(frozen=True)
class Stage:
    """One stage of the chain.

    Args:
        name: "tone", "dynamics", "width" or "loudness".
        did: what it did.
        because: the measurement behind it.
        sure: its confidence, 0 to 1; None where its knobs are solved, or it was left out.
    """

    name: str
    did: str
    because: str
    sure: float | None

    def __str__(self) -> str:
        sure = "" if self.sure is None else f" (sure {self.sure:.0%})"
        return f"{self.name}: {self.did}{sure}; {self.because}"


def stages(answer: Answer, referenced: bool) -> list[Stage]:
    """The four stages, in order.

    Args:
        answer: of the plugin.
        referenced: whether it went by references.
    """
    links = {link["effect"]: link["knobs"] for link in answer.recipe["chain"]}
    sure = {
        link["effect"]: max(confidence.values(), default=0.0)
        for link, confidence in zip(answer.recipe["chain"], answer.confidence, strict=True)
    }
    found = answer.memory["differences"]
    against = "the reference" if referenced else "finished music"
    return [
        _tone(links.get("parametric"), sure.get("parametric"), found[:55], against),
        _dynamics(links.get("multiband"), sure.get("multiband"), found[55:58], against),
        _width(links.get("stereo"), sure.get("stereo"), found[58:61], answer.memory["song_side"], against),
        _loudness(links["limiter"], answer.memory),
    ]


def _tone(knobs: Mapping[str, Any] | None, sure: float | None, found: F64, against: str) -> Stage:
    audible = (AUDIBLE_HZ[0] <= CENTERS_HZ) & (AUDIBLE_HZ[1] >= CENTERS_HZ)
    smooth = np.convolve(np.pad(found, 3, "edge"), np.full(7, 1 / 7), "valid")
    at = int(np.argmax(np.where(audible, np.abs(smooth), 0.0)))
    because = f"around {_hz(CENTERS_HZ[at])} it has {_more(smooth[at])} than {against}"
    if knobs is None:
        return Stage("tone", "left alone", because, None)
    bands = [
        f"{knobs[f'band{band}_kind']} {_hz(knobs[f'band{band}_hz'])} {knobs[f'band{band}_db']:+.1f} dB"
        for band in range(1, 7)
        if abs(knobs[f"band{band}_db"]) >= AUDIBLE_DB
    ]
    return Stage("tone", ", ".join(bands) or "left alone", because, sure)


def _dynamics(knobs: Mapping[str, Any] | None, sure: float | None, found: F64, against: str) -> Stage:
    at = int(np.argmax(found))
    because = (
        f"from its median to its loudest 5 %, the level of the {REGIONS[at]} band spreads {_more(found[at])} than "
    )
    because += f"that of {against}"
    if knobs is None:
        return Stage("dynamics", "left alone", because, None)
    bands = [
        f"{region} band compressed above {knobs[f'band{band}_threshold_db']:.1f} dBFS, "
        f"{knobs[f'band{band}_gain_db']:.1f} dB of make-up gain"
        for band, region in enumerate(REGIONS, 1)
        if knobs[f"band{band}_gain_db"] >= AUDIBLE_DB
    ]
    return Stage("dynamics", ", ".join(bands) or "left alone", because, sure)


def _width(knobs: Mapping[str, Any] | None, sure: float | None, found: F64, side: F64, against: str) -> Stage:
    if not (np.asarray(side) > -119.0).any():
        return Stage("width", "left alone", "it is mono", None)
    at = int(np.argmax(np.abs(found)))
    because = f"against mid, side has {_more(found[at])} than in {against} in the {REGIONS[at]} band"
    if knobs is None:
        return Stage("width", "left alone", because, None)
    bands = [
        f"{region} {knobs[f'{region}_percent']:.0f} %" for region in REGIONS if knobs[f"{region}_percent"] != 100
    ]
    return Stage("width", ", ".join(bands) or "left alone", because, sure)


def _loudness(knobs: Mapping[str, Any], memory: Mapping[str, Any]) -> Stage:
    _, free_lufs, free_peak_db, *_ = memory["secant"]
    limiting = max(0.0, free_peak_db + knobs["drive_db"] - knobs["ceiling_db"])
    did = f"{knobs['drive_db']:+.1f} dB, and "
    did += f"up to {limiting:.1f} dB of limiting" if limiting >= 0.05 else "no limiting"
    did += f" to stay below {knobs['ceiling_db']:.1f} dBTP"
    because = (
        f"{free_lufs:.1f} LUFS and {free_peak_db:+.1f} dBTP came in, {memory['target_lufs'][0]:.1f} LUFS asked for"
    )
    return Stage("loudness", did, because, None)


def shortfall(answer: Answer, reached_lufs: float, most_reduction_db: float) -> str:
    """Why the loudness asked for was not reached; "" where it was.

    Args:
        answer: of the plugin.
        reached_lufs: what the master measures.
        most_reduction_db: of limiting that was allowed.
    """
    target_lufs = float(answer.memory["target_lufs"][0])
    if not np.isfinite(reached_lufs) or target_lufs - reached_lufs <= 0.1:
        return ""
    knobs = answer.recipe["chain"][-1]["knobs"]
    if knobs["drive_db"] >= MOST_DRIVE_DB:
        reason = f"the song came in so quiet that its gain would be above {MOST_DRIVE_DB:g} dB; raise it first"
    else:
        reason = (
            "for more, the highest peak would have to be turned down by more than "
            f"{most_reduction_db:g} dB (allow it with --most-reduction)"
        )
    return f"{target_lufs:.1f} LUFS were asked for and {reached_lufs:.1f} are reached: {reason}"


def _hz(hz: float) -> str:
    return f"{hz / 1000:.1f} kHz" if hz >= 1000 else f"{hz:.0f} Hz"


def _more(db: float) -> str:
    return f"{abs(db):.1f} dB {'more' if db >= 0 else 'less'}"
