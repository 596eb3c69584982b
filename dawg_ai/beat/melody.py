"""Melodies by rule: a motif of two bars over the chords; chord tones on the beats, steps of the scale between."""

import numpy as np

from dawg_ai.beat import STEPS_PER_BAR, STEPS_PER_BEAT
from dawg_ai.beat.feel import Knobs, starts
from dawg_ai.beat.harmony import Progression
from dawg_ai.beat.style import Style
from dawg_ai.midi import Events, merged

LOWEST, HIGHEST, MIDDLE = 60, 81, 70
GATE = 0.9
MOTIF_BARS = 2


def generate(style: Style, chords: Progression, bars: int, knobs: Knobs, tempo_bpm: float, seed: int) -> Events:
    """A melody.

    One motif, a rhythm and a contour, comes again every two bars and follows the chords; the fourth time it may be
    another. The last note is a tone of the last chord.

    Args:
        style: whose rhythms.
        chords: what it follows.
        bars: how many.
        knobs: of the feel.
        tempo_bpm: tempo.
        seed: of all that is drawn.
    """
    rng = np.random.default_rng([seed, 5])
    motifs = []
    for _ in range(2):
        rhythm = style.melody[int(rng.integers(len(style.melody)))]
        motifs.append((rhythm, rng.choice([-2, -1, -1, 0, 1, 1, 2], size=len(rhythm))))
    scale = [p for p in range(LOWEST, HIGHEST + 1) if p % 12 in chords.key.scale]
    now = MIDDLE
    onsets: list[tuple[int, int, int, float]] = []  # step, end, pitch, velocity
    for first in range(0, bars, MOTIF_BARS):
        rhythm, contour = motifs[int(first // MOTIF_BARS % 4 == 3)]
        for inside, token in enumerate(rhythm):
            step = first * STEPS_PER_BAR + inside
            if token != "x" or step >= bars * STEPS_PER_BAR:
                continue
            chord = chords.at(step / STEPS_PER_BEAT)
            tones = [p for p in range(LOWEST, HIGHEST + 1) if p % 12 in chord.classes]
            move = int(contour[inside])
            if inside % STEPS_PER_BEAT == 0 or abs(move) == 2:
                wanted = now + 3 * move - (now - MIDDLE) // 3  # leaps come back to the middle
                now = min(tones, key=lambda p: (abs(p - wanted), p))
            else:
                near = min(range(len(scale)), key=lambda i: abs(scale[i] - now))
                now = scale[min(max(0, near + move), len(scale) - 1)]
            held = len(rhythm[inside + 1 :]) - len(rhythm[inside + 1 :].lstrip("-"))
            velocity = 0.8 if inside % STEPS_PER_BEAT == 0 else 0.68
            onsets.append((step, min(step + 1 + held, bars * STEPS_PER_BAR), now, velocity))
    if not onsets:
        return np.zeros((0, 4))
    tones = [p for p in range(LOWEST, HIGHEST + 1) if p % 12 in chords.at(onsets[-1][0] / STEPS_PER_BEAT).classes]
    last = min(tones, key=lambda p: abs(p - onsets[-1][2]))
    onsets[-1] = (onsets[-1][0], onsets[-1][1], last, onsets[-1][3])
    steps = np.array([step for step, *_ in onsets])
    begins = starts(steps, [""] * len(steps), style, knobs, tempo_bpm, rng)
    lengths = GATE * np.array([end - step for step, end, *_ in onsets]) / STEPS_PER_BEAT
    velocities = np.clip([v + rng.normal(0.0, style.feel.dynamics) for *_, v in onsets], 1 / 127, 1.0)
    return merged([np.stack([begins, lengths, [p for _, _, p, _ in onsets], velocities], axis=1)])
