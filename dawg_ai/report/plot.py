"""Shared style of the Matplotlib pictures: colours, grid and frequency axis."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator

from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ

INK, GRID, BEFORE, AFTER, ACCENT = "#343a40", "#e9ecef", "#adb5bd", "#1971c2", "#d9480f"


def quiet(axes: Axes) -> None:
    """Style axes: grid behind the curves, no frame at top and right, no tick marks.

    Args:
        axes: The axes to change, in place.
    """
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK, length=0)


def frequency_axis(axes: Axes, ticks_hz: Sequence[float]) -> None:
    """Make x a logarithmic frequency axis over the bands of `dsp.blocks.spectra.octave_bands`, 31 Hz to 16 kHz.

    Args:
        axes: The axes to change, in place.
        ticks_hz: Labelled frequencies, as "50" or "2k".
    """
    axes.set_xscale("log")
    axes.set_xlim(CENTERS_HZ[0], CENTERS_HZ[-1])
    axes.set_xticks(ticks_hz)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda hz, _: f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}"))
