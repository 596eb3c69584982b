"""Note lengths in seconds, for tempo-synced delays: from 1/64 to 1/1, each as triplet, straight and dotted."""

from dawg_ai.dsp.kernel import kernel

SHORTEST_NOTE = 64
NOTES = tuple(f"1/{SHORTEST_NOTE >> i}{kind}" for i in range(7) for kind in (" triplet", "", " dotted"))


@kernel
def note_seconds(choice: int, tempo_bpm: float, longest_s: float) -> float:
    """The length of a note.

    Args:
        choice: index into `NOTES`.
        tempo_bpm: quarter notes per minute.
        longest_s: a longer note is halved until it fits, which keeps it on the beat.

    Returns:
        Seconds.

    >>> note_seconds(NOTES.index("1/4"), 120.0, 5.0)
    0.5
    """
    seconds = 240.0 / float(SHORTEST_NOTE) / tempo_bpm
    for _ in range(choice // 3):
        seconds *= 2.0
    if choice % 3 == 0:
        seconds *= 2.0 / 3.0
    elif choice % 3 == 2:
        seconds *= 1.5
    while seconds > longest_s:
        seconds *= 0.5
    return seconds
