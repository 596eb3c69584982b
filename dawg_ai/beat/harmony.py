"""Chords as people write them: names (`Am F C G`, `F#m7b5`, `C/E`) or roman numerals in a key (`ii7 V7 Imaj7`)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dawg_ai.beat import BEATS_PER_BAR
from dawg_ai.compose.harmony import SCALES
from dawg_ai.errors import UsageError
from dawg_ai.midi import PITCH_CLASSES

NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")
QUALITIES = {  # what follows a root, as semitones above it; the first name of each is the usual one
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "dim": (0, 3, 6),
    "dim7": (0, 3, 6, 9),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "m9": (0, 3, 7, 10, 14),
    "add9": (0, 4, 7, 14),
    "5": (0, 7),
}
_SAME = {"maj": "", "M": "", "min": "m", "-": "m", "M7": "maj7", "min7": "m7", "-7": "m7", "o": "dim", "o7": "dim7"}
_SAME |= {"+": "aug", "ø": "m7b5", "°": "dim", "Δ": "maj7", "sus": "sus4", "M9": "maj9", "min9": "m9", "min6": "m6"}


@dataclass(frozen=True)
class Chord:
    """A chord.

    Args:
        root: pitch class, 0 is C.
        tones: semitones above the root.
        bass: pitch class of the lowest note.
        name: as it was written.
    """

    root: int
    tones: tuple[int, ...]
    bass: int
    name: str

    @property
    def classes(self) -> frozenset[int]:
        """Pitch classes of its notes."""
        return frozenset((self.root + tone) % 12 for tone in self.tones)


@dataclass(frozen=True)
class Key:
    """A major or minor key."""

    tonic: int
    minor: bool

    @property
    def scale(self) -> tuple[int, ...]:
        """Pitch classes of its scale, from the tonic up."""
        return tuple((self.tonic + step) % 12 for step in SCALES["minor" if self.minor else "major"])


@dataclass(frozen=True)
class Progression:
    """Chords in time, over and over.

    Args:
        spans: (length in beats, chord), in order.
        key: given, or the one that fits best.
    """

    spans: tuple[tuple[float, Chord], ...]
    key: Key

    def at(self, beat: float) -> Chord:
        """The chord that sounds at a beat.

        >>> parse("Am F").at(5.0).name
        'F'
        """
        within = beat % sum(length for length, _ in self.spans)
        for length, chord in self.spans:
            within -= length
            if within < 0:
                return chord
        return self.spans[0][1]


def parse(text: str, key: str = "") -> Progression:
    """Read chords, a bar each; bars between `|` share theirs evenly.

    Args:
        text: names or roman numerals, between spaces.
        key: such as "Am" or "F#"; by default of names the key that fits best, of numerals C major or A minor.

    Raises:
        UsageError: a chord or the key is not understood.

    >>> [chord.name for _, chord in parse("Am7 | F G |").spans], parse("Am F C G").key
    (['Am7', 'F', 'G'], Key(tonic=9, minor=True))
    """
    bars = [bar.split() for bar in text.split("|")] if "|" in text else [[word] for word in text.split()]
    bars = [bar for bar in bars if bar]
    if not bars:
        raise UsageError('there are no chords; expected names such as "Am F C G" or numerals such as "i VI III VII"')
    first = re.sub(r"^[b#]", "", bars[0][0])
    roman = bool(re.match(r"[IViv]", first))
    minor = any(re.match(r"i(?![iv])", word) for bar in bars for word in bar)  # a small one stands for a minor tonic
    home = parse_key(key) if key else Key(9, True) if minor else Key(0, False)
    spans = tuple(
        (BEATS_PER_BAR / len(bar), _numeral(word, home) if roman else _named(word)) for bar in bars for word in bar
    )
    return Progression(spans, home if key or roman else estimated_key([chord for _, chord in spans]))


def parse_key(text: str) -> Key:
    """Read a key, such as "Am", "F#", "Bb major" or "C minor".

    Raises:
        UsageError: it is not understood.

    >>> parse_key("Bb minor")
    Key(tonic=10, minor=True)
    """
    found = re.fullmatch(r"([A-Ga-g])([b#]?)\s*(m|min|minor|maj|major|)", text.strip())
    if not found:
        raise UsageError(f'the key {text!r} is not understood; expected such as "Am", "F#" or "Bb major"')
    return Key(_class(found[1].upper(), found[2]), found[3] in ("m", "min", "minor"))


def estimated_key(chords: Sequence[Chord]) -> Key:
    """The key whose scale has most of the chords' notes; of equals the one whose tonic is the first or last chord."""

    def fit(key: Key) -> float:
        inside = sum(len(chord.classes & set(key.scale)) / len(chord.classes) for chord in chords)
        tonic = [(chord.root == key.tonic) * ((3 in chord.tones) == key.minor) for chord in chords]
        return inside / len(chords) + 0.1 * tonic[0] + 0.05 * tonic[-1] + 0.02 * sum(tonic)

    return max((Key(tonic, minor) for tonic in range(12) for minor in (False, True)), key=fit)


def _class(letter: str, accidental: str) -> int:
    return (PITCH_CLASSES[letter] + {"b": -1, "#": 1, "": 0}[accidental]) % 12


def _tones(quality: str, word: str) -> tuple[int, ...]:
    quality = _SAME.get(quality, quality)
    if quality not in QUALITIES:
        raise UsageError(f"the chord {word!r} is not understood; after the root may follow: {' '.join(QUALITIES)}")
    return QUALITIES[quality]


def _named(word: str) -> Chord:
    found = re.fullmatch(r"([A-G])([b#]?)([^/]*)(?:/([A-G])([b#]?))?", word)
    if not found:
        raise UsageError(f'the chord {word!r} is not understood; expected such as "Am", "F#m7" or "C/E"')
    root = _class(found[1], found[2])
    return Chord(root, _tones(found[3], word), _class(found[4], found[5]) if found[4] else root, word)


def _numeral(word: str, key: Key) -> Chord:
    found = re.fullmatch(r"([b#]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(.*)", word)
    if not found:
        raise UsageError(f'the numeral {word!r} is not understood; expected such as "ii7", "V" or "bVII"')
    accidental, numeral, quality = found.groups()
    root = (key.scale[NUMERALS.index(numeral.upper())] + {"b": -1, "#": 1, "": 0}[accidental]) % 12
    if numeral.islower() and quality in ("", "7", "9", "6"):
        quality = f"m{quality}"
    return Chord(root, _tones(quality, word), root, word)
