"""How much of a fault an answer takes out again, in the analysis domain, at equal loudness.

Three distances in dB to the song before its fault: of the third-octave spectrum, of the crest factor of three
regions, and of their width (side against mid), each the mean absolute difference over bands or regions, of the loud
part.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from dawg_ai.dsp.blocks.filters import curve_fit
from dawg_ai.dsp.blocks.spectra.octave_bands import BANDS, CENTERS_HZ
from dawg_ai.dsp.instance import Native
from dawg_ai.plugins.auto_eq import response
from dawg_ai.plugins.mastering import PLUGIN, simulation
from dawg_ai.plugins.mastering.decode import MULTIBAND, STEREO
from dawg_ai.plugins.mastering.examples import NEARLY_MONO_DB, OFF_DB, Batch, unflat, widths
from dawg_ai.plugins.mastering.features import REGIONS
from dawg_ai.plugins.mastering.simulation import Array, Song

DISTANCES = ("spectrum", "crest", "width")
WIDEST_DB = 6.0  # the widest that the stereo effect goes
THIRDS = BANDS // 2  # third-octave bands, each of two sixth-octave bands
LEARNED, RULE = 0, 1  # of the control `method`

_PHI = response.phi(CENTERS_HZ)
_KNOBS = [knob for link in PLUGIN.chain for knob in link.knobs]


def knobs(cases: Batch, outputs: Mapping[str, Array], method: int = LEARNED) -> Array:
    """What `decode` makes of the network's outputs: all knobs rounded to their steps, (cases, knobs).

    Args:
        cases: features, by name.
        outputs: of the network, by name.
        method: LEARNED or RULE.
    """
    solver, found = Native(PLUGIN.module), []
    scalars = {knob.name: float(knob.default) for knob in PLUGIN.controls} | {"method": float(method)}
    given = [name for name in solver.arguments("decode") if name in cases]
    for row in range(len(cases["mode"])):
        for name in given:
            solver.set(name, cases[name][row])
        for signal in PLUGIN.outputs:
            solver.set(signal.name, outputs[signal.name][row])
        solver.set("stages", np.zeros(5))
        solver.call("decode", scalars)
        found.append([knob.nearest(value) for knob, value in zip(_KNOBS, solver.get("knobs"), strict=True)])
    return np.array(found)


def set_by(knobs: Array) -> dict[str, Array]:
    """What knobs (cases, knobs) do: a curve, thresholds and widths in dB."""
    curves = np.zeros((len(knobs), BANDS))
    for band, shape in enumerate(curve_fit.SHAPES):
        center_hz, gain_db, q = (knobs[:, 4 * band + i, None] for i in (1, 2, 3))
        gain: Array = getattr(response, shape)(_PHI, response.phi(center_hz), 10.0 ** (gain_db / 40.0), q)
        curves += 10.0 * np.log10(gain)
    threshold_db = knobs[:, MULTIBAND : MULTIBAND + 2 * REGIONS : 2]
    width_db = 20.0 * np.log10(np.maximum(knobs[:, STEREO : STEREO + REGIONS], 1.0) / 100.0)
    return {
        "tone_db": curves,
        "threshold_db": np.where(threshold_db < 0.0, threshold_db, OFF_DB),
        "width_db": width_db,
    }


def restored(song: Song, answer: Mapping[str, Array]) -> Song:
    """A song after equaliser, multiband compressor and width.

    Args:
        song: in the analysis domain; see `simulation`.
        answer: `tone_db` (batch, 55), `width_db` and either `threshold_db` or `reduction_db` (batch, 3).
    """
    song = simulation.equalised(song, answer["tone_db"])
    threshold_db = answer.get("threshold_db")
    if threshold_db is None:
        wanted = answer["reduction_db"]
        threshold_db = np.where(wanted > 0.0, simulation.threshold_of(song, wanted), OFF_DB)
    song = simulation.compressed(song, threshold_db)
    return simulation.widened(song, np.minimum(answer["width_db"], WIDEST_DB))


def summary(song: Song, counts: Array | None = None) -> dict[str, Array]:
    """What the distances compare, of songs: third-octave spectrum (batch, 27), crest and width (batch, 3), in dB.

    Args:
        song: in the analysis domain; see `simulation`.
        counts: the seconds to look at, (batch, frames); by default the loud part.
    """
    counts = simulation.loud(song["loudness"]) if counts is None else counts
    return {
        "spectrum": _spectrum(song, counts),
        "crest": simulation.mean(song["peaks"] - song["powers"], counts),
        "width": np.maximum(widths(song), NEARLY_MONO_DB),
    }


def distances(song: Song, clean: Song) -> dict[str, Array]:
    """Distance of songs from what they were, by name, (batch,) each, in dB."""
    counts = simulation.loud(clean["loudness"])
    mine, wanted = summary(song, counts), summary(clean, counts)
    return {name: np.abs(mine[name] - wanted[name]).mean(1) for name in DISTANCES}


def _spectrum(song: Song, counts: Array) -> Array:
    """Third-octave spectrum of the loud part at a loudness of 0 LUFS, (batch, 27) in dB."""
    power = simulation.mean(simulation.total_power(song), counts)
    loudness = simulation.db(power @ simulation.power(simulation.K_DB) + 1e-12)
    thirds = power[:, : 2 * THIRDS].reshape(len(power), THIRDS, 2).sum(2)
    return np.asarray(simulation.db(thirds + 1e-12) - loudness[:, None])


def compare(
    cases: Batch, methods: Mapping[str, Mapping[str, Array]], chunk: int = 100
) -> dict[str, dict[str, Array]]:
    """Distances of cases from their clean songs, as they are and after each method's answer.

    Returns:
        Method -> distance -> (cases,) in dB; without an answer: "nothing".
    """
    pieces: dict[str, list[dict[str, Array]]] = {}
    for start in range(0, len(cases["mode"]), chunk):
        rows = slice(start, start + chunk)
        part = {name: values[rows] for name, values in cases.items()}
        song, clean = (_in_double_precision(unflat(part, each)) for each in ("song", "clean"))
        pieces.setdefault("nothing", []).append(distances(song, clean))
        for method, answer in methods.items():
            mine = {name: values[rows] for name, values in answer.items()}
            pieces.setdefault(method, []).append(distances(restored(song, mine), clean))
    return {method: _joined(found) for method, found in pieces.items()}


def _in_double_precision(song: Song) -> Song:
    return {name: values.astype(np.float64) for name, values in song.items()}


def _joined(pieces: Sequence[dict[str, Array]]) -> dict[str, Array]:
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
