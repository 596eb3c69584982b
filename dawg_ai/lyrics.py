"""Phonemes and syllables of lyrics, as numbers that notes carry.

The phonemes are those of the Japanese singing databases (HTS and Julius labels): five vowels, the moraic nasal `N`,
the closure `cl` of a doubled consonant, and consonants with their palatalised forms. A syllable is up to three of
them, consonant, vowel and coda, packed into the number that a note has in its column `syllable`.
"""

from collections.abc import Sequence

from dawg_ai.errors import UsageError

PAUSE = "pau"
PHONEMES = (
    PAUSE, "a", "i", "u", "e", "o", "N", "cl",
    "k", "s", "sh", "t", "ts", "ch", "h", "f", "p", "hy", "ky", "py",
    "n", "m", "y", "r", "w", "g", "z", "j", "d", "b", "v", "ny", "my", "ry", "gy", "by",
)  # fmt: skip
VOWELS = ("a", "i", "u", "e", "o")
FIRST_CONSONANT = PHONEMES.index("k")
FIRST_VOICED_CONSONANT = PHONEMES.index("n")

PLACES = 64  # of a packed syllable: consonant + 64 vowel + 4096 coda, each an index of PHONEMES
HOLD = 63  # in place of a vowel: the one before goes on, on another note
HELD = "-"

_SPELLED = {"shi": "sh i", "chi": "ch i", "tsu": "ts u", "fu": "f u", "ji": "j i", "si": "sh i", "ti": "ch i",
            "tu": "ts u", "hu": "f u", "zi": "j i", "la": "r a", "li": "r i", "lu": "r u", "le": "r e", "lo": "r o"}  # fmt: skip
_PALATAL = {"sy": "sh", "ty": "ch", "zy": "j", "jy": "j", "ly": "ry", "l": "r", "c": "k"}


def syllable(text: str) -> int:
    """The number of a syllable in Latin letters (Hepburn or Kunrei), such as "sa", "kyo", "shin" or "n".

    Args:
        text: the syllable; "-" holds the vowel before.

    Returns:
        consonant + 64 vowel + 4096 coda.

    Raises:
        UsageError: it cannot be sung.

    >>> syllable("a") == 64 * PHONEMES.index("a"), unpacked(syllable("shin"))
    (True, ('sh', 'i', 'N'))
    """
    if text == HELD:
        return PLACES * HOLD
    lower = text.lower().replace("'", "")
    coda = 0
    if len(lower) > 2 and lower[-1] in "nm" and lower[-2] in VOWELS or len(lower) == 2 and lower[1] == "n":
        coda, lower = PHONEMES.index("N"), lower[:-1]
    elif len(lower) > 2 and lower[-1] in "tkpsc" and lower[-2] in VOWELS:
        coda, lower = PHONEMES.index("cl"), lower[:-1]
    if lower in ("n", "m", "nn", "mm"):
        return PLACES * PHONEMES.index("N")
    spelled = _SPELLED.get(lower, f"{_PALATAL.get(lower[:-1], lower[:-1])} {lower[-1:]}").split()
    consonant, vowel = spelled if len(spelled) == 2 else ("", *spelled)
    if vowel not in VOWELS or (consonant and consonant not in PHONEMES[FIRST_CONSONANT:]):
        raise UsageError(
            f"{text!r} is no syllable that can be sung; one is a consonant ({', '.join(PHONEMES[FIRST_CONSONANT:])}) or "
            f"none, a vowel ({', '.join(VOWELS)}), and perhaps n: sa, kyo, shin; n alone hums, - holds the vowel before"
        )
    first = PHONEMES.index(consonant) if consonant else 0
    return first + PLACES * PHONEMES.index(vowel) + PLACES * PLACES * coda


def syllables(text: str) -> list[int]:
    """The numbers of syllables that are set apart by spaces.

    >>> len(syllables("sa ku ra"))
    3
    """
    return [syllable(word) for word in text.split()]


def unpacked(number: int) -> tuple[str, ...]:
    """The phonemes of a syllable's number."""
    places: Sequence[int] = (number % PLACES, number // PLACES % PLACES, number // PLACES**2)
    return tuple(HELD if place == HOLD else PHONEMES[place] for place in places if place)
