"""Diagrams as SVG, in the colours of the report page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

import numpy as np

from dawg_ai.dsp.kernel import F64

WIDTH, HEIGHT = 812, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 8, 10, 26  # margins, for the tick labels
MAX_POINTS = 800  # of a curve, about one per pixel

STYLE = """<style>
svg { width: 100%; height: auto; display: block; margin: 4px 0 6px; }
svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
.grid { stroke: var(--line); } .first { stroke: var(--accent); } .second { stroke: #4dabf7; }
.third { stroke: var(--soft); } .bar { fill: var(--accent); } .dashed { stroke-dasharray: 5 4; }
.line { fill: none; stroke-width: 1.5; stroke-linejoin: round; } .thin { stroke-width: 0.8; opacity: 0.75; }
.facts { grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); gap: 8px; margin: 0 0 18px; }
.facts div { padding: 8px 12px; } .facts b { font-size: 16px; white-space: nowrap; }
.key { font-size: 13px; color: var(--soft); margin: 0 0 6px; } .key b { font-weight: 500; }
.key .first { color: var(--accent); } .key .second { color: #4dabf7; }
</style>"""


@dataclass(frozen=True)
class Axes:
    """The axes of a diagram.

    Args:
        x: Lowest and highest x.
        y: Lowest and highest y.
        x_ticks: Position on the x axis -> label.
        y_ticks: Labelled positions on the y axis.
        logarithmic: Whether x is logarithmic; y is always linear.
        meaning: Text alternative.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    x_ticks: Mapping[float, str]
    y_ticks: Sequence[float]
    logarithmic: bool = False
    meaning: str = field(default="", kw_only=True)

    def place(self, x: F64, y: F64) -> tuple[F64, F64]:
        """Convert data to picture coordinates.

        Args:
            x: (points,) in the unit of the axis.
            y: (points,).

        Returns:
            (points,) from the left and (points,) from the top, clipped to the ranges.
        """
        low, high = np.log(self.x) if self.logarithmic else np.array(self.x)
        along = ((np.log(x) if self.logarithmic else x) - low) / (high - low)
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return (
            LEFT + np.clip(along, 0, 1) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - np.clip(up, 0, 1) * (HEIGHT - TOP - BOTTOM),
        )

    def draw(self, *pieces: str) -> str:
        """The SVG: grid, tick labels, and `pieces` from `curve`, `level`, `marks` and `bars`."""
        lines = []
        for value, text in self.x_ticks.items():
            x, y = (float(each[0]) for each in self.place(np.array([value]), np.array([self.y[0]])))
            lines.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{y:.1f}"/>')
            lines.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(text)}</text>')
        for value in self.y_ticks:
            y = float(self.place(np.array([self.x[0]]), np.array([float(value)]))[1][0])
            lines.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            lines.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self.meaning)}">'
        return head + "".join([*lines, *pieces]) + "</svg>"

    def curve(self, x: F64, y: F64, kind: str) -> str:
        """A line through points, with a gap where y is not finite.

        Args:
            x: (points,), rising.
            y: (points,); more than `MAX_POINTS` are reduced to maxima of equal stretches.
            kind: Classes in `STYLE`: "first", "second" or "third", and "thin" or "dashed".
        """
        x, y = _reduced(np.asarray(x, float), np.asarray(y, float))
        known = np.isfinite(y)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(int), [0]])))
        across, up = self.place(x, np.where(known, y, self.y[0]))
        strokes = []
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across[start:end], up[start:end], strict=True))
            strokes.append(f'<polyline class="line {kind}" points="{points}"/>')
        return "".join(strokes)

    def level(self, y: float, kind: str) -> str:
        """A dashed horizontal line."""
        return self.curve(np.array(self.x), np.array([y, y]), f"{kind} dashed")

    def marks(self, x: F64, kind: str) -> str:
        """A vertical line at each x."""
        across, _ = self.place(np.asarray(x, float), np.zeros(len(x)))
        return "".join(
            f'<line class="thin {kind}" x1="{each:.1f}" x2="{each:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
            for each in across
        )

    def bars(self, x: F64, y: F64, width: float) -> str:
        """A bar from the x axis to each y, `width` pixels wide."""
        across, up = self.place(np.asarray(x, float), np.asarray(y, float))
        floor = HEIGHT - BOTTOM
        return "".join(
            f'<rect class="bar" x="{a - width / 2:.1f}" y="{b:.1f}" width="{width}" height="{floor - b:.1f}"/>'
            for a, b in zip(across, up, strict=True)
        )


def legend(text: str, **kinds: str) -> str:
    """A line above a diagram: what it shows, and the name of each kind of curve in its colour."""
    named = " · ".join(f'<b class="{kind}">{escape(name)}</b>' for kind, name in kinds.items())
    return f'<p class="key">{escape(text)}{": " if kinds else ""}{named}</p>'


def _reduced(x: F64, y: F64) -> tuple[F64, F64]:
    if len(x) <= MAX_POINTS:
        return x, y
    edges = np.linspace(0, len(x), MAX_POINTS + 1).astype(int)
    highest = np.array([a + int(np.argmax(y[a:b])) for a, b in pairwise(edges)])
    return x[highest], y[highest]


def seconds(duration_s: float) -> dict[float, str]:
    """Ticks of a time axis: six to twelve along a song, at round times.

    Args:
        duration_s: Length of the song.

    Returns:
        Time in seconds -> label in minutes and seconds.

    >>> list(seconds(61.0).values())
    ['0:00', '0:10', '0:20', '0:30', '0:40', '0:50', '1:00']
    """
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600)
    step = next((each for each in steps if duration_s / each <= 12), 7200)
    return {float(at): f"{at // 60}:{at % 60:02d}" for at in range(0, int(duration_s) + 1, step)}
