"""A dataset as one page: hours, genres, loudness, spectra, damaged files and licences, as pictures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dawg_ai import audio
from dawg_ai.analysis import loudness
from dawg_ai.data import Dataset
from dawg_ai.data.clip import Clip
from dawg_ai.data.inventory import Inventory
from dawg_ai.data.licence import Licence
from dawg_ai.dsp.kernel import F64
from dawg_ai.dsp.meters import spectrum
from dawg_ai.report import page, svg

BANDS_PER_OCTAVE = 3
MAX_BARS = 8
OCTAVES_HZ = {
    31.5: "31",
    63.0: "63",
    125.0: "125",
    250.0: "250",
    500.0: "500",
    1e3: "1k",
    2e3: "2k",
    4e3: "4k",
    8e3: "8k",
    16e3: "16k",
}
QUESTIONS = ("may be trained on", "weights may be shipped", "must be credited")


@dataclass(frozen=True)
class Measured:
    """A clip that was decoded.

    Args:
        clip: the clip.
        lufs: its integrated loudness; None where it has no sound, or is too short or quiet.
        bands_hz: centres of bands.
        bands_db: level in each.
        reason: why it is unusable; "" where it is usable.
    """

    clip: Clip
    lufs: float | None = None
    bands_hz: F64 | None = None
    bands_db: F64 | None = None
    reason: str = ""


def measure(clip: Clip) -> Measured:
    """Decode a clip, block by block, and measure it.

    Args:
        clip: the clip; notes and tables are not measured.
    """
    if "audio" not in clip.files:
        return Measured(clip)
    try:
        sound = audio.audible(clip.path)
        meter = loudness.Meter(sound.channels, sound.rate_hz, sound.layout)
        welch = spectrum.Meter(sound.channels, sound.rate_hz)
        for block in sound.blocks():
            meter.update(block)
            welch.update(block)
    except audio.UnusableAudio as error:
        return Measured(clip, reason=error.reason)
    centers_hz, powers = welch.result().bands(BANDS_PER_OCTAVE)
    lufs = meter.result().integrated_lufs
    with np.errstate(divide="ignore"):
        levels = 10 * np.log10(powers)
    return Measured(clip, lufs if np.isfinite(lufs) else None, centers_hz, levels)


def document(dataset: Dataset, sums: Inventory, hours: Sequence[float], measured: Sequence[Measured]) -> str:
    """The page.

    Args:
        dataset: the dataset.
        sums: what is there.
        hours: length of each of its clips.
        measured: the clips that were decoded, all or a sample.
    """
    clips = dataset.clips()
    facts = {
        "hours": f"{sums.hours:,.1f}",
        "clips": f"{sums.clips:,}",
        "groups": f"{sums.groups:,}",
        "on disk": f"{sums.size_bytes / 1e9:,.2f} GB",
        "may be trained on": f"{sums.may_train:,}",
        "weights may be shipped": f"{sums.may_ship:,}",
    }
    pieces = [
        page.paragraph(dataset.summary, "lead"),
        svg.STYLE,
        page.facts(facts),
        page.paragraph(f"**Licence.** {dataset.licence}"),
        page.paragraph(f"**Cite.** {dataset.citation}"),
        page.heading("Hours by style"),
        _bars(_summed(hours, [clip.style or "not stated" for clip in clips]), "hours by style"),
        page.heading("Hours by licence"),
        _bars(_summed(hours, [clip.licence.spdx for clip in clips]), "hours by licence"),
        _answers(sums),
        page.heading("Length in minutes"),
        _histogram(np.array(hours) * 60, "clips by length in minutes"),
    ]
    sound = [each for each in measured if each.bands_db is not None]
    if sound:
        pieces += [
            page.heading("Loudness in LUFS"),
            page.paragraph(_of(len(sound), sums.clips)),
            _histogram(np.array([each.lufs for each in sound if each.lufs is not None]), "clips by loudness"),
            page.heading("Spectra"),
            _spectra(sound),
        ]
    damaged = [each for each in measured if each.reason]
    pieces.append(page.heading("Damaged files"))
    if damaged:
        pieces.append(page.table(["clip", "reason"], [[each.clip.id, each.reason] for each in damaged[:200]]))
    pieces.append(page.paragraph(f"{len(damaged)} of {len(measured)} that were decoded."))
    return page.document(f"{dataset.name}, version {dataset.version}", *pieces)


def _of(count: int, total: int) -> str:
    return f"Of {count:,} clips, " + (
        "all that have sound." if count >= total else f"drawn by chance from {total:,}."
    )


def _summed(hours: Sequence[float], names: Sequence[str]) -> Mapping[str, float]:
    """Hours of each name, the most first; the rest together."""
    sums: Counter[str] = Counter()
    for name, each in zip(names, hours, strict=True):
        sums[name] += each  # type: ignore[assignment]
    top = dict(sums.most_common(MAX_BARS))
    rest = sum(sums.values()) - sum(top.values())
    return {**top, "others": rest} if len(sums) > MAX_BARS else top


def _bars(values: Mapping[str, float], meaning: str) -> str:
    highest = max(values.values(), default=0.0) or 1.0
    ticks = {at + 0.5: f"{name[:14]} ({value:.1f})" for at, (name, value) in enumerate(values.items())}
    axes = svg.Axes((0, max(1, len(values))), (0, highest), ticks, _ticks(highest), meaning=meaning)
    return axes.draw(axes.bars(np.array(list(ticks)), np.array(list(values.values())), 36))


def _ticks(highest: float) -> list[float]:
    step = 10 ** np.floor(np.log10(highest))
    return [
        float(f"{each:.3g}") for each in np.arange(0, highest + step / 1000, step if highest / step < 6 else 2 * step)
    ]


def _histogram(values: F64, meaning: str) -> str:
    if not len(values):
        return page.paragraph("None has one.")
    counts, edges = np.histogram(values, bins=24)
    ticks = {float(edge): f"{edge:.1f}" for edge in edges[::6]}
    axes = svg.Axes(
        (float(edges[0]), float(edges[-1])), (0, float(counts.max())), ticks, _ticks(counts.max()), meaning=meaning
    )
    return axes.draw(axes.bars((edges[:-1] + edges[1:]) / 2, counts.astype(float), 26))


def _spectra(sound: Sequence[Measured]) -> str:
    """Median and quartiles of the level in each band, each clip taken at -14 LUFS."""
    fit = [each for each in sound if each.lufs is not None and each.bands_db is not None]
    if not fit or fit[0].bands_hz is None:
        return page.paragraph("None is long enough.")
    size = min(len(each.bands_db) for each in fit if each.bands_db is not None)
    levels = np.array([each.bands_db[:size] - 14 - (each.lufs or 0) for each in fit if each.bands_db is not None])
    axes = svg.Axes((25, 20_000), (-90, 0), OCTAVES_HZ, range(-90, 1, 15), logarithmic=True, meaning="spectra")
    low, median, high = np.percentile(np.maximum(levels, -120), [25, 50, 75], axis=0)
    hz = fit[0].bands_hz[:size]
    curves = (axes.curve(hz, low, "third thin"), axes.curve(hz, high, "third thin"), axes.curve(hz, median, "first"))
    return axes.draw(*curves) + svg.legend(
        "dB in thirds of an octave, at -14 LUFS", first="median", third="quartiles"
    )


def _answers(sums: Inventory) -> str:
    """The three answers for each licence, and their reasons below."""
    rows, reasons = [], []
    for spdx, count in sums.licences.items():
        licence = Licence(spdx)
        answers = (licence.may_train, licence.may_ship, licence.must_credit)
        rows.append([spdx, f"{count:,}", *("yes" if answer else "no" for answer in answers)])
        reasons.append(f"**{spdx}**: {'; '.join(dict.fromkeys(answer.why for answer in answers))}.")
    return page.table(["licence", "clips", *QUESTIONS], rows) + "".join(map(page.paragraph, reasons))
