"""The report of `dawg analyse`: one HTML file with a table of all songs, and diagrams of each song."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dawg_ai.analysis import FIGURES, Analysis, shown
from dawg_ai.dsp.meters.key import NAMES
from dawg_ai.dsp.meters.meter import MOMENTARY_STEPS, SHORT_TERM_STEPS, STEPS_PER_S
from dawg_ai.report import page, svg

ONSET_WINDOW_S = 20.0  # from the middle of the song; all beats would be too dense to see
LEGEND = (
    "M max, S max: loudest 0.4 s and 3 s. PLR, PSR: true peak above the loudness, and above that of the most "
    "compressed 3 s. crest: peak above RMS. DC: offset. corr: of left and right, 1 is mono. beat: time of the first. "
    '"-": undefined.'
)
OCTAVES_HZ = {31.25: "31", 62.5: "63", 125: "125", 250: "250", 500: "500"} | {
    1000: "1k", 2000: "2k", 4000: "4k", 8000: "8k", 16_000: "16k",
}  # fmt: skip


def document(found: Sequence[Analysis], unusable: Sequence[Mapping[str, str]]) -> str:
    """The HTML page.

    Args:
        found: The songs that were measured.
        unusable: `path` and `reason` of each file that could not be measured.

    Returns:
        Self-contained HTML.
    """
    head = ["", *(f"{figure.label} {figure.unit}".strip() for figure in FIGURES)]
    rows = [[each.path.name, *(shown(each, figure) for figure in FIGURES)] for each in found]
    pieces = [svg.STYLE, *([page.table(head, rows), page.paragraph(LEGEND)] if rows else [])]
    if unusable:
        pieces += [
            page.heading("Not measured"),
            page.table(["file", "why"], [[e["path"], e["reason"]] for e in unusable]),
        ]
    for each in found:
        pieces += [
            page.heading(each.path.name),
            _figures(each),
            _loudness(each),
            _spectrum(each),
            _rhythm(each),
            _key(each),
        ]
    title = found[0].path.name if len(found) == 1 else f"{len(found)} songs"
    return page.document(f"Analysis of {title}", *pieces)


def _figures(analysis: Analysis) -> str:
    return page.facts({figure.label: f"{shown(analysis, figure)} {figure.unit}".strip() for figure in FIGURES[3:]})


def _loudness(analysis: Analysis) -> str:
    loudness, duration_s = analysis.loudness, float(analysis.figures["duration_s"] or 0)
    momentary, short_term = loudness.momentary_lufs.copy(), loudness.short_term_lufs.copy()
    momentary[: MOMENTARY_STEPS - 1], short_term[: SHORT_TERM_STEPS - 1] = -np.inf, -np.inf
    ends_s = (1 + np.arange(len(momentary))) / STEPS_PER_S
    axes = svg.Axes(
        (0, max(duration_s, 0.1)),
        (-60, 6),
        svg.seconds(duration_s),
        range(-60, 1, 10),
        meaning="loudness over time",
    )
    return svg.legend(
        "Loudness in LUFS", third="momentary", first="short-term", second="true peak, dBTP"
    ) + axes.draw(
        axes.curve(ends_s, momentary, "third thin"),
        axes.curve(ends_s, loudness.peaks_db, "second thin"),
        axes.curve(ends_s, short_term, "first"),
        axes.level(loudness.integrated_lufs, "first"),
    )


def _spectrum(analysis: Analysis) -> str:
    axes = svg.Axes(
        (25, 20_000), (-90, 0), OCTAVES_HZ, range(-90, 1, 15), logarithmic=True, meaning="long-term spectrum"
    )
    curves = []
    for per_octave, kind in ((6, "third thin"), (3, "first")):
        centers, powers = analysis.spectrum.bands(per_octave)
        known = powers > 0
        curves.append(axes.curve(centers[known], 10 * np.log10(powers[known]), kind))
    return svg.legend("Spectrum in dBFS, Hz", first="thirds of an octave", third="sixths") + axes.draw(*curves)


def _rhythm(analysis: Analysis) -> str:
    rhythm, duration_s = analysis.rhythm, float(analysis.figures["duration_s"] or 0)
    start_s = max(0.0, 0.5 * (duration_s - ONSET_WINDOW_S))
    end_s = min(start_s + ONSET_WINDOW_S, duration_s)
    at_s = np.arange(len(rhythm.strength)) / rhythm.frames_per_s
    near = (at_s >= start_s) & (at_s <= end_s)
    ticks = {at: text for at, text in svg.seconds(duration_s).items() if start_s <= at <= end_s}
    ticks = (
        ticks
        if len(ticks) > 3
        else {float(at): f"{at // 60}:{at % 60:02d}" for at in range(int(start_s) + 1, int(end_s) + 1, 2)}
    )
    top = max(float(rhythm.strength[near].max(initial=0)), 1.0)
    axes = svg.Axes(
        (start_s, max(end_s, start_s + 0.1)), (0, top), ticks, [0, round(top / 2), round(top)], meaning="onsets"
    )
    beats_s = rhythm.beats_s[(rhythm.beats_s >= start_s) & (rhythm.beats_s <= end_s)]
    sure = analysis.figures["tempo_bpm"] is not None
    legend = {"first": "beats"} if sure else {}
    return svg.legend("Onset strength in dB", **legend) + axes.draw(
        axes.marks(beats_s, "first") if sure else "", axes.curve(at_s[near], rhythm.strength[near], "third")
    )


def _key(analysis: Analysis) -> str:
    if analysis.key is None:
        return ""
    chroma: Any = 100 * analysis.key.chroma
    top = 5 * float(np.ceil(max(chroma.max(), 1) / 5))
    ticks = dict(enumerate(NAMES))
    axes = svg.Axes(
        (-0.6, 11.6), (0, top), {float(k): v for k, v in ticks.items()}, [0, top / 2, top], meaning="pitch classes"
    )
    found = analysis.key.name if analysis.figures["key"] else f"not sure; nearest is {analysis.key.name}"
    return svg.legend(f"How much of each pitch class, %. Key: {found}") + axes.draw(
        axes.bars(np.arange(12.0), chroma, 36)
    )
