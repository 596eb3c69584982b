"""The evaluation: every question a user may ask, put to the network and to the rules, on songs kept apart."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from torch import nn

from dawg_ai.data.split import Part
from dawg_ai.plugins.auto_eq import PLUGIN, baselines, score
from dawg_ai.plugins.auto_eq.examples import FIX, REFERENCE, STYLE, TESTING
from dawg_ai.training.batches import Song

Errors = dict[str, dict[str, float]]  # method -> song id -> error in dB

EACH = 10  # faults for every song
OTHER_SONG = replace(TESTING, other_song=1.0)
CLEAN = replace(TESTING, clean=1.0)

QUESTIONS = {
    "reference": "The reference is another part of the same song",
    "reference, other song": "The reference is another song of the same album",
    "fix": "Nothing but the song is given",
    "style": "The style is given; `fix` is the same network without it",
    "clean song, reference": "Harm: how far a song without a fault is changed",
    "clean song, fix": "Harm: how far a song without a fault is changed",
}


def measure(model: nn.Module, songs: Mapping[Part, Sequence[Song]], seed: int) -> dict[str, Errors]:
    """Question -> method -> song of the test part -> mean error in dB (see `score`)."""
    found: dict[str, Errors] = {}
    asked = (
        ("reference", REFERENCE, TESTING, "clean song, reference"),
        ("reference, other song", REFERENCE, OTHER_SONG, ""),
        ("fix", FIX, TESTING, "clean song, fix"),
    )
    for question, mode, how, harmless in asked:
        valid, test = (
            score.cases(songs[part], mode, seed, max(4, 400 // len(songs[part])) if part == "valid" else EACH, how)
            for part in ("valid", "test")
        )
        rules = baselines.fit(songs["train"], valid, mode, seed, how)
        found[question] = _errors(model, rules, test, songs["test"])
        free = score.network(model, test)["curve_db"].astype(np.float64)
        found[question]["network, free curve"] = _by_song(score.song_errors(free, test), songs["test"])
        if harmless:
            clean = score.cases(songs["test"], mode, seed, EACH, CLEAN)
            del rules["nothing"]
            found[harmless] = _errors(model, rules, clean, songs["test"])
    styled = [song for song in songs["test"] if song.style in PLUGIN.styles]
    if styled:
        found["style"] = _style(model, styled, seed)
    return found


def style_gains(model: nn.Module, songs: Sequence[Song], seed: int) -> dict[str, list[float]]:
    """Style -> by how many dB naming it lowers the error, song by song; for deciding which styles to offer."""
    styled = [song for song in songs if song.style in PLUGIN.styles]
    if not styled:
        return {}
    errors = _style(model, styled, seed)
    gains: dict[str, list[float]] = {}
    for song in styled:
        gains.setdefault(str(song.style), []).append(errors["fix"][song.id] - errors["network"][song.id])
    return gains


def _style(model: nn.Module, songs: Sequence[Song], seed: int) -> Errors:
    """The same songs, excerpts and faults, with and without the style."""
    with_style = score.cases(songs, STYLE, seed, EACH)
    blind = np.zeros_like(with_style["mode"])
    blind[:, FIX] = 1.0
    without = {**with_style, "mode": blind, "style": np.zeros_like(with_style["style"])}
    ways = {"nothing": np.zeros(with_style["fault_db"].shape)}
    ways |= {"fix": score.network_cures(model, without), "network": score.network_cures(model, with_style)}
    return {name: _by_song(score.song_errors(cures, with_style), songs) for name, cures in ways.items()}


def _errors(
    model: nn.Module, rules: Mapping[str, baselines.Rule], cases: score.Cases, songs: Sequence[Song]
) -> Errors:
    cures = {name: rule(cases) for name, rule in rules.items()}
    cures["network"] = score.network_cures(model, cases)
    return {name: _by_song(score.song_errors(each, cases), songs) for name, each in cures.items()}


def _by_song(errors: np.ndarray, songs: Sequence[Song]) -> dict[str, float]:
    return {song.id: float(error) for song, error in zip(songs, errors, strict=True)}
