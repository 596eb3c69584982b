import numpy as np

from dawg_ai import chain
from dawg_ai.audio import Sound, held, kept
from dawg_ai.renders import Renders

RATE_HZ = 8_000


def counted(audio):
    """A sound, and how often it was read."""
    reads = []

    def blocks():
        reads.append(1)
        yield from held(audio, RATE_HZ).blocks()

    return Sound(RATE_HZ, len(audio), blocks), reads


def noise():
    return np.random.default_rng(0).normal(0, 0.3, (2, 70_000)).astype(np.float32)


def recipe(*links):
    return {"format": 1, "chain": [{"effect": effect, "knobs": knobs} for effect, knobs in links]}


def test_what_is_kept_is_read_once_and_what_is_too_long_again():
    sound, reads = counted(noise())
    short, long = kept(sound), kept(sound, most=100_000)
    for _ in range(3):
        np.testing.assert_array_equal(short.audio(), noise())
    assert len(reads) == 1
    for _ in range(3):
        np.testing.assert_array_equal(long.audio(), noise())
    assert len(reads) == 4


def test_a_sound_that_was_not_read_to_its_end_is_not_kept():
    sound, reads = counted(noise())
    once = kept(sound)
    next(once.blocks())
    np.testing.assert_array_equal(once.audio(), noise())
    assert len(reads) == 2


def test_a_series_of_recipes_gives_what_each_gives_alone_and_the_song_is_read_once():
    sound, reads = counted(noise())
    renders = Renders(kept(sound))
    tone, wider = ("parametric", {"band1_db": 6}), ("stereo", {"high_percent": 150})
    series = [
        recipe(tone, wider),
        recipe(tone, wider, ("limiter", {"drive_db": 6})),
        recipe(tone, wider, ("limiter", {"drive_db": 9})),
        recipe(tone, ("limiter", {"drive_db": 9})),
        recipe(("limiter", {"drive_db": 9})),
        recipe(),
    ]
    for each in [*series, *series[::-1]]:
        alone = chain.render(each, noise(), RATE_HZ)
        for _ in range(2):
            np.testing.assert_array_equal(renders.of(each).audio(), alone)
    assert len(reads) == 1
