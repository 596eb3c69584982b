"""Run the whole pipeline once: compose songs, train a plugin from scratch, evaluate it, export it, hear it.

    dawg demo
    dawg demo some/folder

Takes a few minutes on two CPU cores and costs nothing; finished stages are not repeated. The output folder (default:
`demo`) gets before.wav, after.wav, curve.png and report.html, which opens in any browser. Songs, training run and
plugin go to its folder `home`: they replace nothing of yours, and are used with DAWG_HOME=demo/home.
"""

import argparse
import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dawg_ai import ask, audio, chain, data, places, recipe, registry
from dawg_ai.audio import Audio
from dawg_ai.data.clip import Clip
from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.errors import UsageError
from dawg_ai.files import atomic_write

PLUGIN, DATA, STYLE, EQUALISER = "auto_eq", "demo", "rock", "parametric"
# Muddy and dull: a boost at 250 Hz and a high-shelf cut at 5 kHz.
FAULT = {"design": 1.0, "band2_hz": 250.0, "band2_db": 6.0, "band2_q": 0.8, "band6_hz": 5000.0, "band6_db": -8.0}
CORRECTION = {name: -value if name.endswith("_db") else value for name, value in FAULT.items()}
EXCERPT_S = 20.0
HOME = "home"  # within the output folder, all that is made on the way


@dataclass
class Stages:
    """Duration of each stage in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Print the name of a stage, and record its duration."""
        print(f"\n{name}", file=sys.stderr)
        began_s = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began_s


@dataclass(frozen=True)
class Case:
    """A test song with a fault, corrected without and with a reference; all versions have the same loudness."""

    clip: Clip
    reference: Clip
    sample_rate_hz: int
    versions: Mapping[str, Audio]  # original, before, after, matched
    recipes: Mapping[str, Mapping[str, Any]]  # after, matched

    @property
    def errors_db(self) -> dict[str, float]:
        """Mean absolute difference of each version's spectrum from the original's, in dB."""
        spectra = self.spectra
        return {name: float(np.abs(spectra[name] - spectra["original"]).mean()) for name in spectra}

    @property
    def spectra(self) -> dict[str, Any]:
        """Spectrum of each version, in dB at CENTERS_HZ."""
        from dawg_ai.report import render

        return {name: render.spectrum_db(sound, self.sample_rate_hz) for name, sound in self.versions.items()}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("out", nargs="?", type=Path, default=Path("demo"), metavar="OUT", help="default: demo")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    chosen = registry.load(PLUGIN)
    chosen.part("model")  # reports missing PyTorch before any work is done
    from dawg_ai.evaluation import run as evaluations
    from dawg_ai.export import make
    from dawg_ai.training import loop
    from dawg_ai.training.run import gather

    out: Path = arguments.out
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; name a folder for the results")
    os.environ["DAWG_HOME"] = str(out.resolve() / HOME)  # a toy, which must not replace anyone's own plugin or run
    stages = Stages()
    with stages.stage("compose 48 songs"):
        data.load(DATA).get()
    with stages.stage("compute features of them"):
        request = gather(chosen, [DATA])
        request.open()
    with stages.stage("train from nothing"):
        result = loop.train(request)
    if result.interrupted and result.step < result.steps:
        print(f"stopped at step {result.step} of {result.steps}; the same command resumes there", file=sys.stderr)
        return 130
    with stages.stage("measure on songs that were not in training"):
        evaluation = evaluations.evaluate(chosen, [DATA], (0,), (0,))
    with stages.stage("export for the browser"):
        bundle = make.bundle(chosen, result.folder, places.bundles() / chosen.name)
    with stages.stage("correct a song with a fault"):
        tests = {item.id for item in request.items["test"]}
        case = correct(bundle, [clip for clip in request.clips if clip.id in tests])
    made = _write(out, case, evaluation, result, stages)
    figures = {
        "plugin": chosen.name,
        "files": [str(path) for path in made],
        "bundle": str(bundle.folder),
        "training_seconds": round(result.seconds, 1),
        "seconds": {name: round(seconds, 1) for name, seconds in stages.seconds.items()},
        "cost_usd": 0.0,
        "song": case.clip.id,
        "tone_error_db": {name: round(error, 3) for name, error in case.errors_db.items()},
        "next": f"DAWG_HOME={shlex.quote(str(out / HOME))} {_dawg()} studio",
    }
    print(json.dumps(figures) if arguments.json else _in_words(figures))
    return 0


def correct(bundle: Any, clips: list[Clip]) -> Case:
    """Give a song a fault, and correct it without and with a reference.

    Args:
        bundle: the bundle of PLUGIN.
        clips: test clips; the first of STYLE is the song, the second the reference.
    """
    from dawg_ai.report import ab

    clip, reference = [clip for clip in clips if clip.style == STYLE][:2]
    original, sample_rate_hz = audio.read(clip.path)
    fault = {"format": chain.FORMAT, "chain": [{"effect": EQUALISER, "knobs": FAULT}]}
    before = chain.render(fault, original, sample_rate_hz)
    song = {"song": [audio.held(before, sample_rate_hz)]}
    recipes = {
        "after": ask.ask(bundle, song).recipe,
        "matched": ask.ask(bundle, {**song, "reference": [audio.open(reference.path)]}).recipe,
    }
    corrected = {name: chain.render(each, before, sample_rate_hz) for name, each in recipes.items()}
    loudness = integrated_lufs(before, sample_rate_hz)
    versions = {
        name: ab.at_loudness(each, sample_rate_hz, loudness)
        for name, each in {"original": original, "before": before, **corrected}.items()
    }
    return Case(clip, reference, sample_rate_hz, versions, recipes)


def _write(out: Path, case: Case, evaluation: Mapping[str, Any], result: Any, stages: Stages) -> list[Path]:
    """Write the files of the output folder."""
    from dawg_ai.report import render

    files = {
        "before.wav": "before",
        "after.wav": "after",
        "after_reference.wav": "matched",
        "original.wav": "original",
    }
    for name, version in files.items():
        audio.write(out / name, case.versions[version], case.sample_rate_hz)
    curves_db = {name: _curve_db(recipe.values(found["chain"][0]), case) for name, found in case.recipes.items()}
    render.picture(out / "curve.png", case.spectra, curves_db, _curve_db(CORRECTION, case))
    with atomic_write(out / "report.html") as draft:
        draft.write_text(_page(out, case, evaluation, result, stages), "utf-8")
    return [out / name for name in (*files, "curve.png", "report.html")]


def _curve_db(knobs: Mapping[str, float], case: Case) -> Any:
    """Magnitude response of an equaliser in dB, mean removed."""
    from dawg_ai.report import render

    curve_db = render.response_db(EQUALISER, knobs, case.sample_rate_hz, CENTERS_HZ)
    return curve_db - curve_db.mean()


def _page(out: Path, case: Case, evaluation: Mapping[str, Any], result: Any, stages: Stages) -> str:
    from dawg_ai.report import page, render

    errors_db, clip = case.errors_db, case.clip
    sounds = render.excerpts(case.versions, case.sample_rate_hz, EXCERPT_S)
    about = {
        "Before": ("before", "The song with the fault: muddy and dull."),
        "After": ("after", "Corrected by the plugin, which was given nothing but the song with the fault."),
        "After, with a reference": (
            "matched",
            f"Corrected by the plugin, which was given “{case.reference.title}” to sound like.",
        ),
        "Original": ("original", "The song as it was before the fault: where the plugin should arrive."),
    }
    link = case.recipes["after"]["chain"][0]
    dawg = _dawg()
    return page.document(
        "DAWG AI: a plugin, trained while you waited",
        page.paragraph(
            f"The program composed 48 songs, computed features of them, and trained `{PLUGIN}` from random numbers: "
            "six equaliser bands that fix the tone of a track, or match it to a reference.",
            "lead",
        ),
        page.facts(
            {
                "paid": "$0",
                "training, on CPU cores": _time(result.seconds),
                "steps": f"{result.step}",
                "songs for testing, not in training": str(evaluation["test_items"]),
            }
        ),
        page.heading("Hear it"),
        page.paragraph(
            f"“{clip.title}” by {clip.licence.holder}, a song that the plugin was not trained on, was given a "
            "known fault: 6 dB too much around 250 Hz and 8 dB too little above 5 kHz. All versions are equally "
            "loud. Switch while it plays."
        ),
        page.player({name: (text, sounds[version]) for name, (version, text) in about.items()}),
        page.heading("See it"),
        page.image((out / "curve.png").read_bytes(), "Spectra before and after, and the equaliser's curve"),
        page.paragraph(""),
        page.table(
            ("version", "distance of its tone from the original's"),
            [
                ("before", f"{errors_db['before']:.2f} dB"),
                ("**after**", f"{errors_db['after']:.2f} dB"),
                ("**after, with a reference**", f"{errors_db['matched']:.2f} dB"),
            ],
        ),
        page.paragraph("What it set, as anyone could have by hand, and may change:"),
        page.text(chain.knob_table(link["effect"], link["knobs"], {})),
        page.heading("Measured"),
        page.paragraph(
            "One song proves nothing. This is the error in dB of the plugin and of simpler rules over all test "
            "songs, each with many faults; less is better. So few composed songs make a demonstration, not a good "
            "plugin: train on real music for that."
        ),
        page.markdown(evaluation["table"]),
        page.heading("Time and cost"),
        page.table(
            ("stage", "time", "cost"),
            [(name, _time(seconds), "$0") for name, seconds in stages.seconds.items()]
            + [("**together**", _time(sum(stages.seconds.values())), "$0")],
        ),
        page.paragraph(
            "What was already done before was not done again: training took "
            f"{_time(result.seconds)} in all, in this run or earlier ones."
        ),
        page.heading("Go on"),
        page.commands(
            {
                f"DAWG_HOME={shlex.quote(str(out / HOME))} {dawg} studio": "use it in a browser, with your own song",
                f"{dawg} apply {PLUGIN} song.wav better.wav": "use the one that was trained on real music",
                f"{dawg} train {PLUGIN} --data folder:/path/to/songs": "train it on your own music",
            }
        ),
        page.heading("Whose songs"),
        page.paragraph(f"{data.load(DATA).licence} {data.load(DATA).citation}"),
    )


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def _dawg() -> str:
    """The command that starts this program."""
    called = Path(sys.argv[0])
    return "dawg" if shutil.which("dawg") else str(called) if called.name == "dawg" else "python -m dawg_ai"


def _in_words(figures: Mapping[str, Any]) -> str:
    errors = figures["tone_error_db"]
    return "\n".join(
        [
            "",
            *figures["files"],
            f"{figures['bundle']} (the plugin; your own are as they were)",
            "",
            f"the song with the fault was {errors['before']:.1f} dB off; the plugin left {errors['after']:.1f} dB, "
            f"and {errors['matched']:.1f} dB with a reference",
            f"cost: ${figures['cost_usd']:.0f}, {_time(sum(figures['seconds'].values()))} of this machine's time",
            f"next: open {figures['files'][-1]} in a browser, and: {figures['next']}",
        ]
    )
