"""Generate pages, pictures and sounds of the effects in this folder.

    python docs/effects/make.py

Only the part between the two markers of a page is generated; the rest is written by hand and kept.
"""

import re
from pathlib import Path

import numpy as np
import pictures
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dawg_ai.audio import Audio
from dawg_ai.cli.effects import alike, span
from dawg_ai.dsp import effect
from dawg_ai.dsp.blocks.spectra.octave_bands import BANDS, CENTERS_HZ, band_powers
from dawg_ai.dsp.effect import Effect, Knob, Processor
from dawg_ai.files import atomic_write
from dawg_ai.report import ab
from dawg_ai.report.plot import AFTER, BEFORE, frequency_axis, quiet
from dawg_ai.report.render import FFT_SIZE
from dawg_ai.units import db_from_power

HERE = Path(__file__).parent
BEGIN, END = "<!-- made by make.py: begin -->", "<!-- made by make.py: end -->"
WINDOW = 441  # samples of a level measurement, 10 ms

Curve = NDArray[np.float64]


def page(name: str, written: str) -> str:
    """Replace the generated part of an effect's page, or insert it below the title.

    Args:
        name: the effect.
        written: the page as it is; may be empty.
    """
    made = f"{BEGIN}\n{generated(name)}\n{END}"
    if BEGIN in written:
        return written[: written.index(BEGIN)] + made + written[written.index(END) + len(END) :]
    title, _, rest = (written or f"# {name.capitalize()}\n").partition("\n")
    return f"{title}\n\n{made}\n{rest}"


def generated(name: str) -> str:
    """Summary, picture, sounds, latency and a table of the knobs, from the declaration."""
    chosen = effect.load(name)
    lines = [chosen.summary, ""]
    response = " The response is noise that falls by 60 dB in 1.2 s." if chosen.load else ""
    lines += [
        f"![Level, spectrum and width before and after](media/{name}.png)",
        "",
        f"Hear it [before](media/before.ogg) and [after](media/{name}.ogg), equally loud, with "
        f"{ab.example_in_words(name)}. The music is composed by the program.{response}",
        "",
    ]
    return "\n".join([*lines, _times(chosen), "", *_table(chosen.knobs)])


def _times(chosen: Effect) -> str:
    processor = Processor(chosen, ab.RATE_HZ, {}, channels=2)
    late, tail = processor.latency_samples, processor.tail_samples
    goes_on = f" It sounds on for {tail / ab.RATE_HZ:.1f} s after the input has ended." if tail else ""
    delay = f"{late} samples" if late else "none"
    return f"Latency, at 44.1 kHz and with the knobs at their defaults: {delay}.{goes_on}"


def _table(knobs: tuple[Knob, ...]) -> list[str]:
    """One line per knob; bands that differ only in number and defaults share one."""
    head = ["| knob | | range | default | step | in a recipe |", "|---|---|---|---|---|---|"]
    return head + [_line(same) for same in alike(knobs)]


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
    return span(knob) + (", logarithmic" if knob.scale == "log" else "")


def _value(knob: Knob, value: float) -> str:
    return knob.choices[int(value)] if knob.choices else f"{value:g}"


def picture(path: Path, before: Audio, after: Audio) -> None:
    """Draw two seconds of level, the spectrum, and the stereo width by frequency."""
    figure = Figure(figsize=(10, 2.9), layout="constrained", facecolor="white")
    level, spectrum, width = figure.subplots(1, 3)
    for sound, color, label in ((before, BEFORE, "before"), (after, AFTER, "after")):
        levels = _levels_db(sound)[:200]
        level.plot(np.arange(len(levels)) * WINDOW / ab.RATE_HZ, levels, color=color, label=label)
        middle, side = (_bands_db(part) for part in ((sound[0] + sound[1]) / 2, (sound[0] - sound[1]) / 2))
        spectrum.plot(CENTERS_HZ, middle, color=color, linewidth=2)
        width.plot(CENTERS_HZ, side - middle, color=color, linewidth=2)
    level.set(title="level, dB", xlabel="s", xlim=(0, 2), ylim=(-70, 0))
    spectrum.set(title="spectrum of the middle, dB", xlabel="Hz")
    width.set(title="side against middle, dB", xlabel="Hz", ylim=(-50, 10))
    level.legend(frameon=False, loc="lower right", fontsize=9)
    for axes in (spectrum, width):
        frequency_axis(axes, (50, 200, 1000, 5000, 15_000))
    for axes in (level, spectrum, width):
        axes.title.set_fontsize(10)
        quiet(axes)
        axes.tick_params(labelsize=8)
    with atomic_write(path) as draft:
        figure.savefig(draft, dpi=90, metadata={"Software": None})


def _levels_db(sound: Audio) -> Curve:
    size = sound.shape[1] // WINDOW
    power = np.square(sound[:, : size * WINDOW], dtype=np.float64).reshape(len(sound), size, WINDOW).mean((0, 2))
    return np.asarray(db_from_power(np.maximum(power, 1e-12)))


def _bands_db(line: NDArray[np.float32]) -> Curve:
    """Mean power in dB in the bands of `dsp.blocks.spectra.octave_bands`."""
    pieces = np.lib.stride_tricks.sliding_window_view(line, FFT_SIZE)[:: FFT_SIZE // 2] * np.hanning(FFT_SIZE)
    bands = np.zeros(BANDS)
    rate_hz = ab.RATE_HZ
    band_powers((np.abs(np.fft.rfft(pieces)) ** 2).mean(0), rate_hz / FFT_SIZE, 0.5 * rate_hz, bands)
    return np.asarray(db_from_power(np.maximum(bands, 1e-12)))


def main() -> None:
    """Generate all files."""
    pictures.parametric()
    passage = ab.passage()
    sounds = HERE / "media"
    sounds.mkdir(exist_ok=True)
    for name in effect.names():
        before, after = ab.pair(name, passage)
        picture(sounds / f"{name}.png", before, after)
        (sounds / f"{name}.ogg").write_bytes(ab.ogg(after))
        # The same for all effects: no output needs more headroom than LUFS leaves.
        (sounds / "before.ogg").write_bytes(ab.ogg(before))
    for name in effect.names():
        path = HERE / f"{name}.md"
        written = path.read_text("utf-8") if path.exists() else ""
        with atomic_write(path) as draft:
            draft.write_text(page(name, written), "utf-8")


if __name__ == "__main__":
    main()
