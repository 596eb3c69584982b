"""Seven plugins, most of them to come, can be declared, with stubs for their kernels."""

from dataclasses import replace
from typing import Annotated

import numpy as np
import pytest

from dawg_ai import bundle as bundles
from dawg_ai import registry
from dawg_ai.ask import Host
from dawg_ai.audio import held
from dawg_ai.dsp.effect import Knob
from dawg_ai.dsp.kernel import F32, F64, kernel, signature
from dawg_ai.features.audio import AudioFeatures
from dawg_ai.features.notes import NoteFeatures
from dawg_ai.plugin import Link, Mode, Plugin, Signal, Source


@kernel
def prepare(sample_rate_hz: float) -> None:
    """A stub."""


@kernel
def tone(x: Annotated[F32, "channels", "samples"], bands: Annotated[F32, 55], loudness: Annotated[F32, 1]) -> None:
    """A stub."""


@kernel
def envelope(x: Annotated[F32, "channels", "samples"], peaks: Annotated[F32, 1000]) -> None:
    """A stub."""


@kernel
def decay(x: Annotated[F32, "channels", "samples"], energy: Annotated[F32, 200, 24]) -> None:
    """A stub."""


@kernel
def correlate(x: Annotated[F32, "channels", "samples"], sums: Annotated[F64, 3, 1024]) -> None:
    """A stub."""


@kernel
def finish(frames: int, sums: Annotated[F64, 3, 1024], lags: Annotated[F32, 3, 1024]) -> None:
    """A stub."""


@kernel
def encode(notes: Annotated[F32, "rows", 6], frames: Annotated[F32, 6000, 64]) -> int:
    """A stub."""
    return notes.shape[0]


@kernel
def sample(
    logits: Annotated[F32, 64, 9], seed: float, grid: Annotated[F32, 64, 9], drums: Annotated[F32, 576, 6]
) -> int:
    """A stub."""
    return 0


@kernel
def glide(curves: Annotated[F32, "frames", 90], vibrato_cents: float, sung: Annotated[F32, 64, 6]) -> int:
    """A stub; an instrument that plays curves is to come."""
    return 0


@kernel
def solve(measured: Annotated[F64, 2], loudness_lufs: float, knobs: Annotated[F64, 4]) -> int:
    """A stub."""
    return 0


def prepare_again():
    @kernel
    def prepare(sample_rate_hz: float) -> None:
        """Another stub of the same name."""

    return prepare


OTHER = AudioFeatures(1.0, ("peaks",), prepare_again(), envelope)
TONE = AudioFeatures(1.0, ("bands", "loudness"), prepare, tone)
ENVELOPE = AudioFeatures(1.0, ("peaks",), prepare, envelope)
DECAY = AudioFeatures(1.0, ("energy",), prepare, decay)
LAGS = AudioFeatures(6.0, (), prepare, correlate, hop_s=3.0, finish=finish, whole=("lags",))
MELODY = NoteFeatures(("frames",), encode)
AMOUNT = Knob("strength", "Amount", "", 0, 1.5, 1, 0.05)
SEED = Knob("seed", "Seed", "", 0, 1e6, 0, 1)
NOTE = Knob("note", "Note", "", 0, 2, 0, 1, "choice", ("1/4", "1/8 dotted", "1/8"))
FIX = Mode("fix", "By itself")
MATCH = Mode("match", "Like a reference", needs=("reference",))


def signal(name, *shape):
    return Signal(name, ("batch", *shape), "")


DECLARED = [
    Plugin(
        "mastering", "Tone, dynamics, width, loudness", (Source("song", TONE), Source("reference", TONE, most=5)),
        (Knob("loudness_lufs", "Loudness", "LUFS", -24, -6, -14, 0.1),), (FIX, MATCH),
        (signal("song_bands", "frames", 55),), (signal("knobs", 4),),
        (
            Link("parametric", ("band1_db",), {"design": 1}),
            Link("multiband", ("band1_threshold_db",)),
            Link("stereo", ("high_percent",)),
            Link("limiter", ("drive_db",)),
        ),
        ("debian_games",), refine=solve, meters=("integrated_lufs", "true_peak_db"), max_passes=8,
    ),
    Plugin(
        "compressor", "Settings for the material", (Source("song", ENVELOPE), Source("reference", ENVELOPE, most=5)),
        (AMOUNT,), (FIX, MATCH), (signal("song_peaks", "seconds", 1000),), (signal("knobs", 3), signal("confidence",
        2)), (Link("compressor", ("threshold_db", "attack_ms", "release_ms")),), ("musdb18hq",),
    ),
    Plugin(
        "reverb", "The space of a recording",
        (Source("reference", DECAY), Source("response", DECAY, file="response", asked=False)),
        (AMOUNT,), (MATCH,), (signal("reference_energy", "seconds", 200, 24),), (signal("knobs", 1),
        signal("confidence", 1)), (Link("reverb", ("mix_percent",)),), ("rooms",), min_confidence=0.4,
    ),
    Plugin(
        "delay", "Echoes", (Source("song", LAGS), Source("reference", LAGS)), (AMOUNT, NOTE),
        (Mode("sync", "In time"), MATCH), (signal("song_lags", 3, 1024), signal("note", 3)),
        (signal("knobs", 2), signal("confidence", 2)), (Link("delay", ("time_ms", "mix_percent")),),
        ("debian_games",), min_confidence=0.5,
    ),
    Plugin(
        "beats", "Drums", (Source("pattern", MELODY, file="notes"),), (SEED,),
        (Mode("generate", "From nothing"), Mode("humanise", "A stiff pattern", needs=("pattern",))),
        (signal("grid", 64, 9),), (signal("logits", 64, 9),), (Link("kit", plays="drums"),), ("groove",),
        decode=sample, max_passes=8,
    ),
    Plugin(
        "vocals", "A melody, sung", (Source("melody", MELODY, file="notes"),),
        (Knob("vibrato_cents", "Vibrato", "cents", 0, 100, 30, 1),), (Mode("sing", "The melody"),),
        (signal("melody_frames", "frames", 64),), (signal("curves", "frames", 90),), (Link("kit", plays="sung"),),
        ("pjs",), decode=glide, capacity={"frames": 6000},
    ),
]  # fmt: skip


def zeros(declared):
    """A network that answers with zeros of the declared shapes, free axes as those of its inputs."""

    def network(inputs):
        known = {"batch": 1, "frames": 3, "seconds": 3}
        for given in declared.inputs:
            known |= {d: n for d, n in zip(given.shape, inputs[given.name].shape, strict=True) if isinstance(d, str)}
        shapes = {each.name: [known[d] if isinstance(d, str) else d for d in each.shape] for each in declared.outputs}
        return {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}

    return network


def given_to(host, mode):
    """What each source that a mode takes is given."""
    sound = held(np.random.default_rng(0).normal(0, 0.1, (2, 80_000)).astype(np.float32), 8_000)
    notes = np.float32([[0.0, 0.5, 60, 0.8, 0, 0], [0.5, 0.5, 62, 0.8, 0, 1]])
    kinds = {source.name: source.features for source in host.bundle.sources}
    taken = host.bundle.takes(mode)
    return {name: [sound if kind.kind == "audio" else notes] for name, kind in kinds.items() if name in taken}


@pytest.mark.parametrize("declared", DECLARED, ids=lambda each: each.name)
def test_a_plugin_to_come_can_be_declared_bundled_and_asked(declared):
    host = Host.of(declared, zeros(declared))
    found = host.bundle
    assert [source.name for source in found.sources] == [source.name for source in declared.sources if source.asked]
    assert (found.controls, found.chain, found.inputs) == (declared.controls, declared.chain, declared.inputs)
    arrays = declared.module.arrays()
    assert all(d in declared.module.capacity for a in arrays.values() for d in a.shape if isinstance(d, str))
    assert set(found.declaration) >= bundles._KEYS
    for mode in found.modes:
        answer = host.ask(given_to(host, mode), mode=mode.name)
        unsure = declared.min_confidence > 0
        assert [link["effect"] for link in answer.recipe["chain"]] == (
            [] if unsure else [link.effect for link in declared.chain]
        )
        flat = [link for link in declared.chain if any(knob.role == "gain" for knob in link.knobs)]
        assert len(answer.remarks) == len(declared.chain if unsure else flat)


def test_kernels_of_sources_that_are_not_asked_for_stay_out_of_the_bundle():
    (reverb,) = (each for each in DECLARED if each.name == "reverb")
    only = replace(reverb, sources=(reverb.sources[0], replace(reverb.sources[1], features=ENVELOPE)))
    names = [signature(each).name for each in only.module.kernels]
    assert names == ["prepare", "decay"]
    assert [signature(each).name for each in only.training_module.kernels] == ["prepare", "decay", "envelope"]


def test_two_kernels_of_one_name_are_refused():
    with pytest.raises(ValueError, match="plugin has two kernels called 'prepare'; give each a name of its own"):
        assert replace(DECLARED[0], sources=(DECLARED[0].sources[0], Source("other", OTHER))).module


def test_the_seventh_ships():
    assert registry.load("auto_eq").name == "auto_eq"
