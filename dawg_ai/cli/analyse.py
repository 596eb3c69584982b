"""Measure songs: loudness, peaks, dynamics, tempo and key of any number of files, as a table.

    dawg analyse song.wav
    dawg analyse album/*.flac --report album.html
    dawg analyse album/*.flac --json
    dawg analyse hall.wav --impulse-response

Loudness is in LUFS by ITU-R BS.1770-5 and EBU R 128; true peaks are measured with 8 x oversampling. With
--impulse-response, files are responses of rooms or reverbs, whose reverberation times and energy ratios are measured
in octave bands by ISO 3382-1. A file that cannot be read is named with the reason and does not stop the others; the
exit code is 1 then.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from dawg_ai import progress, terminal
from dawg_ai.analysis import FIGURES, Analysis, analyse, room, shown
from dawg_ai.audio import UnusableAudio
from dawg_ai.errors import UsageError, failure
from dawg_ai.files import atomic_write
from dawg_ai.report.analysis import LEGEND, document

Measured = TypeVar("Measured")

# Heading, unit, decimals of the figures of an impulse response.
ROOM_FIGURES = {
    "edt_s": ("EDT", "s", 2),
    "t20_s": ("T20", "s", 2),
    "t30_s": ("T30", "s", 2),
    "c50_db": ("C50", "dB", 1),
    "c80_db": ("C80", "dB", 1),
    "d50_percent": ("D50", "%", 0),
    "range_db": ("range", "dB", 0),
}
ROOM_LEGEND = (
    "EDT, T20, T30: time for a decay of 60 dB, by its first 10 dB, by -5 to -25 dB and by -5 to -35 dB. C50, C80: "
    "energy of the first 50 and 80 ms against the rest. D50: its share in the first 50 ms. range: peak above the "
    "noise floor. "
    '"-": the noise floor is too high, or there is nothing in the band.'
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="wav, flac, ogg or mp3")
    parser.add_argument("--report", type=Path, metavar="HTML", help="draw one page, with pictures of every song")
    parser.add_argument("--impulse-response", action="store_true", help="measure the reverberation of responses")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    if arguments.impulse_response:
        return _responses(arguments)
    if arguments.report in arguments.files:
        raise UsageError(f"{arguments.report} would be overwritten; name another file for the report")
    found, unusable = _analysed(arguments.files, analyse)
    if arguments.report:
        with atomic_write(arguments.report) as draft:
            draft.write_text(document(found, unusable), "utf-8", "backslashreplace")
    if arguments.json:
        print(json.dumps({"files": [_as_json(each) for each in found], "unusable": unusable}))
    else:
        if found:
            print(_table(found))
        for each in unusable:
            print(f"{each['path']}: {each['reason']}", file=sys.stderr)
    return 1 if unusable else 0


def _responses(arguments: argparse.Namespace) -> int:
    """Measure impulse responses."""
    if arguments.report:
        raise UsageError("--report draws songs; leave it out with --impulse-response")
    found, unusable = _analysed(arguments.files, lambda path: (path, room.analyse(path)))
    if arguments.json:
        files = [{"path": str(path), "bands": [band.__dict__ for band in bands]} for path, bands in found]
        print(json.dumps({"files": files, "unusable": unusable}))
    else:
        if found:
            tables = [f"{path}\n{_room_table(bands)}" for path, bands in found]
            print("\n\n".join([*tables, terminal.wrapped(ROOM_LEGEND)]))
        for each in unusable:
            print(f"{each['path']}: {each['reason']}", file=sys.stderr)
    return 1 if unusable else 0


def _room_table(bands: Sequence[room.Band]) -> str:
    """A row for each band and a column for each figure."""
    names = ["", "", *("all" if band.center_hz is None else f"{band.center_hz:g} Hz" for band in bands)]
    cells = []
    for name, (label, unit, decimals) in ROOM_FIGURES.items():
        values = [band.figures[name] for band in bands]
        cells.append([label, unit, *("-" if value is None else f"{value:.{decimals}f}" for value in values)])
    return terminal.table(names, cells)


def _analysed(
    files: Sequence[Path], measure: Callable[[Path], Measured]
) -> tuple[list[Measured], list[dict[str, str]]]:
    found, unusable = [], []
    with progress.bar("measuring", "file", len(files)) as bar:
        for path in files:
            try:
                found.append(measure(path))
            except UnusableAudio as error:
                unusable.append({"path": str(path), "reason": error.reason})
            except Exception as error:  # a mistake of ours, which must not take the others' answers away
                unusable.append({"path": str(path), "reason": failure(error)})
            bar.update()
    return found, unusable


def _as_json(analysis: Analysis) -> dict[str, Any]:
    return {"path": str(analysis.path), **analysis.figures}


def _table(found: Sequence[Analysis]) -> str:
    """A row for each file and a column for each figure, with a legend; for a single file, a line for each figure."""
    cells = [[figure.label, figure.unit, *(shown(each, figure) for each in found)] for figure in FIGURES]
    if len(found) == 1:
        lines = [f"  {label:16} {value:>8} {unit}".rstrip() for label, unit, value in cells]
        return "\n".join([str(found[0].path), *lines, terminal.wrapped(LEGEND)])
    names = ["", "", *(str(each.path) for each in found)]
    return f"{terminal.table(names, cells)}\n\n{terminal.wrapped(LEGEND)}"
