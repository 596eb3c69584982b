"""Everything in this folder that a program can make: the generated part of each page, its picture, its sound.

python docs/effects/make.py

Text outside the two marks of a page is written by hand and stays.
"""

import re
from pathlib import Path

import numpy as np
import pictures
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator
from numpy.typing import NDArray

from dawg_ai.audio import Audio
from dawg_ai.dsp import effect
from dawg_ai.dsp.blocks.bands import BANDS, CENTERS_HZ, band_powers
from dawg_ai.dsp.effect import Effect, Knob, Processor
from dawg_ai.evaluation import listening
from dawg_ai.evaluation.render import AFTER, BEFORE, GRID, INK, SIZE
from dawg_ai.files import whole
from dawg_ai.units import db_from_power

HERE = Path(__file__).parent
BEGIN, END = "<!-- made by make.py: begin -->", "<!-- made by make.py: end -->"
WINDOW = 441  # samples of a level: 10 ms

Curve = NDArray[np.float64]


def page(name: str, written: str) -> str:
    """The page of an effect: the generated part renewed, or put below the title, in what is `written` there."""
    made = f"{BEGIN}\n{generated(name)}\n{END}"
    if BEGIN in written:
        return written[: written.index(BEGIN)] + made + written[written.index(END) + len(END) :]
    title, _, rest = (written or f"# {name.capitalize()}\n").partition("\n")
    return f"{title}\n\n{made}\n{rest}"


def generated(name: str) -> str:
    """Summary, what is heard and seen, delay, and the knobs as they are declared."""
    chosen = effect.load(name)
    lines = [chosen.summary, ""]
    response = " The response is noise that falls by 60 dB in 1.2 s." if chosen.load else ""
    lines += [
        f"![Level, spectrum and width before and after](heard/{name}.png)",
        "",
        f"Hear it [before](heard/before.ogg) and [after](heard/{name}.ogg), equally loud, with "
        f"{listening.in_words(name)}. The music is composed by the program.{response}",
        "",
    ]
    return "\n".join([*lines, _times(chosen), "", *_table(chosen.knobs)])


def _times(chosen: Effect) -> str:
    processor = Processor(chosen, listening.RATE_HZ, {}, channels=2)
    late, tail = processor.latency_samples, processor.tail_samples
    goes_on = f" It sounds on for {tail / listening.RATE_HZ:.1f} s after the input has ended." if tail else ""
    delay = f"{late} samples" if late else "none"
    return f"Latency, at 44.1 kHz and with the knobs at their defaults: {delay}.{goes_on}"


def _table(knobs: tuple[Knob, ...]) -> list[str]:
    """One line a knob; bands that differ in number and defaults alone share theirs."""
    alike: dict[tuple[str, ...], list[Knob]] = {}
    for knob in knobs:
        alike.setdefault((re.sub(r"\d+", "N", knob.group or knob.name), knob.label, _range(knob)), []).append(knob)
    head = ["| knob | | range | default | step | in a recipe |", "|---|---|---|---|---|---|"]
    return head + [_line(same) for same in alike.values()]


def _line(same: list[Knob]) -> str:
    first, last = same[0], same[-1]
    group, name = first.group, first.name
    if first is not last:
        group = f"{group} to {last.group.rpartition(' ')[2]}"
        name = re.sub(r"\d+", "N", name, count=1)
    defaults = ", ".join(dict.fromkeys(_value(knob, knob.default) for knob in same))
    step = "" if first.choices else f"{first.step:g}"
    return f"| {first.label} | {group} | {_range(first)} | {defaults} | {step} | `{name}` |"


def _range(knob: Knob) -> str:
    if knob.choices:
        return ", ".join(knob.choices)
    scale = ", logarithmic" if knob.scale == "log" else ""
    return f"{knob.minimum:g} to {knob.maximum:g} {knob.unit}".rstrip() + scale


def _value(knob: Knob, value: float) -> str:
    return knob.choices[int(value)] if knob.choices else f"{value:g}"


def picture(path: Path, before: Audio, after: Audio) -> None:
    """Two seconds of level, the spectrum, and how wide each part of it is."""
    figure = Figure(figsize=(10, 2.9), layout="constrained", facecolor="white")
    level, spectrum, width = figure.subplots(1, 3)
    for sound, color, label in ((before, BEFORE, "before"), (after, AFTER, "after")):
        levels = _levels_db(sound)[:200]
        level.plot(np.arange(len(levels)) * WINDOW / listening.RATE_HZ, levels, color=color, label=label)
        middle, side = (_bands_db(part) for part in ((sound[0] + sound[1]) / 2, (sound[0] - sound[1]) / 2))
        spectrum.plot(CENTERS_HZ, middle, color=color, linewidth=2)
        width.plot(CENTERS_HZ, side - middle, color=color, linewidth=2)
    level.set(title="level, dB", xlabel="s", xlim=(0, 2), ylim=(-70, 0))
    spectrum.set(title="spectrum of the middle, dB", xlabel="Hz")
    width.set(title="side against middle, dB", xlabel="Hz", ylim=(-50, 10))
    level.legend(frameon=False, loc="lower right", fontsize=9)
    for axes in (spectrum, width):
        _frequencies(axes)
    for axes in (level, spectrum, width):
        axes.title.set_fontsize(10)
        axes.grid(color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK, length=0, labelsize=8)
    with whole(path) as draft:
        figure.savefig(draft, dpi=90, metadata={"Software": None})


def _frequencies(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_xlim(CENTERS_HZ[0], CENTERS_HZ[-1])
    axes.set_xticks([50, 200, 1000, 5000, 15_000])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda hz, _: f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}"))


def _levels_db(sound: Audio) -> Curve:
    size = sound.shape[1] // WINDOW
    power = np.square(sound[:, : size * WINDOW], dtype=np.float64).reshape(len(sound), size, WINDOW).mean((0, 2))
    return np.asarray(db_from_power(np.maximum(power, 1e-12)))


def _bands_db(line: NDArray[np.float32]) -> Curve:
    """Mean power in dB in each of the bands of `dsp.bands`."""
    pieces = np.lib.stride_tricks.sliding_window_view(line, SIZE)[:: SIZE // 2] * np.hanning(SIZE)
    bands = np.zeros(BANDS)
    rate_hz = listening.RATE_HZ
    band_powers((np.abs(np.fft.rfft(pieces)) ** 2).mean(0), rate_hz / SIZE, 0.5 * rate_hz, bands)
    return np.asarray(db_from_power(np.maximum(bands, 1e-12)))


def main() -> None:
    """Make all of it."""
    pictures.parametric()
    heard = listening.passage()
    sounds = HERE / "heard"
    sounds.mkdir(exist_ok=True)
    for name in effect.names():
        before, after = listening.pair(name, heard)
        picture(sounds / f"{name}.png", before, after)
        (sounds / f"{name}.ogg").write_bytes(listening.ogg(after))
        # All share one: what an effect puts out never asks for more headroom than LUFS leaves.
        (sounds / "before.ogg").write_bytes(listening.ogg(before))
    for name in effect.names():
        path = HERE / f"{name}.md"
        written = path.read_text("utf-8") if path.exists() else ""
        with whole(path) as draft:
            draft.write_text(page(name, written), "utf-8")


if __name__ == "__main__":
    main()
