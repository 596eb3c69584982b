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

PLACES = 64  # of a packed syllable: consonant + 64 vowel + 4096 coda, each an index of PHONEMES
HOLD = 63  # in place of a vowel: the one before goes on, on another note
HELD = "-"

_KANA = {
    "": "あいうえお", "k": "かきくけこ", "s": "さ　すせそ", "t": "た　　てと", "n": "なにぬねの", "h": "はひ　へほ",
    "m": "まみむめも", "y": "や　ゆ　よ", "r": "らりるれろ", "w": "わ　　　を", "g": "がぎぐげご", "z": "ざ　ずぜぞ",
    "d": "だ　　でど", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ", "sh": "　し", "ch": "　ち", "ts": "　　つ",
    "f": "　　ふ", "j": "　じ", "v": "　　ゔ",
}  # fmt: skip
_ONES = {kana: (first, VOWELS[i]) for first, row in _KANA.items() for i, kana in enumerate(row) if kana != "　"}
_SMALL = dict(zip("ぁぃぅぇぉゃゅょ", (*VOWELS, "a", "u", "o"), strict=True))
_BEFORE_Y = {"k": "ky", "g": "gy", "n": "ny", "h": "hy", "m": "my", "r": "ry", "b": "by", "p": "py"}
_ONES |= {"ぢ": ("j", "i"), "づ": ("z", "u")}
KATAKANA = str.maketrans({chr(code + 0x60): chr(code) for code in range(0x3041, 0x3097)})
_CODAS = {
    "ん": PHONEMES.index("N"),
    "ン": PHONEMES.index("N"),
    "っ": PHONEMES.index("cl"),
    "ッ": PHONEMES.index("cl"),
}
_LATIN_CODAS = dict.fromkeys("nm", "N") | dict.fromkeys("tkpsc", "cl")
_SPELLED = {"shi": "sh i", "chi": "ch i", "tsu": "ts u", "fu": "f u", "ji": "j i", "si": "sh i",
            "ti": "ch i", "tu": "ts u", "hu": "f u", "zi": "j i"}  # fmt: skip
_PALATAL = {"sy": "sh", "ty": "ch", "zy": "j", "jy": "j", "ly": "ry", "l": "r", "c": "k"}


def syllable(text: str) -> int:
    """The number of a syllable in Latin letters (Hepburn or Kunrei) or kana.

    Args:
        text: the syllable, such as "sa", "kyo", "shin", "n" or "きゃ"; "-" holds the vowel before.

    Returns:
        consonant + 64 vowel + 4096 coda.

    Raises:
        UsageError: it cannot be sung.

    >>> syllable("a") == 64 * PHONEMES.index("a"), unpacked(syllable("shin"))
    (True, ('sh', 'i', 'N'))
    """
    if text in (HELD, "ー"):
        return PLACES * HOLD
    kana = text.rstrip("ー－")  # a long vowel lasts as long as its note
    last = _CODAS.get(kana[-1:], 0) if len(kana) > 1 else 0
    if (sung := mora(kana[:-1] if last else kana)) is not None:
        consonant, vowel = sung
        first = PHONEMES.index(consonant) if consonant else 0
        return first + PLACES * PHONEMES.index(vowel) + PLACES * PLACES * last
    lower = text.lower().replace("'", "")
    coda = 0
    if len(lower) > 1 and lower[-2] in VOWELS and lower[-1] in _LATIN_CODAS:
        coda, lower = PHONEMES.index(_LATIN_CODAS[lower[-1]]), lower[:-1]
    if lower in ("n", "m", "nn", "mm"):
        return PLACES * PHONEMES.index("N")
    spelled = _SPELLED.get(lower, f"{_PALATAL.get(lower[:-1], lower[:-1])} {lower[-1:]}").split()
    consonant, vowel = spelled if len(spelled) == 2 else ("", *spelled)
    if vowel not in VOWELS or (consonant and consonant not in PHONEMES[FIRST_CONSONANT:]):
        raise UsageError(
            f"{text!r} is no syllable that can be sung; one is a consonant ({', '.join(PHONEMES[FIRST_CONSONANT:])}) "
            f"or none, a vowel ({', '.join(VOWELS)}), and perhaps n: sa, kyo, shin; n alone hums, - holds the vowel"
        )
    first = PHONEMES.index(consonant) if consonant else 0
    return first + PLACES * PHONEMES.index(vowel) + PLACES * PLACES * coda


def mora(text: str) -> tuple[str, str] | None:
    """Consonant ("" for none) and vowel of one mora in kana; None if it is none.

    >>> mora("しゃ"), mora("ティ"), mora("ん"), mora("sa")
    (('sh', 'a'), ('t', 'i'), ('', 'N'), None)
    """
    kana = text.translate(KATAKANA)
    if kana == "ん":
        return "", "N"
    if kana[:1] not in _ONES or len(kana) > 2 or (len(kana) == 2 and kana[1] not in _SMALL):
        return None
    consonant, vowel = _ONES[kana[0]]
    if len(kana) == 2:
        palatal = kana[1] in "ゃゅょ" or (vowel == "i" and kana[1] == "ぇ")
        consonant = _BEFORE_Y.get(consonant, consonant) if palatal else consonant
        vowel = _SMALL[kana[1]]
        if kana[0] == "う":
            consonant = "w"
    return consonant, vowel


def syllables(text: str) -> list[int]:
    """The numbers of syllables that are set apart by spaces.

    >>> len(syllables("sa ku ra"))
    3
    """
    return [syllable(word) for word in text.split()]


def spellings() -> tuple[dict[str, int], dict[str, int]]:
    """The numbers of syllables by each of their spellings, in small Latin letters and in hiragana.

    Returns:
        Those without a coda; and what a coda, one letter after them, adds.

    >>> syllables, codas = spellings()
    >>> syllables["shi"] + codas["n"] == syllable("shin")
    True
    """
    first = ("", *PHONEMES[FIRST_CONSONANT:], *_PALATAL)
    latin = [f"{each}{vowel}" for each in first for vowel in VOWELS]
    kana = [each for one in _ONES for small in ("", *_SMALL) if mora(each := f"{one}{small}")]
    found = {text: syllable(text) for text in (HELD, "ー", "n", "m", "ん", *latin, *kana)}
    codas = {letter: syllable(f"a{letter}") - syllable("a") for letter in _LATIN_CODAS}
    return found, codas | {kana: PLACES * PLACES * coda for kana, coda in _CODAS.items()}


def unpacked(number: int) -> tuple[str, ...]:
    """The phonemes of a syllable's number."""
    places: Sequence[int] = (number % PLACES, number // PLACES % PLACES, number // PLACES**2)
    return tuple(HELD if place == HOLD else PHONEMES[place] for place in places if place)
