"""List datasets, fetch one, check every clip of one, draw it as a page, or take a consent back.

    dawg data list
    dawg data get debian_games                    # from the public source
    dawg data get debian_games --from ~/packages  # from files already on this machine
    dawg data get fma_small --licence permissive --limit 500
    dawg data check debian_games
    dawg data check folder:/home/me/songs --json
    dawg data card debian_games --out card.html
    dawg data forget pairs/0001
    dawg data duplicates debian_games folder:/home/me/songs

`list` says of what is here how much it is, what may be trained on, and what weights may be shipped. `check` decodes
every clip, names the unusable ones with the reason, and counts clips and hours by licence, style and part. Damaged
files do not stop it. `card` draws hours, styles, licences, loudness, spectra and damaged files as one HTML page.
`forget` removes what was derived from a clip whose consent was taken back, and names the models that learned from it.
`duplicates` compares the content of all clips of some datasets, and has one song under two names stay in one part of
every split from then on.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dawg_ai import audio, data
from dawg_ai.data import duplicates
from dawg_ai.data.clip import Clip
from dawg_ai.data.inventory import durations_s, inventory
from dawg_ai.data.request import TERMS, Request
from dawg_ai.data.split import part
from dawg_ai.errors import DawgError
from dawg_ai.files import atomic_write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    actions = parser.add_subparsers(dest="action", metavar="list|get|check|card|forget|duplicates", required=True)
    listing = actions.add_parser("list", help="list all datasets: size, hours, licences, what may be done with them")
    getting = actions.add_parser("get", help="fetch a dataset; what is complete is not fetched again")
    checking = actions.add_parser("check", help="decode every clip, name the unusable ones")
    drawing = actions.add_parser("card", help="one HTML page with pictures of it")
    forgetting = actions.add_parser("forget", help="remove what was derived from a clip whose consent was taken back")
    comparing = actions.add_parser("duplicates", help="find one song under several names, and keep it in one part")
    comparing.add_argument("datasets", nargs="+", metavar="dataset", help="names, or folder:/path/to/songs")
    for action in (getting, checking, drawing):
        action.add_argument("dataset", help="a name from `dawg data list`, or folder:/path/to/songs")
    getting.add_argument("--from", dest="source", type=Path, metavar="PATH", help="take it from files already here")
    getting.add_argument("--limit", type=int, metavar="N", help="N clips, spread over the dataset")
    getting.add_argument("--licence", choices=TERMS, default="any", help="only clips whose weights may be shipped so")
    getting.add_argument("--i-have-the-rights", action="store_true", help="you may learn from what you name (web)")
    drawing.add_argument("--out", type=Path, metavar="FILE", help="where to; default: NAME.html")
    drawing.add_argument(
        "--decode", type=int, default=200, metavar="N", help="how many clips to decode (default: 200)"
    )
    forgetting.add_argument("clip", help="its id, or dataset and group, such as pairs/0001 or 'pairs/Room Five'")
    for action in (listing, checking, drawing, forgetting, comparing):
        action.add_argument("--json", action="store_true", help="one JSON object on stdout instead of the table")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    match arguments.action:
        case "get":
            wanted = Request(arguments.limit, arguments.licence, arguments.i_have_the_rights)
            data.load(arguments.dataset).get(arguments.source, wanted)
        case "list":
            _print_list(arguments.json)
        case "check":
            _print_check(check(arguments.dataset), arguments.json)
        case "card":
            _print_card(arguments.dataset, arguments.out, arguments.decode, arguments.json)
        case "duplicates":
            _print_duplicates(arguments.datasets, arguments.json)
        case _:
            _print_forgotten(arguments.clip, arguments.json)
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
    return {
        "dataset": dataset.name,
        "version": dataset.version,
        "clips": len(clips),
        "usable": len(good),
        "hours": round(sum(hours.values()), 3),
        "groups": len({clip.group for clip in good}),
        "refused_for_training": sum(not clip.licence.may_train for clip in good),
        "refused_for_shipping": sum(not clip.licence.may_ship for clip in good),
        "licences": _table(good, hours, lambda clip: clip.licence.spdx),
        "styles": _table(good, hours, lambda clip: clip.style or "not stated"),
        "parts": _table(good, hours, lambda clip: clip.part or part(clip.group)),
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
    rows = [_listed(data.load(name)) for name in data.names() if name != "folder"]
    if as_json:
        print(json.dumps({"datasets": rows}))
        return
    for row in rows:
        print(f"{row['dataset']:16} {_amount(row)}")
        print(f"{'':16} {row['about']}\n{'':16} {row['licence']}")
    print(f"{'folder:PATH':16} your own songs: wav, flac, ogg, mp3")


def _listed(dataset: data.Dataset) -> dict[str, Any]:
    row: dict[str, Any] = {
        "dataset": dataset.name,
        "here": dataset.root.is_dir(),
        "version": dataset.version,
        "about": dataset.summary,
        "licence": dataset.licence,
    }
    if row["here"]:
        try:
            row |= asdict(inventory(dataset))
        except (DawgError, OSError, ValueError, KeyError) as error:  # a list of all names the one that is not whole
            row |= {"here": False, "incomplete": str(error)}
    return row


def _amount(row: dict[str, Any]) -> str:
    if not row["here"]:
        why = f" (it is not whole: {row['incomplete']})" if "incomplete" in row else ""
        return f"dawg data get {row['dataset']}{why}"
    of = {name: "all" if row[name] == row["clips"] else f"{row[name]:,}" for name in ("may_train", "may_ship")}
    return (
        f"{row['clips']:,} clips, {row['hours']:,.1f} h, {row['size_bytes'] / 1e9:,.2f} GB; "
        f"{of['may_train']} may be trained on, weights of {of['may_ship']} shipped"
    )


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


def _print_card(spec: str, out: Path | None, decode: int, as_json: bool) -> None:
    from dawg_ai.report import dataset as card

    dataset = data.load(spec)
    clips, sums = dataset.clips(), inventory(dataset)
    sample = Request(limit=max(1, decode)).of(clips)
    measured = [card.measure(clip) for clip in tqdm(sample, unit="clip", desc=dataset.name, file=sys.stderr)]
    hours = [seconds / 3600 for seconds in durations_s(dataset.root, clips)]
    path = out or Path(f"{dataset.name}.html")
    with atomic_write(path) as draft:
        draft.write_text(card.document(dataset, sums, hours, measured), "utf-8", "backslashreplace")
    damaged = sum(bool(each.reason) for each in measured)
    if as_json:
        print(json.dumps({"page": str(path), "decoded": len(measured), "damaged": damaged, **asdict(sums)}))
        return
    print(f"{path}: {sums.clips} clips, {sums.hours:.1f} h; {len(measured)} decoded, {damaged} of them damaged")


def _print_duplicates(specs: list[str], as_json: bool) -> None:
    clips = [clip for spec in specs for clip in data.load(spec).clips()]
    pairs = duplicates.find(clips)
    path = duplicates.record(pairs, clips)
    if as_json:
        print(json.dumps({"clips": len(clips), "pairs": [asdict(pair) for pair in pairs], "recorded": str(path)}))
        return
    for pair in pairs:
        where = "in one group" if pair.same_group else "of two groups"
        print(f"{pair.score:5.2f} {pair.kind:5} {where}: {pair.first} = {pair.second}")
    across = sum(not pair.same_group for pair in pairs)
    print(
        f"{len(clips)} clips: {len(pairs)} pairs are one, {across} of them across groups; from now on in one part: "
        f"{path}"
    )


def _print_forgotten(clip_id: str, as_json: bool) -> None:
    from dawg_ai.forget import forget

    done = forget(clip_id)
    found = {"clips": done.clips, "removed": [*map(str, done.removed)], "models": [*map(str, done.models)]}
    if as_json:
        print(json.dumps(found))
        return
    print(f"forgotten: {', '.join(done.clips)}; {len(done.removed)} files removed")
    for model in done.models:
        print(f"learned from it: {model}; train it again, and take back what was shipped of it")
