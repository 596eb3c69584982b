"""vocals: a melody with syllables, sung. Rules give timing and pitch, the network the filters of a voice."""

from dawg_ai.dsp.effect import Knob
from dawg_ai.dsp.effects.voice import FRAME_HZ, HARMONIC_ANCHORS, MAX_FRAMES, NOISE_ANCHORS
from dawg_ai.editor import Editor, PitchCurve, Syllables
from dawg_ai.lyrics import spellings
from dawg_ai.plugin import Link, Mode, Plugin, Signal, Source

from .features import LABELS, RECORDING, SCORE, decode

PLUGIN = Plugin(
    name="vocals",
    summary="A melody with syllables, sung",
    sources=(
        Source("score", SCORE, file="notes"),
        Source("labels", LABELS, file="phonemes", asked=False),
        Source("recording", RECORDING, file="audio", asked=False),
    ),
    controls=(
        Knob("vibrato_cents", "Vibrato", "cents", 0, 200, 30, 1),
        Knob("vibrato_hz", "Vibrato rate", "Hz", 3, 9, 5.5, 0.1),
        Knob("glide_ms", "Glide", "ms", 20, 400, 90, 1),
        Knob("overshoot_percent", "Overshoot", "%", 0, 25, 5, 1),
        Knob("drift_cents", "Drift", "cents", 0, 50, 6, 1),
        Knob("formant_semitones", "Formants", "semitones", -12, 12, 0, 0.1),
        Knob("brightness_db", "Brightness", "dB", -6, 6, 0, 0.1),
        Knob("breath_percent", "Breath", "%", 0, 90, 0, 1),
        Knob("seed", "Seed", "", 0, 1_000_000, 0, 1),
    ),
    modes=(Mode("sing", "Sing the notes", action="Sing"),),
    inputs=(
        Signal(
            "score_frames",
            ("batch", "frames", 6),
            "every 10 ms: phoneme before, now, next; seconds since its start, until its end; MIDI pitch",
        ),
    ),
    outputs=(
        Signal("harmonic_db", ("batch", "frames", HARMONIC_ANCHORS), "envelope of the harmonics, dB of power per Hz"),
        Signal("noise_db", ("batch", "frames", NOISE_ANCHORS), "envelope of the noise, dB of power per Hz"),
        Signal("voicing", ("batch", "frames", 1), "probability that there are harmonics"),
    ),
    chain=(Link("voice", sets=("formant_semitones", "brightness_db", "breath_percent"), plays="curves"),),
    data=("pjs",),
    decode=decode,
    capacity={"frames": MAX_FRAMES},
    editor=Editor(
        title="Vocals",
        gives={"score": "all"},
        pitches=(40, 66),
        seed="seed",
        track="Voice",
        program=53,  # "Voice Oohs", counted from 0
        syllables=Syllables(*spellings(), default="la"),
        pitch=PitchCurve(column=0, frame_s=1.0 / FRAME_HZ),
    ),
    settings={"steps": 900, "batch": 8, "learning_rate": 3e-3, "ema": 0.99, "evaluate_every": 150},
)
