"""Composition: a style and a seed become a score."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from dawg_ai.compose.harmony import Key, chord_steps, voicings
from dawg_ai.compose.score import BEATS_PER_BAR, STEPS_PER_BAR, STEPS_PER_BEAT, Hit, Note, Score, Section
from dawg_ai.compose.seeds import generator
from dawg_ai.compose.style import Groove, Style
from dawg_ai.compose.styles import STYLES

Choice = TypeVar("Choice")
VELOCITIES = {"X": 1.0, "x": 0.78, "o": 0.42}  # accent, normal stroke, ghost note
PENTATONIC = {  # steps of the scale that are consonant with its chords
    "major": (0, 1, 2, 4, 5),
    "mixolydian": (0, 1, 2, 4, 5),
    "lydian": (0, 1, 2, 4, 5),
    "dorian": (0, 2, 3, 4, 6),
    "minor": (0, 2, 3, 4, 6),
}
TITLE_FIRST_WORDS = (
    *("Silver", "Distant", "Paper", "Golden", "Quiet", "Electric", "Northern"),
    *("Velvet", "Broken", "Summer", "Hidden", "Second", "Open", "Amber"),
)
TITLE_SECOND_WORDS = (
    *("Harbour", "Lines", "Mirror", "Season", "Avenue", "Garden", "Signal"),
    *("Rooms", "Thunder", "Letters", "Motion", "River", "Glass", "Hours"),
)
BASS_LOWEST = 28  # E1, the open string of a bass guitar
GUITAR_LOWEST = 40  # E2
MELODY_LOWEST = 57


def write(style_name: str, seed: int) -> Score:
    """Write a song: key, tempo, form and every note.

    Args:
        style_name: One of `STYLES`.
        seed: Number of the song within its style, from 0.

    Returns:
        Its score, humanised.

    Example:
        >>> score = write("house", 0)
        >>> score.bars, 118 <= score.tempo_bpm <= 128
        (24, True)
    """
    style = STYLES[style_name]
    rng = generator("score", style_name, seed)
    key = Key(int(rng.integers(12)), pick(rng, style.scales))
    progressions = [pick(rng, style.progressions) for _ in range(2)]
    form = pick(rng, style.forms)
    swing = rng.uniform(*style.swing)
    grooves = [pick(rng, style.grooves) for _ in range(2)]
    bass_lines = [pick(rng, style.bass_lines) for _ in range(2)]
    comping = [pick(rng, style.comping) for _ in range(2)]
    motifs = [motif(rng, pick(rng, style.melodies), key.scale) for _ in range(2)]
    arp = pick(rng, style.arps)

    hits: list[Hit] = []
    parts: dict[str, list[Note]] = {"bass": [], "chords": [], "pad": [], "melody": [], "arp": []}
    bar = 0
    for section in form:
        lift = int(section.name == "chorus")  # the chorus has its own harmony, groove and melody
        progression = progressions[lift]
        chords = voicings(key, progression, style.chord_size, style.chord_centre)
        for index in range(section.bars):
            start = (bar + index) * BEATS_PER_BAR
            degree, following = progression[index % len(progression)], progression[(index + 1) % len(progression)]
            notes = chords[index % len(progression)]
            last = index == section.bars - 1
            hits += drum_bar(rng, grooves[lift], section, start, first=index == 0, fill=last and style.fills)
            bar_parts = {
                "bass": bass_bar(key, bass_lines[lift], degree, following, start),
                "chords": chord_bar(
                    comping[lift], (key.pitch(degree % 7, GUITAR_LOWEST),) if style.roots_only else notes, start
                ),
                "pad": chord_bar("X---------------", notes, start),
                "melody": melody_bar(key, motifs[lift], degree, index, start, octave=lift * style.lift),
                "arp": arp_bar(arp, notes, start),
            }
            for player, written in bar_parts.items():
                if player in section.players:
                    parts[player] += [
                        Note(n.start_beats, n.length_beats, n.pitch, n.velocity * section.energy) for n in written
                    ]
        bar += section.bars
    return Score(
        style=style_name,
        title=f"{pick(rng, TITLE_FIRST_WORDS)} {pick(rng, TITLE_SECOND_WORDS)}",
        tempo_bpm=round(float(rng.uniform(*style.tempo_bpm)), 1),
        tonic=key.tonic,
        scale=key.scale,
        sections=form,
        drums=tuple(
            Hit(humanised(rng, style, hit.start_beats, swing), hit.drum, hit.velocity * rng.uniform(0.9, 1.0))
            for hit in hits
        ),
        parts={
            player: tuple(
                Note(
                    humanised(rng, style, n.start_beats, swing),
                    n.length_beats,
                    n.pitch,
                    n.velocity * rng.uniform(0.88, 1.0),
                )
                for n in notes
            )
            for player, notes in parts.items()
        },
    )


def pick(rng: np.random.Generator, options: Sequence[Choice]) -> Choice:
    """Draw one of the options."""
    return options[int(rng.integers(len(options)))]


def humanised(rng: np.random.Generator, style: Style, beats: float, swing: float) -> float:
    """A time in beats with swing (every second sixteenth late by `swing` sixteenths) and a random deviation."""
    late = swing if round(beats * STEPS_PER_BEAT) % 2 else 0.0
    return max(0.0, beats + (late + rng.normal(0.0, style.looseness)) / STEPS_PER_BEAT)


def drum_bar(
    rng: np.random.Generator, groove: Groove, section: Section, start: float, *, first: bool, fill: bool
) -> list[Hit]:
    """One bar of drums; `first` adds a crash, `fill` a fill on snare or toms in the last beat."""
    hits = []
    for drum, pattern in groove.items():
        if ROLE[drum] not in section.players:
            continue
        for step, stroke in enumerate(pattern):
            if stroke in VELOCITIES and not (fill and step >= 12 and drum in ("snare", "clap")):
                hits.append(Hit(start + step / STEPS_PER_BEAT, drum, VELOCITIES[stroke] * section.energy))
    if first and "snare" in section.players and section.energy > 0.8:
        hits.append(Hit(start, "crash", section.energy))
    if fill and "snare" in section.players:
        run = pick(rng, (("snare",) * 4, ("snare", "snare", "tom", "tom"), ("tom", "lowtom", "tom", "lowtom")))
        for step, drum in enumerate(run):
            hits.append(Hit(start + (12 + step) / STEPS_PER_BEAT, drum, section.energy * (0.55 + 0.13 * step)))
    return hits


# Drum -> player of a section.
ROLE = {
    "kick": "kick",
    "snare": "snare",
    "clap": "snare",
    "rim": "snare",
    "hat": "hats",
    "openhat": "hats",
    "ride": "hats",
    "shaker": "hats",
}


def strokes(pattern: str) -> list[tuple[int, int, str]]:
    """`(step, length in steps, letter)` of a pattern where `-` holds and `.` rests.

    >>> strokes("R--.8.")
    [(0, 3, 'R'), (4, 1, '8')]
    """
    found = []
    for step, letter in enumerate(pattern):
        if letter not in "-.":
            held = len(pattern[step + 1 :]) - len(pattern[step + 1 :].lstrip("-"))
            found.append((step, 1 + held, letter))
    return found


def bass_bar(key: Key, line: str, degree: int, following: int, start: float) -> list[Note]:
    """One bar of bass: `R` root, `5` fifth, `8` octave, `a` the scale step that leads to the next root."""
    root = key.pitch(degree % 7, BASS_LOWEST)
    if root > BASS_LOWEST + 14:
        root -= 12
    target = key.pitch(following % 7, BASS_LOWEST)
    if target > BASS_LOWEST + 14:
        target -= 12
    leading = next(pitch for pitch in range(target - 1, target - 4, -1) if pitch in key)
    fifth = next(pitch for pitch in (root + 7, root + 6, root + 8) if pitch in key)
    pitches = {"R": root, "5": fifth, "8": root + 12, "a": leading}
    return [
        Note(start + step / STEPS_PER_BEAT, length / STEPS_PER_BEAT, pitches[letter], 1.0 if step % 4 == 0 else 0.85)
        for step, length, letter in strokes(line)
    ]


def chord_bar(pattern: str, notes: tuple[int, ...], start: float) -> list[Note]:
    """One bar of chords in the rhythm of a pattern."""
    return [
        Note(start + step / STEPS_PER_BEAT, length / STEPS_PER_BEAT, pitch, VELOCITIES[letter])
        for step, length, letter in strokes(pattern)
        for pitch in notes
    ]


def arp_bar(pattern: str, notes: tuple[int, ...], start: float) -> list[Note]:
    """A bar of broken chord: digits walk up the chord, 0 = lowest note, an octave higher past its top."""
    size = len(notes)
    return [
        Note(
            start + step / STEPS_PER_BEAT,
            length / STEPS_PER_BEAT,
            notes[int(digit) % size] + 12 * (1 + int(digit) // size),
            1.0 if step % 4 == 0 else 0.8,
        )
        for step, length, digit in strokes(pattern)
    ]


Motif = tuple[tuple[int, int, int], ...]  # (step in two bars, length in steps, step on the pentatonic ladder)


def motif(rng: np.random.Generator, rhythm: str, scale: str) -> Motif:
    """A two-bar motif: the rhythm of a pattern, the contour of a mean-reverting random walk."""
    rung = int(rng.integers(2, 6))
    notes = []
    for step, length, _ in strokes(rhythm):
        notes.append((step, length, rung))
        leap = int(rng.choice((-2, -1, 0, 1, 2), p=(0.14, 0.3, 0.12, 0.3, 0.14)))
        rung = int(np.clip(rung + leap - (rung > 6) + (rung < 2), 0, 8))
    return tuple(notes)


def melody_bar(key: Key, tune: Motif, degree: int, bar: int, start: float, octave: int) -> list[Note]:
    """One bar of the two-bar motif, fitted to its chord: notes on the beat move to the nearest chord tone.

    The end of every second repetition is one step lower, as an answer.
    """
    ladder = PENTATONIC[key.scale]
    tones = {key.pitch(step % 7, 0) % 12 for step in chord_steps(degree, 3)}
    answer = -1 if bar % 4 == 3 else 0
    notes = []
    for step, length, rung in tune:
        if step // STEPS_PER_BAR != bar % 2:
            continue
        high, low = divmod(max(rung + answer, 0), len(ladder))
        pitch = key.pitch(ladder[low] + 7 * high, MELODY_LOWEST)
        if step % STEPS_PER_BEAT == 0:
            pitch = min((p for p in range(pitch - 3, pitch + 4) if p % 12 in tones), key=lambda p: abs(p - pitch))
        if pitch > MELODY_LOWEST + 17:
            pitch -= 12
        within = step % STEPS_PER_BAR
        notes.append(
            Note(
                start + within / STEPS_PER_BEAT,
                length / STEPS_PER_BEAT,
                pitch + 12 * octave,
                1.0 if within % 4 == 0 else 0.85,
            )
        )
    return notes
