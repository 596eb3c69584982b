"""See it all happen once: compose songs, train a plugin from nothing, measure it, export it, hear it.

    dawg demo
    dawg demo some/folder

Takes a few minutes on two CPU cores and costs nothing; what is already done is not done again. A folder (by default
`demo`) gets before.wav, after.wav, curve.png and report.html, which opens in any browser.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dawg_ai import audio, chain, data, places, plugin, suggest
from dawg_ai.audio import Audio
from dawg_ai.data.clip import Clip
from dawg_ai.dsp.blocks.bands import CENTERS_HZ
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.errors import UsageError
from dawg_ai.files import whole

PLUGIN, DATA, STYLE = "auto_eq", "demo", "rock"
# Muddy and dull: too much around 250 Hz, too little above 5 kHz.
FAULT = {"band2_hz": 250.0, "band2_db": 6.0, "band2_q": 0.8, "band6_hz": 5000.0, "band6_db": -8.0}
CURE = {name: -value if name.endswith("_db") else value for name, value in FAULT.items()}
EXCERPT_S = 20.0


@dataclass
class Stages:
    """What was done, and how long each took in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Say that it begins; keep how long it took."""
        print(f"\n{name}", file=sys.stderr)
        began_s = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began_s


@dataclass(frozen=True)
class Heard:
    """A song of the test part, spoilt and mended in two ways, all versions at the same loudness."""

    clip: Clip
    reference: Clip
    sample_rate_hz: int
    versions: Mapping[str, Audio]  # original, before, after, matched
    recipes: Mapping[str, Mapping[str, Any]]  # after, matched

    @property
    def errors_db(self) -> dict[str, float]:
        """Mean distance of each version's spectrum from the original's."""
        spectra = self.spectra
        return {name: float(np.abs(spectra[name] - spectra["original"]).mean()) for name in spectra}

    @property
    def spectra(self) -> dict[str, Any]:
        """Of each version, in dB at CENTERS_HZ."""
        from dawg_ai.evaluation import render

        return {name: render.spectrum_db(sound, self.sample_rate_hz) for name, sound in self.versions.items()}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("out", nargs="?", type=Path, default=Path("demo"), metavar="OUT", help="default: demo")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    chosen = plugin.load(PLUGIN)
    chosen.part("model")  # says what to install if PyTorch is missing, before any work is done
    from dawg_ai.evaluation import report
    from dawg_ai.export import make
    from dawg_ai.training import loop
    from dawg_ai.training.run import gather

    out: Path = arguments.out
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; name a folder for the results")
    stages = Stages()
    with stages.stage("compose 48 songs"):
        data.load(DATA).get()
    with stages.stage("listen to them"):
        request = gather(chosen, [DATA])
        request.open()
    with stages.stage("train from nothing"):
        result = loop.train(request)
    if result.interrupted and result.step < result.steps:
        print(
            f"stopped at step {result.step} of {result.steps}; the same command goes on from there", file=sys.stderr
        )
        return 130
    with stages.stage("measure on songs it never heard"):
        evaluation = report.evaluate(chosen, [DATA], (0,), (0,))
    with stages.stage("export for the browser"):
        bundle = make.bundle(chosen, result.folder, places.bundles() / chosen.name)
    with stages.stage("mend a spoilt song"):
        tests = {song.id for song in request.songs["test"]}
        heard = listen(bundle, [clip for clip in request.clips if clip.id in tests])
    made = _write(out, heard, evaluation, result, stages)
    figures = {
        "plugin": chosen.name,
        "files": [str(path) for path in made],
        "bundle": str(bundle.folder),
        "training_seconds": round(result.seconds, 1),
        "seconds": {name: round(seconds, 1) for name, seconds in stages.seconds.items()},
        "cost_usd": 0.0,
        "song": heard.clip.id,
        "tone_error_db": {name: round(error, 3) for name, error in heard.errors_db.items()},
        "next": f"{_dawg()} studio",
    }
    print(json.dumps(figures) if arguments.json else _in_words(figures))
    return 0


def listen(bundle: Any, clips: list[Clip]) -> Heard:
    """Spoil the first song of STYLE among `clips`; mend it blindly, and by another song of the same artist."""
    from dawg_ai.evaluation import listening

    clip, reference = [clip for clip in clips if clip.style == STYLE][:2]
    original, sample_rate_hz = audio.read(clip.path)
    spoil = {"format": chain.FORMAT, "chain": [{"effect": "eq", "knobs": FAULT}]}
    before = chain.render(spoil, original, sample_rate_hz)
    sound = (before, sample_rate_hz)
    recipes = {
        "after": suggest.suggest(bundle, sound).recipe,
        "matched": suggest.suggest(bundle, sound, references=[audio.read(reference.path)]).recipe,
    }
    mended = {name: chain.render(recipe, before, sample_rate_hz) for name, recipe in recipes.items()}
    loudness = integrated_lufs(before, sample_rate_hz)
    versions = {
        name: listening.at_loudness(each, sample_rate_hz, loudness)
        for name, each in {"original": original, "before": before, **mended}.items()
    }
    return Heard(clip, reference, sample_rate_hz, versions, recipes)


def _write(out: Path, heard: Heard, evaluation: Mapping[str, Any], result: Any, stages: Stages) -> list[Path]:
    """The folder's files."""
    from dawg_ai.evaluation import render

    files = {
        "before.wav": "before",
        "after.wav": "after",
        "after_reference.wav": "matched",
        "original.wav": "original",
    }
    for name, version in files.items():
        audio.write(out / name, heard.versions[version], heard.sample_rate_hz)
    curves_db = {name: _curve_db(recipe["chain"][0]["knobs"], heard) for name, recipe in heard.recipes.items()}
    render.picture(out / "curve.png", heard.spectra, curves_db, _curve_db(CURE, heard))
    with whole(out / "report.html") as draft:
        draft.write_text(_page(out, heard, evaluation, result, stages), "utf-8")
    return [out / name for name in (*files, "curve.png", "report.html")]


def _curve_db(knobs: Mapping[str, float], heard: Heard) -> Any:
    """An equaliser's response, level removed."""
    from dawg_ai.evaluation import render

    curve_db = render.response_db("eq", knobs, heard.sample_rate_hz, CENTERS_HZ)
    return curve_db - curve_db.mean()


def _page(out: Path, heard: Heard, evaluation: Mapping[str, Any], result: Any, stages: Stages) -> str:
    from dawg_ai.evaluation import page, render

    errors_db, clip = heard.errors_db, heard.clip
    sounds = render.excerpts(heard.versions, heard.sample_rate_hz, EXCERPT_S)
    about = {
        "Before": ("before", "The spoilt song: muddy and dull."),
        "After": ("after", "Mended by the plugin, which was given nothing but the spoilt song."),
        "After, with a reference": (
            "matched",
            f"Mended by the plugin, which was given “{heard.reference.title}” to sound like.",
        ),
        "Original": ("original", "The song as it was before it was spoilt: where the plugin should arrive."),
    }
    link = heard.recipes["after"]["chain"][0]
    dawg = _dawg()
    return page.document(
        "DAWG AI: a plugin, trained while you waited",
        page.paragraph(
            f"The program composed 48 songs, listened to them, and trained `{PLUGIN}` from random numbers: "
            "six equaliser bands that fix the tone of a track, or match it to a reference.",
            "lead",
        ),
        page.facts(
            {
                "paid": "$0",
                "training, on CPU cores": _time(result.seconds),
                "steps": f"{result.step}",
                "songs for testing, never heard in training": str(evaluation["test_songs"]),
            }
        ),
        page.heading("Hear it"),
        page.paragraph(
            f"“{clip.title}” by {clip.licence.holder}, a song that the plugin was not trained on, was spoilt with a "
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
        page.text(chain.in_words(link["effect"], link["knobs"], {})),
        page.heading("Measured"),
        page.paragraph(
            "One song proves nothing. This is the error in dB of the plugin and of simpler rules over all test "
            "songs, each spoilt in many ways; less is better. So few composed songs make a demonstration, not a good "
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
                f"{dawg} studio": "use it in a browser, with your own song",
                f"{dawg} apply {PLUGIN} song.wav better.wav": "or here",
                f"{dawg} train {PLUGIN} --data folder:/path/to/songs": "train it on your own music",
            }
        ),
        page.heading("Whose songs"),
        page.paragraph(f"{data.load(DATA).licence} {data.load(DATA).citation}"),
    )


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def _dawg() -> str:
    """How this program is called here."""
    called = Path(sys.argv[0])
    return "dawg" if shutil.which("dawg") else str(called) if called.name == "dawg" else "python -m dawg_ai"


def _in_words(figures: Mapping[str, Any]) -> str:
    errors = figures["tone_error_db"]
    return "\n".join(
        [
            "",
            *figures["files"],
            f"{figures['bundle']} (the plugin, for this machine and the browser)",
            "",
            f"the spoilt song was {errors['before']:.1f} dB off; the plugin left {errors['after']:.1f} dB, "
            f"and {errors['matched']:.1f} dB with a reference",
            f"cost: ${figures['cost_usd']:.0f}, {_time(sum(figures['seconds'].values()))} of this machine's time",
            f"next: open {figures['files'][-1]} in a browser, and: {figures['next']}",
        ]
    )
