"""List datasets, fetch one, or check every clip of one.

    dawg data list
    dawg data get debian_games                    # from the public source
    dawg data get debian_games --from ~/packages  # from files already on this machine
    dawg data check debian_games
    dawg data check folder:/home/me/songs --json

`check` decodes every clip, names the unusable ones with the reason, and counts clips and hours by licence, style and
part. Damaged files do not stop it.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dawg_ai import audio, data
from dawg_ai.data.clip import Clip
from dawg_ai.data.request import TERMS, Request
from dawg_ai.data.split import part


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    actions = parser.add_subparsers(dest="action", metavar="list|get|check", required=True)
    listing = actions.add_parser("list", help="list all datasets")
    getting = actions.add_parser("get", help="fetch a dataset; what is complete is not fetched again")
    checking = actions.add_parser("check", help="decode every clip, name the unusable ones")
    for action in (getting, checking):
        action.add_argument("dataset", help="a name from `dawg data list`, or folder:/path/to/songs")
    getting.add_argument("--from", dest="source", type=Path, metavar="PATH", help="take it from files already here")
    getting.add_argument("--limit", type=int, metavar="N", help="N clips, spread over the dataset")
    getting.add_argument("--licence", choices=TERMS, default="any", help="only clips whose weights may be shipped so")
    getting.add_argument("--i-have-the-rights", action="store_true", help="you may learn from what you name (web)")
    for action in (listing, checking):
        action.add_argument("--json", action="store_true", help="one JSON object on stdout instead of the table")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    if arguments.action == "get":
        wanted = Request(arguments.limit, arguments.licence, arguments.i_have_the_rights)
        data.load(arguments.dataset).get(arguments.source, wanted)
    elif arguments.action == "list":
        _print_list(arguments.json)
    else:
        _print_check(check(arguments.dataset), arguments.json)
    return 0


def check(spec: str) -> dict[str, Any]:
    """Decode every clip of a dataset.

    Args:
        spec: the dataset, as `dawg_ai.data.load` takes it.

    Returns:
        Counts and unusable clips, ready for JSON. `hours`, `groups` and the tables by licence, style and part count
        only usable clips.
    """
    dataset = data.load(spec)
    clips = dataset.clips()
    hours: dict[str, float] = {}
    unusable = []
    good = []
    for clip, reason in tqdm(data.examine(clips), total=len(clips), unit="clip", desc=dataset.name, file=sys.stderr):
        if reason:
            unusable.append(
                {"id": clip.id, "path": ", ".join(str(path) for path in clip.files.values()), "reason": reason}
            )
        else:
            good.append(clip)
            hours[clip.id] = audio.duration_s(clip.path) / 3600 if "audio" in clip.files else 0.0
    refused = [clip for clip in good if not clip.licence.allows_training]
    return {
        "dataset": dataset.name,
        "version": dataset.version,
        "clips": len(clips),
        "usable": len(good),
        "hours": round(sum(hours.values()), 3),
        "groups": len({clip.group for clip in good}),
        "refused_for_training": len(refused),
        "licences": _table(good, hours, lambda clip: clip.licence.spdx),
        "styles": _table(good, hours, lambda clip: clip.style or "not stated"),
        "parts": _table(good, hours, lambda clip: part(clip.group)),
        "unusable": unusable,
    }


def _table(clips: Iterable[Clip], hours: dict[str, float], key: Callable[[Clip], str]) -> dict[str, dict[str, float]]:
    by_key = defaultdict(list)
    for clip in clips:
        by_key[key(clip)].append(clip)
    return {
        name: {
            "clips": len(members),
            "groups": len({clip.group for clip in members}),
            "hours": round(sum(hours[clip.id] for clip in members), 3),
        }
        for name, members in sorted(by_key.items())
    }


def _print_list(as_json: bool) -> None:
    # `folder` has no fixed root; it is listed below.
    roots = {name: data.load(name) for name in data.names() if name != "folder"}
    rows = [
        {
            "dataset": name,
            "here": dataset.root.is_dir(),
            "version": dataset.version,
            "about": dataset.summary,
            "licence": dataset.licence,
        }
        for name, dataset in roots.items()
    ]
    if as_json:
        print(json.dumps({"datasets": rows}))
        return
    for row in rows:
        print(f"{row['dataset']:16} {'here' if row['here'] else 'dawg data get ' + str(row['dataset'])}")
        print(f"{'':16} {row['about']}\n{'':16} {row['licence']}")
    print(f"{'folder:PATH':16} your own songs: wav, flac, ogg, mp3")


def _print_check(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(report))
        return
    for title in ("licences", "styles", "parts"):
        print(f"{title:44} {'clips':>6} {'groups':>6} {'hours':>7}")
        for name, row in report[title].items():
            print(f"  {name:42} {row['clips']:6} {row['groups']:6} {row['hours']:7.2f}")
    for bad in report["unusable"]:
        print(f"unusable: {bad['path']}: {bad['reason']}")
    print(
        f"{report['dataset']}: {report['usable']} of {report['clips']} clips usable, {report['hours']:.2f} h, "
        f"{report['groups']} groups; {report['refused_for_training']} refused for training (licence)"
    )
