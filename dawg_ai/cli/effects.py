"""List the effects, or one effect's knobs with an example recipe.

    dawg effects
    dawg effects compressor
    dawg effects reverb --json > recipe.json     # its example, which dawg render takes as it is

A recipe names effects and the knobs that are not at their default; docs/bundle.md has the format.
"""

import argparse
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from dawg_ai import notes, recipe, terminal
from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Effect, Knob

BEAT = [[0.5 * beat, 0.25, 38 if beat % 2 else 36, 0.8, 0, 0] for beat in range(4)]  # bass drum and snare
MEANING = {
    "bypass": "true: it is left out",
    "sound": "path of the sound it works with, seen from the recipe; without it the song passes through",
    "key": "path of a sound that it listens to in place of the song (side-chain)",
    "notes": f"what it plays: rows of {', '.join(notes.COLUMNS)}",
    "curves": "what it plays: rows of numbers, one after the other",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("name", nargs="?", metavar="NAME", help=f"one of: {', '.join(effect.names())}")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    if arguments.name is None:
        every = {name: effect.load(name).summary for name in effect.names()}
        print(json.dumps({"effects": every}) if arguments.json else "\n".join(terminal.listed(every.items())))
        return 0
    chosen = effect.load(arguments.name)
    print(json.dumps(_declared(chosen)) if arguments.json else "\n".join(_described(chosen)))
    return 0


def example(chosen: Effect) -> dict[str, Any]:
    """A recipe that makes the effect plain to hear; one that works with another sound is given none."""
    link: dict[str, Any] = {"effect": chosen.name, "knobs": recipe.named(chosen.name, chosen.example)}
    if chosen.plays == "notes":
        link["notes"] = BEAT
    elif chosen.rows:
        link[chosen.plays] = chosen.rows
    return {"format": recipe.FORMAT, "chain": [link]}


def alike(knobs: Iterable[Knob]) -> list[list[Knob]]:
    """Knobs together that differ in their number and default alone, such as those of all bands."""
    found: dict[tuple[str, ...], list[Knob]] = {}
    for knob in knobs:
        found.setdefault((re.sub(r"\d+", "N", knob.group or knob.name), knob.label, span(knob)), []).append(knob)
    return list(found.values())


def span(knob: Knob) -> str:
    """The values that a knob can take, in words.

    >>> span(Knob("gain_db", "Gain", "dB", -12, 12, 0, step=0.1))
    '-12 to 12 dB'
    """
    return ", ".join(knob.choices) or f"{knob.minimum:g} to {knob.maximum:g} {knob.unit}".rstrip()


def _declared(chosen: Effect) -> dict[str, Any]:
    knobs = [{**knob.declaration(), "default": _default(knob)} for knob in chosen.knobs]
    takes = recipe.keys(chosen)
    return {
        "effect": chosen.name,
        "summary": chosen.summary,
        "takes": takes,
        "knobs": knobs,
        "recipe": example(chosen),
    }


def _default(knob: Knob) -> float | str:
    return knob.choices[int(knob.default)] if knob.choices else knob.default


def _shown_default(knob: Knob) -> str:
    return knob.choices[int(knob.default)] if knob.choices else f"{knob.default:g}"


def _described(chosen: Effect) -> Iterator[str]:
    yield terminal.wrapped(f"{chosen.name}: {chosen.summary}")
    groups: dict[str, list[tuple[str, str]]] = {}
    for same in alike(chosen.knobs):
        first, last = same[0], same[-1]
        several = first is not last
        title = f"{first.group} to {last.group.rpartition(' ')[2]}" if several else first.group or "Knobs"
        defaults = ", ".join(dict.fromkeys(map(_shown_default, same)))
        name = f"{first.name} ... {last.name}" if several else first.name
        groups.setdefault(title, []).append((name, f"{first.label}: {span(first)}; default {defaults}"))
    more = [(name, MEANING[name]) for name in recipe.keys(chosen)[2:]]
    for title, rows in {**groups, "Besides effect and knobs, a link of a recipe may have": more}.items():
        yield from ("", title, *terminal.listed(rows, 2, 20))
    (link,) = example(chosen)["chain"]
    yield from ("", "An example, for dawg render --recipe FILE")
    yield from (f'{{"format": {recipe.FORMAT}, "chain": [', f" {json.dumps(link)}", "]}")
