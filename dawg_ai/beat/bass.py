"""Bass lines by rule: a style's line over the chords, with the kick."""

import numpy as np

from dawg_ai.beat import STEPS_PER_BAR, STEPS_PER_BEAT
from dawg_ai.beat.feel import Knobs, drum_of, starts, steps_of
from dawg_ai.beat.harmony import Chord, Progression
from dawg_ai.beat.style import Style
from dawg_ai.midi import Events, merged

LOWEST = 28  # E1, the open string of a bass guitar
GATE = 0.92  # length of a note relative to the time until the next


def generate(
    style: Style, chords: Progression, bars: int, drums: Events, knobs: Knobs, tempo_bpm: float, seed: int
) -> Events:
    """A bass line.

    The root is on the first beat of each bar and at each change of chord, unless the style's line rests there. With
    the style's `kick_lock`, the bass plays with kicks beside its line; notes on a kick have the kick's time.

    Args:
        style: whose lines.
        chords: what they follow.
        bars: how many.
        drums: whose kick it plays with; may be empty.
        knobs: of the feel.
        tempo_bpm: tempo.
        seed: of all that is drawn.
    """
    rng = np.random.default_rng([seed, 4])
    is_kick = np.array([drum_of(pitch) == "kick" for pitch in drums[:, 2]], bool)
    kicks = dict(zip(steps_of(drums[is_kick]).tolist(), drums[is_kick][:, 0].tolist(), strict=True))
    lines = [style.bass[int(rng.integers(len(style.bass)))] for _ in range(2)]
    onsets: list[tuple[int, int, float]] = []  # step, pitch, velocity
    ends: set[int] = set()
    for bar in range(bars):
        line = lines[int(bar % 4 == 3)]  # the second line ends a phrase
        for inside, token in enumerate(line):
            step = STEPS_PER_BAR * bar + inside
            beat = step / STEPS_PER_BEAT
            chord, following = chords.at(beat), chords.at((bar + 1) * STEPS_PER_BAR / STEPS_PER_BEAT)
            changes = inside and chord is not chords.at(beat - 1 / STEPS_PER_BEAT)
            with_kick = token == "." and step in kicks and rng.uniform() < style.kick_lock
            if with_kick or (changes and token in "-."):
                token = "R"
            if token == ".":
                ends.add(step)
            elif token != "-":
                velocity = 0.9 if inside % STEPS_PER_BEAT == 0 else 0.75
                onsets.append((step, pitch(token, chord, following), velocity))
    if not onsets:
        return np.zeros((0, 4))
    steps = np.array([step for step, _, _ in onsets])
    begins = starts(steps, [""] * len(steps), style, knobs, tempo_bpm, rng)
    begins = np.array([kicks.get(step, start) for step, start in zip(steps.tolist(), begins, strict=True)])
    stops = np.append(steps[1:], bars * STEPS_PER_BAR)
    rests = np.array([next((s for s in range(a + 1, b) if s in ends), b) for a, b in zip(steps, stops, strict=True)])
    lengths = np.maximum(0.5 / STEPS_PER_BEAT, GATE * (rests - steps) / STEPS_PER_BEAT)
    velocities = np.clip([v + rng.normal(0.0, style.feel.dynamics) for _, _, v in onsets], 1 / 127, 1.0)
    return merged([np.stack([begins, lengths, [p for _, p, _ in onsets], velocities], axis=1)])


def pitch(token: str, chord: Chord, following: Chord) -> int:
    """MIDI number of a token of a bass line.

    >>> from dawg_ai.beat.harmony import parse
    >>> [pitch(token, parse("Am").at(0), parse("F").at(0)) for token in "R358a"]
    [33, 36, 40, 45, 30]
    """
    root = LOWEST + (chord.bass - LOWEST) % 12
    if token == "a":  # a semitone away from the next root, from the side of this one
        target = LOWEST + (following.bass - LOWEST) % 12
        return target + 1 if root > target and target + 1 != root else max(LOWEST, target - 1)
    above = {"R": 0, "3": chord.tones[1], "5": chord.tones[-1] if len(chord.tones) < 3 else chord.tones[2], "8": 12}
    return root + (above[token] if token in above else next((t for t in chord.tones if 9 <= t <= 11), 12))
