"""Sing a melody: notes and syllables to a voice, in mono.

    dawg sing melody.mid out.wav --syllables "sa ku ra sa ku ra" --vibrato 30 --breath 10 --seed 1
    dawg sing melody.mid out.wav --syllables "do re mi fa" --harmony third --harmony octave
    dawg sing melody.mid out.wav --syllables "ha - ru -" --curves f0.json --rate 48000
    dawg sing song.musicxml out.wav                        # with the lyrics of the score

A syllable is a consonant or none, a vowel, and perhaps n: sa, kyo, shin; n alone hums, - holds the vowel before. They
are sung in turn, from the beginning again where there are fewer than notes. The same command and seed give the same
bytes. --curves writes the fundamental frequency, every 10 ms, and the times of the phonemes as JSON.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai import ask, audio, chain, delivery
from dawg_ai.ask import Answer
from dawg_ai.audio.formats import format_of
from dawg_ai.bundle import Bundle
from dawg_ai.dsp.limits import check_rate
from dawg_ai.errors import UsageError
from dawg_ai.files import atomic_write
from dawg_ai.singing import harmony, melody, voices

RATE_HZ = 44_100
LOWEST_RATE_HZ = 24_000  # the voice reaches up to 12 kHz
PEAK = 0.5  # of what is written, -6 dB


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument(
        "melody", type=Path, metavar="MELODY", help="a melody: .mid, .musicxml with lyrics, or notes as .json"
    )
    parser.add_argument("output", type=Path, metavar="OUT", help="wav, flac, ogg or mp3")
    parser.add_argument("--syllables", default="", metavar="TEXT", help="default: those of the file, or la")
    parser.add_argument("--voice", default="", metavar="NAME", help="default: the first there is")
    parser.add_argument("--transpose", type=float, default=0, metavar="SEMITONES", help="of every note")
    for name, unit, control in CONTROLS:
        parser.add_argument(f"--{name}", type=float, metavar=unit, help=f"default: the voice's {control}")
    parser.add_argument(
        "--harmony", action="append", default=[], metavar="KIND", help=f"another part: {', '.join(harmony.KINDS)}"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of drift and choir; default: 0")
    parser.add_argument("--rate", type=int, default=RATE_HZ, metavar="HZ", help=f"sample rate; default: {RATE_HZ}")
    parser.add_argument("--curves", type=Path, metavar="FILE", help="write pitch and phonemes as JSON")
    delivery.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


CONTROLS = (  # option, unit, control of the voice
    ("vibrato", "CENTS", "vibrato_cents"),
    ("vibrato-rate", "HZ", "vibrato_hz"),
    ("glide", "MS", "glide_ms"),
    ("overshoot", "PERCENT", "overshoot_percent"),
    ("drift", "CENTS", "drift_cents"),
    ("breath", "PERCENT", "breath_percent"),
    ("brightness", "DB", "brightness_db"),
    ("formants", "SEMITONES", "formant_semitones"),
)


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    started_s = time.monotonic()
    format_of(arguments.output, arguments.bits)  # before any work is done
    check_rate(arguments.rate)
    if arguments.rate < LOWEST_RATE_HZ:
        raise UsageError(f"--rate is {arguments.rate}; expected {LOWEST_RATE_HZ} Hz or more")
    if not 0 <= arguments.seed <= 1_000_000:
        raise UsageError(f"--seed is {arguments.seed}; expected 0 to 1000000")
    bundle = voices.load(arguments.voice)
    sung = melody.read(arguments.melody, arguments.syllables, arguments.transpose)
    parts = harmony.parts(sung, arguments.harmony, arguments.seed)
    answers = [_answer(bundle, part, arguments) for part in parts]
    mix = _mixed([_rendered(answer, arguments.rate) for answer in answers], [part.level_db for part in parts])
    sound = audio.held(mix, arguments.rate)
    recipe = {"format": chain.FORMAT, "chain": []}
    file = delivery.deliver(arguments.output, sound, recipe, None, arguments.bits)
    curves = voices.curves(answers[0])
    if arguments.curves:
        with atomic_write(arguments.curves) as draft:
            draft.write_text(json.dumps(curves) + "\n", "utf-8")
    for remark in file.remarks:
        print(remark, file=sys.stderr)
    seconds = round(time.monotonic() - started_s, 3)
    if arguments.json:
        figures: dict[str, Any] = {
            "voice": bundle.origin, "output": str(arguments.output), "notes": len(sung), "parts": len(parts),
            "seconds": seconds, "duration_s": round(mix.shape[1] / arguments.rate, 3), **curves,
        }  # fmt: skip
        print(json.dumps(figures))
    else:
        length_s = mix.shape[1] / arguments.rate
        print(f"{arguments.output} is written: {len(sung)} notes, {length_s:.1f} s ({seconds:.1f} s)")
    return 0


def _answer(bundle: Bundle, part: harmony.Part, arguments: argparse.Namespace) -> Answer:
    given = {control: getattr(arguments, option.replace("-", "_")) for option, _, control in CONTROLS}
    controls = {name: float(value) for name, value in given.items() if value is not None}
    return ask.ask(bundle, {voices.SCORE: [part.notes]}, {**controls, "seed": float(part.seed)})


def _rendered(answer: Answer, rate_hz: int) -> NDArray[np.float32]:
    nothing = np.zeros((1, 0), np.float32)
    return chain.render(answer.recipe, nothing, rate_hz, tail=True)


def _mixed(sounds: list[NDArray[np.float32]], levels_db: list[float]) -> NDArray[np.float32]:
    """The sum, at a peak of -6 dB."""
    total = np.zeros((1, max(sound.shape[1] for sound in sounds)))
    for sound, level_db in zip(sounds, levels_db, strict=True):
        total[:, : sound.shape[1]] += 10 ** (level_db / 20) * sound
    peak = np.abs(total).max()
    return (total * (PEAK / peak if peak > 0 else 1.0)).astype(np.float32)
