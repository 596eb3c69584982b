"""Master songs: tone, dynamics and width where they need it, and the loudness asked for below a true-peak ceiling.

    dawg master song.wav master.wav
    dawg master song.wav master.wav --platform apple --tone 0.5
    dawg master song.wav master.wav --reference hit.flac --reference other.wav
    dawg master album/*.flac masters/ --album --report album.html

Prints figures before and after, what each stage did, and the measurement that made it do so. --json prints the
recipe, which `dawg render` and the studio render to the same samples. --album treats the songs as one: they keep
their relation in loudness and their joins. A reference gives the loudness too, unless --loudness or --platform does.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dawg_ai import bundle as bundles
from dawg_ai import delivery, platforms, progress, request, terminal
from dawg_ai.audio.formats import FORMATS, format_of, target_of
from dawg_ai.bundle import Bundle
from dawg_ai.errors import UsageError, failure
from dawg_ai.files import atomic_write
from dawg_ai.mastering import figures
from dawg_ai.mastering.master import REFERENCE, Job, Master, master
from dawg_ai.plugin import SONG
from dawg_ai.report import master as report

PLUGIN = "mastering"
# Options that are controls of the plugin: option, control, and what it is.
CONTROLS = (
    ("--loudness", "loudness_lufs", "LUFS", "integrated loudness; default: -14"),
    ("--ceiling", "ceiling_db", "DBTP", "highest true peak; default: -1"),
    ("--most-reduction", "most_reduction_db", "DB", "limiting that is allowed at the highest peak; default: 6"),
    ("--tone", "tone", "AMOUNT", "of the equaliser, 0 to 1.5; default: 1"),
    ("--dynamics", "dynamics", "AMOUNT", "of the multiband compressor, 0 to 1.5; default: 1"),
    ("--width", "width", "AMOUNT", "of the change of width, 0 to 1.5; default: 1"),
    ("--reference-tone", "reference_tone", "WEIGHT", "of the references for tone and dynamics, 0 to 1; default: 1"),
    ("--reference-level", "reference_level", "WEIGHT", "of the references for loudness, 0 to 1"),
    ("--reference-width", "reference_width", "WEIGHT", "of the references for width, 0 to 1; default: 1"),
)
METHODS = ("learned", "rule")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    table = platforms.table()
    listed = ", ".join(f"{name} {row.loudness_lufs:g} LUFS {row.ceiling_db:g} dBTP" for name, row in table.items())
    parser.add_argument("input", type=Path, nargs="+", metavar="IN", help="songs")
    parser.add_argument("output", type=Path, metavar="OUT", help=f"{', '.join(FORMATS)}, or a folder")
    words = f"loudness and ceiling of: {listed} (as of {platforms.checked()})"
    parser.add_argument("--platform", choices=table, help=words)
    parser.add_argument("--reference", type=Path, action="append", default=[], metavar="FILE", help="up to 5 times")
    for option, control, metavar, words in CONTROLS:
        parser.add_argument(option, dest=control, type=float, metavar=metavar, help=words)
    parser.add_argument(
        "--method", choices=METHODS, default=METHODS[0], help="networks where they are better, or rules"
    )
    parser.add_argument("--album", action="store_true", help="the songs belong together, in this order")
    parser.add_argument("--before-limiter", type=Path, metavar="OUT", help="write the song before the limiter too")
    parser.add_argument("--report", type=Path, metavar="HTML", help="draw one page, with sounds at equal loudness")
    delivery.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    began_s = time.monotonic()
    bundle = bundles.load(PLUGIN)
    controls = _controls(arguments)
    counts = {SONG: 1, **({REFERENCE: len(arguments.reference)} if arguments.reference else {})}
    request.refuse(bundle, counts, controls)
    jobs = _jobs(arguments)
    done: list[tuple[Job, Master]] = []
    failed: dict[str, str] = {}
    with progress.bar("master", "song", len(arguments.input)) as bar:
        for job in jobs:
            try:
                done.append((job, master(bundle, job, arguments.reference, controls, arguments.bits)))
            except Exception as error:  # one song must not take the others' results away
                failed[", ".join(map(str, job.sources))] = failure(error)
            bar.update(len(job.sources))
    if arguments.report and done:
        with atomic_write(arguments.report) as draft:
            draft.write_text(report.document(done), "utf-8", "backslashreplace")
    for source, reason in failed.items():
        print(reason if reason.startswith(source) else f"{source}: {reason}", file=sys.stderr)
    if arguments.json:
        print(json.dumps(_as_json(bundle, done, failed, round(time.monotonic() - began_s, 3))))
    else:
        for job, made in done:
            print(_in_words(job, made))
    return 1 if failed else 0


def _controls(arguments: argparse.Namespace) -> dict[str, float]:
    """The plugin's controls that are asked for; a platform gives loudness and ceiling where no option does."""
    asked = {control: getattr(arguments, control) for _, control, _, _ in CONTROLS}
    found = {control: value for control, value in asked.items() if value is not None}
    if arguments.platform:
        row = platforms.table()[arguments.platform]
        found = {"loudness_lufs": row.loudness_lufs, "ceiling_db": row.ceiling_db, **found}
    if arguments.reference and "loudness_lufs" not in found:
        found.setdefault("reference_level", 1.0)
    if arguments.method != METHODS[0]:
        found["method"] = float(METHODS.index(arguments.method))
    return found


def _jobs(arguments: argparse.Namespace) -> list[Job]:
    """What is mastered together; nothing is overwritten that is read or written besides."""
    sources, output = arguments.input, arguments.output
    if len(sources) > 1 and output.suffix and not output.is_dir():
        raise UsageError(f"{len(sources)} songs need a folder as output; {output} is the name of a file")
    targets = [target_of(output, source) for source in sources]
    before = [target_of(arguments.before_limiter, source) for source in sources] if arguments.before_limiter else []
    for target in targets:
        format_of(target, arguments.bits)
    for target in before:
        format_of(target)
    reports = [arguments.report] if arguments.report else []
    written = [path.resolve() for path in (*targets, *before, *reports)]
    if len(set(written)) < len(written):
        raise UsageError(f"two results would both become {max(written, key=written.count)}; give them other names")
    if overwritten := {path.resolve() for path in (*sources, *arguments.reference)} & set(written):
        raise UsageError(f"{min(overwritten)} would be overwritten; name another place for the result")
    if arguments.album:
        return [Job(sources, targets, before)]
    return [
        Job([source], [target], before[at : at + 1])
        for at, (source, target) in enumerate(zip(sources, targets, strict=True))
    ]


def _in_words(job: Job, made: Master) -> str:
    lines = []
    for source, target, before, after in zip(job.sources, job.targets, made.before, made.after, strict=True):
        cells = list(zip(("", "before", "after", ""), *figures.table(before, after), strict=True))
        lines.append(f"{source} -> {target}\n{terminal.table(cells[0], cells[1:])}")
    if len(job.sources) > 1:
        cells = list(zip(("album", "before", "after", ""), *figures.table(*made.album), strict=True))
        lines.append(terminal.table(cells[0], cells[1:]))
    lines += [terminal.wrapped(str(stage)) for stage in made.stages]
    lines += [terminal.wrapped(remark) for remark in made.remarks]
    lines += [f"{path} is written, before the limiter" for path in job.before_limiter]
    return "\n".join(lines)


def _as_json(
    bundle: Bundle, done: Sequence[tuple[Job, Master]], failed: Mapping[str, str], seconds: float
) -> dict[str, Any]:
    masters = [
        {
            "sources": [str(path) for path in job.sources],
            "outputs": [str(path) for path in job.targets],
            "before": [each.figures() for each in made.before],
            "after": [each.figures() for each in made.after],
            "album": [each.figures() for each in made.album],
            "stages": [vars(stage) for stage in made.stages],
            "recipe": made.answer.recipe,
            "confidence": [dict(each) for each in made.answer.confidence],
            "controls": {knob.name: made.answer.memory[knob.name] for knob in bundle.controls},
            "clamped_samples": [each.clipped_samples for each in made.deliveries],
            "remarks": list(made.remarks),
        }
        for job, made in done
    ]
    # One master's recipe is where `dawg render --recipe` looks for it.
    recipe = {"recipe": masters[0]["recipe"]} if len(masters) == 1 else {}
    return {
        "plugin": bundle.plugin,
        "bundle": bundle.origin,
        "masters": masters,
        **recipe,
        "failed": dict(failed),
        "seconds": seconds,
    }
