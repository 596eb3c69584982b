"""Beats: a drummer that plays from nothing, plays a stiff pattern, drums to taps, fills in and goes on."""

from dawg_ai.dsp.effect import Knob
from dawg_ai.editor import Editor, Lane
from dawg_ai.midi import DRUM_CHANNEL
from dawg_ai.plugin import Link, Mode, Plugin, Signal, Source
from dawg_ai.plugins.beats.features import FEATURES, PITCHES, VOICES, voice_of
from dawg_ai.plugins.beats.sampling import MAX_BARS, decode

# "any", the styles of Groove, and those that are written by hand in `dawg_ai.beat.styles`.
STYLES = (
    "any", "afrobeat", "afrocuban", "blues", "country", "dance", "funk", "gospel", "hiphop", "jazz", "latin",
    "neworleans", "pop", "punk", "reggae", "rock", "soul",
    "bossa_nova", "disco", "drum_and_bass", "house", "lofi", "techno", "trap", "uk_garage",
)  # fmt: skip
_ROWS = 16_384
_FROM_THE_TOP = ("crash", "ride", "open hat", "closed hat", "high tom", "mid tom", "low tom", "snare", "kick")
_GM_DRUMS = range(22, 82)


def _lane(name: str) -> Lane:
    """A drum of the grid; of the pitches that are read as this drum the first is the one that is written."""
    voice = VOICES.index(name)
    plain = getattr(voice_of, "py_func", voice_of)  # nothing is compiled at import
    own = int(PITCHES[voice])
    return Lane(name, (own, *(pitch for pitch in _GM_DRUMS if plain(pitch) == voice and pitch != own)))


PLUGIN = Plugin(
    name="beats",
    summary="A drummer: plays from nothing, plays a stiff pattern, drums to taps, fills in, goes on",
    sources=(
        Source("pattern", FEATURES, file="notes"),
        Source("taps", FEATURES, file="notes"),
        Source("start", FEATURES, file="notes"),
        Source("keep", FEATURES, file="notes"),
    ),
    controls=(
        Knob("style", "Style", "", 0, len(STYLES) - 1, 0, 1, "choice", STYLES),
        Knob("tempo_bpm", "Tempo", "bpm", 40, 300, 120, 1),
        Knob("bars", "Bars", "", 1, MAX_BARS, 4, 1),
        Knob("density", "Density, 0: as usual", "strokes a 16th", 0, 3, 0, 0.05),
        Knob("feel", "Feel", "", 0, 1, 0, 1, "choice", ("as the style has it", "as set")),
        Knob("swing", "Swing", "16ths", 0, 0.6, 0, 0.01),
        Knob("push_ms", "Push", "ms", -60, 60, 0, 1),
        Knob("dynamics", "Dynamics", "", 0, 0.4, 0.2, 0.01),
        Knob("amount", "Amount", "", 0, 1, 1, 0.05),
        Knob("seed", "Seed", "", 0, 1_000_000, 0, 1),
    ),
    modes=(
        Mode("generate", "Drums from nothing", action="Generate"),
        Mode("humanise", "Play a pattern: no stroke is added, left out or moved to another step", needs=("pattern",),
             action="Humanise"),
        Mode("tap", "Drums to a tapped rhythm", needs=("taps",), action="Drums to this rhythm"),
        Mode("continue", "Go on after what is there", needs=("start",), action="Go on"),
        Mode("infill", "Keep the drums of a file and make the others anew", needs=("keep",),
             action="Regenerate the rest"),
    ),
    inputs=(
        Signal("cells", ("batch", 32, 45), "for each step and drum: hit, known, velocity, offset in steps, known"),
        Signal("taps", ("batch", 32, 3), "for each step: tap, its offset in steps, whether taps are given"),
        Signal("feel_vector", ("batch", 10), "mean offset of the 16ths of a beat in steps, mean and spread of "
               "velocity, strokes a step; whether timing, dynamics, density are given"),
        Signal("style", ("batch", len(STYLES)), "one-hot"),
        Signal("tempo_bpm", ("batch", 1), "tempo"),
    ),
    outputs=(
        Signal("hit_logits", ("batch", 32, 9), "of a stroke, for each step and drum"),
        Signal("velocity_logits", ("batch", 32, 9, 32), "of velocity, in 32 equal bins from 0 to 1"),
        Signal("offset_logits", ("batch", 32, 9, 33), "of the offset from `center`, in bins of 1/32 step around 0"),
        Signal("center", ("batch", 32, 9), "in steps: where taps or the asked feel put a stroke"),
    ),
    chain=(Link("kit", fixed={"kit": 2}, plays="played"),),
    data=("groove",),
    decode=decode,
    max_passes=1 + (MAX_BARS - 1) * 7,
    capacity=dict.fromkeys(("pattern_rows", "taps_rows", "start_rows", "keep_rows"), _ROWS),
    int8=True,
    editor=Editor(
        title="Beats",
        gives={"pattern": "all", "taps": "all", "start": "all", "keep": "locked"},
        lanes=tuple(_lane(name) for name in _FROM_THE_TOP),
        tempo="tempo_bpm",
        bars="bars",
        seed="seed",
        track="Drums",
        channel=DRUM_CHANNEL,
    ),
    settings={
        "steps": 2000,
        "batch": 64,
        "learning_rate": 2e-3,
        "warmup": 0.05,
        "weight_decay": 0.03,
        "ema": 0.995,
        "evaluate_every": 250,
        "save_every_s": 30,
    },
)  # fmt: skip
