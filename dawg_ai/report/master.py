"""The report of `dawg master`: figures, what each stage did, diagrams, and sounds to compare at equal loudness."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from dawg_ai import audio
from dawg_ai.audio import Audio
from dawg_ai.chain import Chain
from dawg_ai.dsp.kernel import F64
from dawg_ai.dsp.meters import spectrum
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.dsp.meters.meter import SHORT_TERM_STEPS, STEPS_PER_S, Loudness
from dawg_ai.mastering import figures
from dawg_ai.mastering.figures import Measured
from dawg_ai.mastering.master import Job, Master
from dawg_ai.report import ab, page, svg
from dawg_ai.report.analysis import OCTAVES_HZ

EXCERPT_S = 15.0
SOUND_LUFS = -23.0  # of the sounds; leaves headroom for all of them
REDUCTIONS_PER_S = 20


def document(done: Sequence[tuple[Job, Master]]) -> str:
    """The HTML page.

    Args:
        done: what was mastered, with what became of it; the files are read again.
    """
    pieces = [svg.STYLE]
    for job, made in done:
        if len(job.sources) > 1:
            pieces += [page.heading("Album"), _figures(*made.album), _stages(made)]
        for at, (source, target) in enumerate(zip(job.sources, job.targets, strict=True)):
            before, after = made.before[at], made.after[at]
            pieces += [page.heading(source.name), _figures(before, after)]
            pieces += [] if len(job.sources) > 1 else [_stages(made)]
            pieces += [
                _player(source, target, before),
                _loudness(before.loudness, after.loudness),
                _spectra(source, target, before, after),
                _reduction(source, made.answer.recipe, before),
            ]
    names = [source.name for job, _ in done for source in job.sources]
    return page.document(f"Master of {names[0] if len(names) == 1 else f'{len(names)} songs'}", *pieces)


def _figures(before: Measured, after: Measured) -> str:
    rows = [[name, old, new, unit] for name, old, new, unit in figures.table(before, after)]
    return page.table(["", "before", "after", ""], rows)


def _stages(made: Master) -> str:
    rows = [
        [stage.name, stage.did, "" if stage.sure is None else f"{stage.sure:.0%}", stage.because]
        for stage in made.stages
    ]
    lines = "".join(
        f"<tr><td>{escape(name)}</td><td style='white-space:normal;text-align:left'>{escape(did)}</td><td>{sure}</td>"
        f"<td style='white-space:normal;text-align:left'>{escape(because)}</td></tr>"
        for name, did, sure, because in rows
    )
    head = "<tr><th>stage</th><th>did</th><th>sure</th><th>because</th></tr>"
    return f'<div class="scroll"><table>{head}{lines}</table></div>' + "".join(
        page.paragraph(remark) for remark in made.remarks
    )


def _player(source: Path, target: Path, before: Measured) -> str:
    """The loudest passage before and after, both at one loudness."""
    loud = before.loudness.short_term_lufs
    end_s = (int(np.argmax(loud)) + 1) / STEPS_PER_S if len(loud) else EXCERPT_S
    start_s = max(0.0, end_s - 0.5 * (EXCERPT_S + 3.0))
    sounds = {}
    for name, path in (("before", source), ("after", target)):
        excerpt = _excerpt(path, start_s)
        if not np.isfinite(integrated_lufs(excerpt, ab.RATE_HZ)):
            return page.paragraph("There is nothing to hear.")
        sounds[name] = ab.at_loudness(excerpt, ab.RATE_HZ, SOUND_LUFS)
    headroom = min(1.0, *(ab.MAX_PEAK / float(np.abs(sound).max()) for sound in sounds.values()))
    about = {"before": "the song as it came in", "after": "the master, turned down to the loudness of the other"}
    return page.player({name: (about[name], ab.ogg(sound * np.float32(headroom))) for name, sound in sounds.items()})


def _excerpt(path: Path, start_s: float) -> Audio:
    """Some seconds of a file as stereo, (2, samples) at the rate of the page's sounds."""
    sound = audio.open(path)
    start, stop = round(start_s * sound.rate_hz), round((start_s + EXCERPT_S) * sound.rate_hz)
    parts, at = [], 0
    for block in sound.blocks():
        parts.append(block[:, max(0, start - at) : max(0, stop - at)])
        at += block.shape[1]
        if at >= stop:
            break
    found = audio.at_rate(audio.stereo(np.concatenate(parts, axis=1), sound.layout), sound.rate_hz, ab.RATE_HZ)
    return np.ascontiguousarray(np.broadcast_to(found, (2, found.shape[1])))


def _loudness(before: Loudness, after: Loudness) -> str:
    duration_s = max(len(before.short_term_lufs) / STEPS_PER_S, 0.1)
    axes = svg.Axes(
        (0, duration_s), (-50, 0), svg.seconds(duration_s), range(-50, 1, 10), meaning="short-term loudness over time"
    )
    curves = []
    for found, kind in ((before, "second"), (after, "first")):
        lufs = found.short_term_lufs.copy()
        lufs[: SHORT_TERM_STEPS - 1] = -np.inf
        curves.append(axes.curve((1 + np.arange(len(lufs))) / STEPS_PER_S, lufs, kind))
        curves.append(axes.level(found.integrated_lufs, kind))
    return svg.legend("Short-term loudness in LUFS", second="before", first="after") + axes.draw(*curves)


def _spectra(source: Path, target: Path, before: Measured, after: Measured) -> str:
    """Third-octave spectra at one loudness."""
    axes = svg.Axes((25, 20_000), (-60, 0), OCTAVES_HZ, range(-60, 1, 10), logarithmic=True, meaning="spectra")
    curves = []
    for path, measured, kind in ((source, before, "second"), (target, after, "first")):
        sound = audio.open(path)
        meter = spectrum.Meter(sound.channels, sound.rate_hz)
        for block in sound.blocks():
            meter.update(block)
        centers, powers = meter.result().bands(3)
        known = powers > 0
        decibels = 10 * np.log10(powers[known]) - measured.loudness.integrated_lufs - 14.0
        curves.append(axes.curve(centers[known], decibels, kind))
    return svg.legend("Spectrum at equal loudness, dB, Hz", second="before", first="after") + axes.draw(*curves)


def _reduction(source: Path, recipe: Mapping[str, Any], before: Measured) -> str:
    """Gain reduction of the compressor and of the limiter over time."""
    found = reductions(source, recipe)
    duration_s = max(len(before.loudness.short_term_lufs) / STEPS_PER_S, 0.1)
    deepest = float(np.ceil(max([6.0, *(values.max(initial=0.0) for values in found.values())])))
    ticks = range(0, int(deepest) + 1, 2)
    axes = svg.Axes((0, duration_s), (deepest, 0), svg.seconds(duration_s), ticks, meaning="gain reduction over time")
    kinds = {"multiband": "second", "limiter": "first"}
    curves = [
        axes.curve(np.arange(len(values)) / REDUCTIONS_PER_S, values, kinds[name]) for name, values in found.items()
    ]
    return svg.legend("Gain reduction in dB", second="compressor, most reduced band", first="limiter") + axes.draw(
        *curves
    )


def reductions(source: Path, recipe: Mapping[str, Any]) -> dict[str, F64]:
    """Gain reduction over time in dB of each effect that has one, by effect.

    Args:
        source: the song.
        recipe: what it went through.
    """
    sound = audio.open(source)
    links = [link for link in recipe["chain"] if not link.get("bypass")]
    working = Chain(recipe, sound.rate_hz, sound.channels).processors
    size = sound.rate_hz // REDUCTIONS_PER_S
    found: dict[str, list[float]] = {
        link["effect"]: [] for link, each in zip(links, working, strict=True) if each.effect.reduction_db
    }
    for block in sound.blocks():
        for start in range(0, block.shape[1], size):
            x = block[:, start : start + size]
            for each in working:
                x = each.process(x)
                if each.effect.reduction_db:
                    found[each.effect.name].append(each.reduction_db)
    return {name: np.array(values) for name, values in found.items()}
