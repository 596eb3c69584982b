"""Phoneme times in the label format of HTK: lines of start, end (both in 100 ns) and phoneme.

Databases of singing come with such files (`.lab`), one for each recording (S. Young et al., "The HTK Book", 6.2.1).
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawg_ai.errors import UsageError
from dawg_ai.lyrics import PAUSE, PHONEMES, VOWELS

SUFFIX = ".lab"
UNIT_S = 1e-7
# Devoiced vowels are written in capitals.
OTHERS = {"sil": PAUSE, "br": PAUSE, "xx": PAUSE, "n'": "N", "q": "cl"} | {vowel.upper(): vowel for vowel in VOWELS}

Rows = NDArray[np.float32]


def read(path: Path) -> Rows:
    """Read a file of labels as notes without pitch, one for each phoneme.

    Args:
        path: the file.

    Returns:
        (count, 6), columns as `dawg_ai.notes.COLUMNS`: pitch 0, velocity 1, and as syllable the phoneme's index in
        `dawg_ai.lyrics.PHONEMES`.

    Raises:
        UsageError: the file cannot be read, or a line is no label.
    """
    rows = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text; labels are lines such as: 0 19500000 pau") from None
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words:
            continue
        try:
            start, end = int(words[0]), int(words[1])
            phoneme = PHONEMES.index(OTHERS.get(words[2], words[2]))
        except (ValueError, IndexError):
            known = ", ".join(PHONEMES)
            raise UsageError(
                f"{path}, line {number}: {line!r} is no label; one is start and end in 100 ns and one of {known}"
            ) from None
        if end > start >= 0:
            rows.append([start * UNIT_S, (end - start) * UNIT_S, 0.0, 1.0, 0.0, float(phoneme)])
    return np.array(rows, np.float32).reshape(-1, 6)
