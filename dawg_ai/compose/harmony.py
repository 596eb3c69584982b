"""Scales, chords and voice leading."""

from dataclasses import dataclass

# Semitones above the tonic.
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "minor": (0, 2, 3, 5, 7, 8, 10),
}


@dataclass(frozen=True)
class Key:
    """A tonic (pitch class, 0 = C) with the steps of its scale."""

    tonic: int
    scale: str

    def pitch(self, step: int, lowest: int) -> int:
        """MIDI pitch of scale step `step` (0 = tonic, 7 = tonic an octave up), counted from `lowest` upwards.

        >>> Key(9, "minor").pitch(2, lowest=60)  # the third of A minor above middle C: C5
        72
        """
        steps = SCALES[self.scale]
        root = lowest + (self.tonic - lowest) % 12
        octave, degree = divmod(step, len(steps))
        return root + 12 * octave + steps[degree]

    def __contains__(self, pitch: int) -> bool:
        return (pitch - self.tonic) % 12 in SCALES[self.scale]


def chord_steps(degree: int, size: int) -> tuple[int, ...]:
    """Stacked thirds on a degree of the scale: three notes make a triad, four a seventh, five a ninth.

    >>> chord_steps(4, 4)
    (4, 6, 8, 10)
    """
    return tuple(degree + 2 * third for third in range(size))


def voicings(key: Key, progression: tuple[int, ...], size: int, centre: int) -> list[tuple[int, ...]]:
    """Voice leading: each chord in the inversion nearest to the chord before.

    Every chord tone is first put within half an octave of `centre`.

    Args:
        key: The key.
        progression: Degrees of its scale, 0 = tonic.
        size: Notes of each chord: 3 make a triad, 4 a seventh, 5 a ninth.
        centre: MIDI pitch.

    Returns:
        For each chord its MIDI pitches, lowest first.

    >>> voicings(Key(0, "major"), (0, 3), size=3, centre=60)
    [(55, 60, 64), (57, 60, 65)]
    """
    chosen: list[tuple[int, ...]] = []
    for degree in progression:
        close = sorted(key.pitch(step, 0) % 12 for step in chord_steps(degree, size))
        base = sorted(pitch + 12 * round((centre - pitch) / 12) for pitch in close)
        inversions = [base]
        inversions.append(sorted([*base[1:], base[0] + 12]))
        inversions.append(sorted([*base[:-1], base[-1] - 12]))
        before = chosen[-1] if chosen else (centre,) * size
        chosen.append(
            tuple(min(inversions, key=lambda notes: sum(abs(a - b) for a, b in zip(notes, before, strict=True))))
        )
    return chosen
