"""How long notes last: from 1/64 to 1/1, each as triplet, straight and dotted."""

from dawg_ai.dsp.kernel import kernel

SHORTEST = 64
NOTES = tuple(f"1/{SHORTEST >> i}{kind}" for i in range(7) for kind in (" triplet", "", " dotted"))


@kernel
def note_seconds(choice: int, tempo_bpm: float, longest_s: float) -> float:
    """The length of one of `NOTES`; one longer than `longest_s` is halved, which keeps it on the beat."""
    seconds = 240.0 / float(SHORTEST) / tempo_bpm
    for _ in range(choice // 3):
        seconds *= 2.0
    if choice % 3 == 0:
        seconds *= 2.0 / 3.0
    elif choice % 3 == 2:
        seconds *= 1.5
    while seconds > longest_s:
        seconds *= 0.5
    return seconds
