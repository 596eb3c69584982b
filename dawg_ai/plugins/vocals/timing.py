"""Timing rules: notes with syllables, or labelled phonemes, to frames of 10 ms.

A note's vowel begins with the note, and its consonant before it, as singers do (J. Sundberg, "The Science of the
Singing Voice", 1987); the consonant takes its usual length, but at most half of the note before. A coda ends the
note. Notes less than 60 ms apart are sung without a pause.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.effects.voice import FRAME_HZ, MAX_FRAMES
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.features.notes import NoteFeatures
from dawg_ai.lyrics import HOLD, PHONEMES, PLACES

PAU, DEFAULT_VOWEL = PHONEMES.index("pau"), PHONEMES.index("a")
NASAL, CLOSURE = PHONEMES.index("N"), PHONEMES.index("cl")
LEGATO_S = 0.06
RELEASE_S = 0.3  # silence after the last note, in which it fades
NASAL_S, NASAL_SHARE = 0.15, 0.4  # of a coda, and at most this share of its note
CLOSURE_S, CLOSURE_SHARE = 0.1, 0.3
# Typical lengths in ms: estimates, not measured.
CONSONANT_MS = tuple(
    {"k": 80, "s": 110, "sh": 120, "t": 65, "ts": 110, "ch": 105, "h": 75, "f": 90, "p": 70, "hy": 90, "ky": 100,
     "py": 90, "n": 60, "m": 70, "y": 65, "r": 40, "w": 65, "g": 60, "z": 80, "j": 85, "d": 50, "b": 60, "v": 60,
     "ny": 75, "my": 75, "ry": 60, "gy": 80, "by": 70}.get(phoneme, 0) for phoneme in PHONEMES
)  # fmt: skip
START, END, PHONEME, NOTE = range(4)  # columns of segments
PREVIOUS, CURRENT, NEXT, SINCE_S, UNTIL_S, PITCH = range(6)  # columns of frames
NOTE_SINCE_S, NOTE_UNTIL_S, NOTE_PITCH, PITCH_BEFORE, PITCH_AFTER, VELOCITY = range(6)  # columns of melody
MAX_SEGMENTS = 65_536
FAR_S = 9.0  # no boundary is farther away than that


@kernel
def _add(segments: F64, count: int, start: float, end: float, phoneme: int, note: int) -> int:
    """Append a segment unless it is empty; return how many there are."""
    if end <= start or count >= MAX_SEGMENTS:
        return count
    segments[count, START], segments[count, END] = start, end
    segments[count, PHONEME], segments[count, NOTE] = float(phoneme), float(note)
    return count + 1


@kernel
def _end_s(notes: F32, i: int) -> float:
    """Where a note ends: at the next one at the latest, and there as well if the gap is short."""
    end = np.float64(notes[i, 0]) + np.float64(notes[i, 1])
    if i + 1 < notes.shape[0]:
        following = np.float64(notes[i + 1, 0])
        if following < end + LEGATO_S:
            return following
    return end


@kernel
def _consonant_s(notes: F32, i: int) -> float:
    """How long before its note a consonant begins."""
    consonant = int(notes[i, 5]) % PLACES
    if consonant >= len(CONSONANT_MS):
        return 0.0
    length = float(CONSONANT_MS[consonant]) / 1000.0
    start = np.float64(notes[i, 0])
    room = start
    if i > 0:
        before, end = np.float64(notes[i - 1, 0]), _end_s(notes, i - 1)
        room = max(start - end, 0.5 * (start - before))
    return min(length, room)


@kernel
def segmented(notes: F32, segments: F64) -> int:
    """Notes to phonemes with their times, without gaps; return how many there are."""
    count, at, vowel = 0, 0.0, DEFAULT_VOWEL
    for i in range(notes.shape[0]):
        start, end = np.float64(notes[i, 0]), _end_s(notes, i)
        packed = int(notes[i, 5])
        consonant, nucleus, coda = packed % PLACES, packed // PLACES % PLACES, packed // (PLACES * PLACES) % PLACES
        if nucleus == 0:
            nucleus = DEFAULT_VOWEL
        if nucleus != HOLD:
            vowel = min(nucleus, len(CONSONANT_MS) - 1)
        early = _consonant_s(notes, i)
        begins = start - early
        count = _add(segments, count, at, begins, PAU, i)
        count = _add(segments, count, max(at, begins), start, min(consonant, len(CONSONANT_MS) - 1), i)
        late = start
        if (
            consonant > 0 and early == 0.0 and consonant < len(CONSONANT_MS)
        ):  # no room before: at the note's beginning
            late = start + min(float(CONSONANT_MS[consonant]) / 1000.0, 0.5 * (end - start))
            count = _add(segments, count, start, late, consonant, i)
        stop = end
        if i + 1 < notes.shape[0]:
            stop = min(end, max(start, np.float64(notes[i + 1, 0]) - _consonant_s(notes, i + 1)))
        closing = 0.0
        if coda == NASAL:
            closing = min(NASAL_S, NASAL_SHARE * (stop - late))
        elif coda == CLOSURE:
            closing = min(CLOSURE_S, CLOSURE_SHARE * (stop - late))
        count = _add(segments, count, late, stop - closing, vowel, i)
        count = _add(segments, count, stop - closing, stop, min(coda, len(CONSONANT_MS) - 1), i)
        at = max(at, stop)
    return _add(segments, count, at, at + RELEASE_S, PAU, max(notes.shape[0] - 1, 0))


@kernel
def paint(segments: F64, count: int, frames: F32) -> int:
    """Segments to frames, all columns but pitch; return how many frames there are, at least one."""
    if count == 0:
        return 1
    total: int = min(int(segments[count - 1, END] * FRAME_HZ) + 1, MAX_FRAMES)
    which = 0
    for i in range(total):
        time_s = float(i) / FRAME_HZ
        while which + 1 < count and segments[which, END] <= time_s:
            which += 1
        frames[i, PREVIOUS] = np.float32(segments[max(which - 1, 0), PHONEME])
        frames[i, CURRENT] = np.float32(segments[which, PHONEME])
        frames[i, NEXT] = np.float32(segments[min(which + 1, count - 1), PHONEME])
        frames[i, SINCE_S] = np.float32(min(max(time_s - segments[which, START], 0.0), FAR_S))
        frames[i, UNTIL_S] = np.float32(min(max(segments[which, END] - time_s, 0.0), FAR_S))
    return total


@kernel
def encode(
    notes: Annotated[F32, "rows", 6],
    segments: Annotated[F64, 65536, 4],
    frames: Annotated[F32, 24000, 6],
    melody: Annotated[F32, 24000, 6],
) -> int:
    """A melody of one voice to frames.

    `frames`: phoneme before, now and next (indices of `lyrics.PHONEMES`), seconds since the phoneme's start and until
    its end, pitch of the note. `melody`: seconds since the note's start and until its end, its pitch, the pitches
    before and after where they are sung legato, velocity.
    """
    total = paint(segments, segmented(notes, segments), frames)
    note = 0
    last = notes.shape[0] - 1
    for i in range(total if last >= 0 else 0):
        time_s = float(i) / FRAME_HZ
        while note < last and np.float64(notes[note + 1, 0]) <= time_s:
            note += 1
        pitch, end = notes[note, 2], _end_s(notes, note)
        frames[i, PITCH] = pitch
        melody[i, NOTE_SINCE_S] = np.float32(min(max(time_s - np.float64(notes[note, 0]), -FAR_S), FAR_S))
        melody[i, NOTE_UNTIL_S] = np.float32(min(max(end - time_s, -FAR_S), FAR_S))
        melody[i, NOTE_PITCH], melody[i, PITCH_BEFORE], melody[i, PITCH_AFTER] = pitch, pitch, pitch
        if note > 0 and _end_s(notes, note - 1) >= np.float64(notes[note, 0]):
            melody[i, PITCH_BEFORE] = notes[note - 1, 2]
        if note < last and end >= np.float64(notes[note + 1, 0]):
            melody[i, PITCH_AFTER] = notes[note + 1, 2]
        melody[i, VELOCITY] = notes[note, 3]
    return total


@kernel
def encode_labels(
    notes: Annotated[F32, "rows", 6], segments: Annotated[F64, 65536, 4], frames: Annotated[F32, 24000, 6]
) -> int:
    """Labelled phonemes (`dawg_ai.labels`) to frames without pitch."""
    count, at = 0, 0.0
    for i in range(notes.shape[0]):
        start = np.float64(notes[i, 0])
        end = start + np.float64(notes[i, 1])
        phoneme = min(int(notes[i, 5]), len(CONSONANT_MS) - 1)
        count = _add(segments, count, at, start, PAU, i)
        count = _add(segments, count, max(at, start), end, phoneme, i)
        at = max(at, end)
    return paint(segments, count, frames)


SCORE = NoteFeatures(outputs=("frames", "melody"), encode=encode)
LABELS = NoteFeatures(outputs=("frames",), encode=encode_labels)
