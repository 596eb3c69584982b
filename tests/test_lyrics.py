"""Syllables as numbers."""

import pytest

from dawg_ai import lyrics
from dawg_ai.errors import UsageError
from dawg_ai.lyrics import syllable, unpacked

SPELLINGS = [
    ("sa", "さ", ("s", "a")), ("shi", "し", ("sh", "i")), ("si", "シ", ("sh", "i")), ("kyo", "きょ", ("ky", "o")),
    ("tsu", "ツ", ("ts", "u")), ("tu", "つ", ("ts", "u")), ("cha", "ちゃ", ("ch", "a")), ("ju", "じゅ", ("j", "u")),
    ("zyo", "ジョ", ("j", "o")), ("fu", "ふ", ("f", "u")), ("hu", "フ", ("f", "u")), ("n", "ん", ("N",)),
    ("o", "お", ("o",)), ("sya", "しゃ", ("sh", "a")), ("fa", "ファ", ("f", "a")), ("wi", "ウィ", ("w", "i")),
    ("ryu", "りゅ", ("ry", "u")), ("je", "じぇ", ("j", "e")),
]  # fmt: skip


@pytest.mark.parametrize(("latin", "kana", "phonemes"), SPELLINGS)
def test_latin_letters_and_kana_are_the_same_syllable(latin, kana, phonemes):
    assert unpacked(syllable(latin)) == unpacked(syllable(kana)) == phonemes


def test_codas_and_held_vowels():
    assert unpacked(syllable("shin")) == ("sh", "i", "N") and unpacked(syllable("an")) == ("a", "N")
    assert unpacked(syllable("kat")) == unpacked(syllable("かっ")) == ("k", "a", "cl")
    assert unpacked(syllable("しん")) == ("sh", "i", "N") and unpacked(syllable("にゅー")) == ("ny", "u")
    assert unpacked(syllable("-")) == unpacked(syllable("ー")) == ("-",)
    assert len(lyrics.syllables("  sa ku\nra ")) == 3


def test_every_number_is_exact_in_float32():
    largest = lyrics.PLACES**3 - 1
    assert largest < 2**24 and len(lyrics.PHONEMES) < lyrics.HOLD


@pytest.mark.parametrize("text", ["xa", "k", "strength", "さく", "?"])
def test_what_cannot_be_sung_is_refused_with_what_can(text):
    with pytest.raises(UsageError, match="is no syllable that can be sung; one is a consonant"):
        syllable(text)
