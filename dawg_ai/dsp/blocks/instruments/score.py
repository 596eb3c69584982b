"""The notes that an instrument plays, and white noise that is the same in blocks of any size."""

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.limits import within

MAX_NOTES = 8192
MAX_TAIL = 2**31 - 1  # samples, all that the browser's integers hold
SILENT = 9.3  # time constants after which a decay is 80 dB down
START, DURATION, PITCH, VELOCITY = range(4)  # columns of notes
_MAX_S, _MAX_PITCH = 1e6, 127.0
_MAX_POSITION = 1e12  # samples; whatever a host sets is held within


@kernel
def append(notes: F32, score: F32, state: F64) -> int:
    """Append notes to the score, held within range.

    Args:
        notes: (rows, 6), see `dawg_ai.notes`.
        score: (MAX_NOTES, 6), the notes so far.
        state: (1,), how many there are.

    Returns:
        How many there was room for.
    """
    count = int(state[0])
    taken: int = min(notes.shape[0], MAX_NOTES - count)
    for i in range(taken):
        for column in range(6):
            score[count + i, column] = notes[i, column]
        score[count + i, START] = within(np.float64(notes[i, START]), 0.0, 0.0, _MAX_S)
        score[count + i, DURATION] = within(np.float64(notes[i, DURATION]), 0.0, 0.0, _MAX_S)
        score[count + i, PITCH] = within(np.float64(notes[i, PITCH]), 0.0, 0.0, _MAX_PITCH)
        score[count + i, VELOCITY] = within(np.float64(notes[i, VELOCITY]), 0.0, 0.0, 1.0)
    state[0] = float(count + taken)
    return taken


@kernel
def place(position: F64) -> int:
    """How many samples have been played."""
    return int(within(position[0], -_MAX_POSITION, 0.0, _MAX_POSITION))


@kernel
def first_sample(row: F32, sample_rate_hz: float) -> int:
    """The sample at which a note begins."""
    return int(np.float64(row[START]) * sample_rate_hz + 0.5)


@kernel
def remaining(end: int, position: F64) -> int:
    """Samples from now until `end`, as `tail` returns them."""
    return min(max(0, end - place(position)), MAX_TAIL)


@kernel
def noise(note: int, sample: int) -> float:
    """White noise from -1 to 1: a hash of the note's number and the sample's, by products that fit into 64 bits."""
    h = (sample + 7919 * note + 1) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 73244475) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 73244475) & 0xFFFFFFFF
    h = h ^ (h >> 16)
    return float(h) / 2147483648.0 - 1.0
