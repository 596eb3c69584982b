"""Measure songs: loudness, peaks, dynamics, tempo and key of any number of files, as a table.

    dawg analyse song.wav
    dawg analyse album/*.flac --report album.html
    dawg analyse album/*.flac --json

Loudness is in LUFS by ITU-R BS.1770-5 and EBU R 128; true peaks are measured with 8 x oversampling. A file that
cannot be read is named with the reason and does not stop the others; the exit code is 1 then.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dawg_ai import progress, terminal
from dawg_ai.analysis import FIGURES, Analysis, analyse, shown
from dawg_ai.audio import UnusableAudio
from dawg_ai.errors import UsageError, failure
from dawg_ai.files import atomic_write
from dawg_ai.report.analysis import LEGEND, document


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="wav, flac, ogg or mp3")
    parser.add_argument("--report", type=Path, metavar="HTML", help="draw one page, with pictures of every song")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    if arguments.report in arguments.files:
        raise UsageError(f"{arguments.report} would be overwritten; name another file for the report")
    found, unusable = _analysed(arguments.files)
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


def _analysed(files: Sequence[Path]) -> tuple[list[Analysis], list[dict[str, str]]]:
    found, unusable = [], []
    with progress.bar("measuring", "file", len(files)) as bar:
        for path in files:
            try:
                found.append(analyse(path))
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
