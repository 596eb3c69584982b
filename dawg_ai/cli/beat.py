"""Make beats: drums, bass and melody as MIDI and as sound; or have a file played, varied, continued, accompanied.

    dawg beat out.mid out.wav --style funk --tempo 96 --bars 4 --chords "Am F C G" --swing 0.2 --seed 7
    dawg beat humanise stiff.mid played.mid --style jazz --amount 0.8
    dawg beat tap2drum taps.mid drums.mid --style hiphop
    dawg beat infill beat.mid new.mid --lock kick --lock snare     # or --lock-steps 1-8: all else is made anew
    dawg beat continue beat.mid longer.mid --bars 4
    dawg beat vary beat.mid other.mid --amount 0.5
    dawg beat add bass beat.mid with_bass.mid --chords "ii7 V7 Imaj7 Imaj7" --key C
    dawg beat add melody beat.mid with_melody.mid --chords "Am F C G"

Drums come from patterns that are written by hand, or with `--engine network` from a drummer that was trained on
recordings (the plugin `beats`); bass and melody follow rules. docs/plugins/beats.md says how the two compare.
OUT is a .mid file; a second OUT is its sound (.wav, .flac, .mp3, ...). Tempo and length of a file are kept. The same
command and seed give the same bytes. Swing is the delay of every second sixteenth, in sixteenths: 0 is straight, 0.33
a triplet; jazz swings eighths, with 0.67 for a triplet.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawg_ai import ask, delivery, midi
from dawg_ai.audio.formats import format_of
from dawg_ai.beat import (
    BEATS_PER_BAR,
    STEPS_PER_BAR,
    arrangement,
    bass,
    drummer,
    drums,
    harmony,
    melody,
    style,
)
from dawg_ai.beat.arrangement import Beat
from dawg_ai.beat.feel import Knobs, drum_of, humanise
from dawg_ai.beat.harmony import Progression
from dawg_ai.errors import UsageError

MAX_BARS = 64
ENGINES = ("library", "network")
RANGES = {  # what numbers may be
    "tempo": (20, 400),
    "bars": (1, MAX_BARS),
    "swing": (0, 0.7),
    "density": (0, 1),
    "push_ms": (-60, 60),
    "dynamics": (0, 2),
    "amount": (0, 1.5),
    "seed": (0, 2**31 - 1),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("words", nargs="+", metavar="[ACTION] [IN] OUT", help=f"actions: {', '.join(ACTIONS)}")
    parser.add_argument("--style", default="", help=f"default: funk; {', '.join(style.names())}")
    parser.add_argument("--tempo", type=float, metavar="BPM", help="default: the style's, or the file's")
    parser.add_argument("--bars", type=int, metavar="N", help="default: 4, or as many as the file has")
    parser.add_argument("--chords", default="", metavar="TEXT", help='"Am F C G", "i VI III VII", "Dm7 | G7 C |"')
    parser.add_argument("--key", default="", metavar="KEY", help='such as "Am"; default: as the chords suggest')
    parser.add_argument("--swing", type=float, metavar="X", help="in sixteenths; default: the style's")
    parser.add_argument("--density", type=float, metavar="X", help="0 to 1; default: 0.5, as written or usual")
    parser.add_argument("--push-ms", type=float, default=0.0, metavar="MS", help="later, or earlier where below 0")
    parser.add_argument("--dynamics", type=float, default=1.0, metavar="X", help="of velocity; default: 1")
    parser.add_argument("--amount", type=float, metavar="X", help="how much; default: 1, for vary 0.4")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0], help=f"of the drums; default: {ENGINES[0]}")
    parser.add_argument("--lock", action="append", default=[], metavar="DRUM", help="infill: a drum that stays")
    parser.add_argument("--lock-steps", default="", metavar="A-B", help="infill: sixteenths that stay, from 1")
    parser.add_argument("--loop", action="store_true", help="notes pulled before the start come at the end instead")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Args:
        style: the style.
        style_name: its name.
        engine: one of ENGINES.
        knobs: of the feel.
        given: what is in the input file, or an empty beat.
        bars: how many to make.
        density: 0 to 1; None for as usual.
        amount: how much to vary.
        seed: of all that is drawn.
        chords: what bass and melody follow.
        locked: drums that stay.
        locked_steps: sixteenths that stay.
    """

    style: style.Style
    style_name: str
    engine: str
    knobs: Knobs
    given: Beat
    bars: int
    density: float | None
    amount: float
    seed: int
    chords: Progression
    locked: frozenset[str]
    locked_steps: range

    @property
    def tempo_bpm(self) -> float:
        """The tempo of what is made."""
        return self.given.tempo_bpm

    def drums(self, bars: int) -> midi.Events:
        """Fresh drums."""
        if self.engine == "network":
            return self.drummer("generate", {}, bars=bars)
        density = 0.5 if self.density is None else self.density
        return drums.generate(self.style, bars, self.knobs, density, self.tempo_bpm, self.seed)

    def drummer(self, mode: str, given: Mapping[str, midi.Events], **more: float) -> midi.Events:
        """Drums of the network."""
        bundle = drummer.load()
        asked = drummer.controls(
            bundle, self.style_name, self.style, self.knobs, self.density, self.tempo_bpm, self.seed
        )
        return drummer.play(bundle, mode, given, self.tempo_bpm, asked | more)

    def bass(self, to: midi.Events, bars: int) -> midi.Events:
        """A bass line to drums."""
        return bass.generate(self.style, self.chords, bars, to, self.knobs, self.tempo_bpm, self.seed)

    def melody(self, bars: int) -> midi.Events:
        """A melody."""
        return melody.generate(self.style, self.chords, bars, self.knobs, self.tempo_bpm, self.seed)


def _generate(request: Request) -> Beat:
    made = request.drums(request.bars)
    return replace(
        request.given, drums=made, bass=request.bass(made, request.bars), melody=request.melody(request.bars)
    )


def _humanise(request: Request) -> Beat:
    def played(events: midi.Events) -> midi.Events:
        return humanise(events, request.style, request.knobs, request.tempo_bpm, request.seed)

    given = request.given
    if request.engine == "network":
        if not len(given.drums):
            raise UsageError("the network humanises drums, and the file has none on channel 10; use --engine library")
        return replace(given, drums=request.drummer("humanise", {"pattern": given.drums}))
    return replace(given, drums=played(given.drums), bass=played(given.bass), melody=played(given.melody))


def _tap2drum(request: Request) -> Beat:
    taps = midi.merged([request.given.drums, request.given.bass, request.given.melody])
    if request.engine == "network":
        made = request.drummer("tap", {"taps": taps})
    else:
        made = drums.from_taps(taps, request.style, request.given.bars, request.seed)
    return Beat(request.tempo_bpm, request.given.bars, made, kit=request.given.kit)


def _infill(request: Request) -> Beat:
    given = request.given
    if not request.locked and not request.locked_steps:
        raise UsageError(
            "infill keeps what is locked and makes the rest anew; name it: --lock kick, --lock-steps 1-8"
        )
    locked: NDArray[np.bool_] = np.zeros((given.bars * STEPS_PER_BAR, 128), bool)
    locked[[step for step in request.locked_steps if step < len(locked)]] = True
    locked[:, [pitch for pitch in range(128) if drum_of(pitch) in request.locked]] = True
    new = _around(request) if request.engine == "network" else request.drums(given.bars)
    return replace(given, drums=drums.infill(given.drums, new, locked, given.bars))


def _around(request: Request) -> midi.Events:
    """Drums of the network to those that are locked."""
    kept = [drum_of(pitch) in request.locked for pitch in request.given.drums[:, 2]]
    if not any(kept):
        return request.drums(request.given.bars)
    return request.drummer("infill", {"keep": request.given.drums[np.array(kept)]})


def _continue(request: Request) -> Beat:
    given, more = request.given, request.bars
    if request.engine == "network":
        made = request.drummer("continue", {"start": given.drums}, bars=more)
    else:
        made = drums.continued(
            given.drums, given.bars, more, request.style, request.knobs, request.tempo_bpm, request.seed
        )
    return replace(given, drums=made, bars=given.bars + more)


def _vary(request: Request) -> Beat:
    given = request.given
    varied = drums.vary(given.drums, request.style, request.knobs, request.amount, request.tempo_bpm, request.seed)
    return replace(given, drums=varied)


def _add_bass(request: Request) -> Beat:
    return replace(request.given, bass=request.bass(request.given.drums, request.given.bars))


def _add_melody(request: Request) -> Beat:
    return replace(request.given, melody=request.melody(request.given.bars))


ACTIONS: Mapping[str, Callable[[Request], Beat]] = {
    "humanise": _humanise,
    "tap2drum": _tap2drum,
    "infill": _infill,
    "continue": _continue,
    "vary": _vary,
    "add bass": _add_bass,
    "add melody": _add_melody,
}


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    action, source, outputs = _words(arguments.words)
    for name, (least, most) in RANGES.items():
        value = getattr(arguments, name)
        if value is not None and not least <= value <= most:
            raise UsageError(f"--{name.replace('_', '-')} is {value:g}; expected {least} to {most}")
    for path in outputs[1:]:
        format_of(path, "")  # before any work is done
    request = _request(arguments, action, source)
    made = ACTIONS[action](request) if action else _generate(request)
    if arguments.loop:
        made = replace(made, drums=arrangement.looped(made.drums, made.bars))
    midi.write(outputs[0], made.file())
    for path in outputs[1:]:
        delivery.deliver(path, ask.rendered(made.recipe(), {}), made.recipe(), None)
    figures = {
        "action": action or "generate",
        "files": [str(path) for path in outputs],
        "tempo_bpm": round(made.tempo_bpm, 3),
        "bars": made.bars,
        "notes": {"drums": len(made.drums), "bass": len(made.bass), "melody": len(made.melody)},
        "chords": [chord.name for _, chord in request.chords.spans],
        "seed": request.seed,
    }
    print(json.dumps(figures) if arguments.json else _in_words(figures))
    return 0


def _words(words: Sequence[str]) -> tuple[str, Path | None, list[Path]]:
    """The action, "" for none, the input file, and one or two output files."""
    action = next((name for name in ACTIONS if list(words[: len(name.split())]) == name.split()), "")
    files = [Path(word) for word in words[len(action.split()) :]]
    inputs, outputs = (files[:1], files[1:]) if action else ([], files)
    if not 1 <= len(outputs) <= 2 or outputs[0].suffix.lower() not in midi.SUFFIXES:
        right = f"dawg beat {action} IN.mid OUT.mid [OUT.wav]" if action else "dawg beat OUT.mid [OUT.wav]"
        raise UsageError(f"{' '.join(words)} is not understood; expected: {right} (actions: {', '.join(ACTIONS)})")
    return action, inputs[0] if inputs else None, outputs


def _request(arguments: argparse.Namespace, action: str, source: Path | None) -> Request:
    chosen = style.load(arguments.style or "funk")
    if source:
        given = replace(arrangement.from_file(midi.read(source)), kit=chosen.kit)
        if arguments.tempo:
            given = replace(given, tempo_bpm=arguments.tempo)
    else:
        given = Beat(arguments.tempo or chosen.tempo_bpm, arguments.bars or BEATS_PER_BAR, kit=chosen.kit)
    wrong = set(arguments.lock) - set(style.DRUMS)
    if wrong:
        raise UsageError(f"--lock {wrong.pop()}: there is no such drum; there are: {', '.join(style.DRUMS)}")
    amount = arguments.amount
    return Request(
        chosen,
        (arguments.style or "funk").lower().replace(" ", "_").replace("-", "_"),
        arguments.engine,
        Knobs(arguments.swing, arguments.push_ms, 1.0 if amount is None else amount, arguments.dynamics),
        given,
        arguments.bars or given.bars,
        arguments.density,
        0.4 if amount is None else amount,
        arguments.seed,
        harmony.parse(arguments.chords or chosen.progression, arguments.key),
        frozenset(arguments.lock),
        _steps(arguments.lock_steps),
    )


def _steps(text: str) -> range:
    """Sixteenths such as "1-8", counted from 1, as a range from 0."""
    if not text:
        return range(0)
    first, dash, last = text.partition("-")
    if not first.isdigit() or not (last.isdigit() or not dash) or int(first) < 1:
        raise UsageError(f"--lock-steps is {text!r}; expected such as 1-8, sixteenths counted from 1")
    return range(int(first) - 1, int(last or first))


def _in_words(figures: Mapping[str, object]) -> str:
    notes = figures["notes"]
    assert isinstance(notes, dict)
    counts = ", ".join(f"{count} of {part}" for part, count in notes.items() if count)
    files = " and ".join(figures["files"])  # type: ignore[arg-type]
    return f"{files}: {figures['bars']} bars at {figures['tempo_bpm']} bpm; notes: {counts or 'none'}"
