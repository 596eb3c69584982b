"""Masters of ours beside those of Matchering and libsonare's assistant, on songs that the network has never heard.

    python benchmarks/mastering.py --peers peers/bin/python [--pairs 200] [--cases 24]

`mastering_peers.py` says how to make the peers' Python. Two comparisons, saved to results/mastering_quality.json:

pairs   a reference is matched: another part of the song, or another song of its package. Distance of the master from
        the reference: third-octave spectrum, loudness, crest factor, side against mid.
cases   one shelf or bell of 6 dB in a song, and the same songs finished. Distance of the master from the song in the
        third-octave spectrum at equal loudness; beside libsonare's assistant, and beside doing nothing.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from turns import RESULTS

from dawg_ai import ask, audio, bundle, chain, data
from dawg_ai.audio import Audio
from dawg_ai.data.clip import Clip
from dawg_ai.data.split import part
from dawg_ai.dsp.instance import Native
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.evaluation.table import RESAMPLES, interval
from dawg_ai.plugins.auto_eq.rendered import equalised
from dawg_ai.plugins.mastering import PLUGIN, examples, restoration, simulation
from dawg_ai.plugins.mastering.features import FEATURES
from dawg_ai.units import amplitude_from_db

EXCERPT_S = 30
FAULT_DB = 6.0
RATES_HZ = (44_100, 48_000)  # the others are few
FAULTS = (("band1", 0, 120.0), ("band2", 1, 250.0), ("band3", 1, 700.0), ("band4", 1, 2500.0), ("band6", 2, 5000.0))


@dataclass(frozen=True)
class Pair:
    """Two parts of 30 s: of one song, or of two songs of a package."""

    song: Audio
    reference: Audio
    rate_hz: int


class Peers:
    """A Python with the peers, which takes one job after another."""

    def __init__(self, python: str, folder: Path) -> None:
        script = str(Path(__file__).with_name("mastering_peers.py"))
        self._process = subprocess.Popen(
            [python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._folder = folder

    def master(self, tool: str, rate_hz: int, **sounds: Audio) -> Audio | None:
        """The peer's master; None where it refuses the song."""
        job = {"tool": tool, "output": str(self._folder / "output.wav")}
        for name, sound in sounds.items():
            job[name] = str(self._folder / f"{name}.wav")
            soundfile.write(job[name], sound.T, rate_hz, subtype="FLOAT")
        assert self._process.stdin and self._process.stdout
        print(json.dumps(job), file=self._process.stdin, flush=True)
        while (answer := self._process.stdout.readline().strip()) and not answer.startswith("done"):
            if "Error" in answer or "Exception" in answer:
                print(f"{tool}: {answer}")
                return None
        found = soundfile.read(job["output"], dtype="float32", always_2d=True)[0].T
        return np.ascontiguousarray(found)


def excerpts(clips: Sequence[Clip], rng: np.random.Generator) -> Iterator[Pair]:
    """Pairs without end: in turn another part of the song, and another song of its package."""
    groups: dict[str, list[Clip]] = {}
    for clip in clips:
        groups.setdefault(clip.group, []).append(clip)
    same = True
    while True:
        clip = clips[int(rng.integers(len(clips)))]
        mates = [each for each in groups[clip.group] if each is not clip]
        sound, rate_hz = audio.read(clip.path)
        other, other_hz = (
            (sound, rate_hz) if same or not mates else audio.read(mates[int(rng.integers(len(mates)))].path)
        )
        span = EXCERPT_S * rate_hz
        if rate_hz != other_hz or rate_hz not in RATES_HZ or sound.shape[1] < 2 * span or other.shape[1] < 2 * span:
            continue
        start = int(rng.integers(sound.shape[1] - 2 * span + 1))
        there = start + span if other is sound else int(rng.integers(other.shape[1] - span + 1))
        parts = [audio.stereo(whole[:, at : at + span]) for whole, at in ((sound, start), (other, there))]
        if min(integrated_lufs(each, rate_hz) for each in parts) > -40.0:
            same = not same
            yield Pair(parts[0], parts[1], rate_hz)


def ours(
    opened: bundle.Bundle, song: Audio, rate_hz: int, controls: Mapping[str, float], reference: Audio | None = None
) -> Audio:
    """Our master."""
    given = {"song": [audio.held(song, rate_hz)]}
    if reference is not None:
        given["reference"] = [audio.held(reference, rate_hz)]
    return chain.render(ask.ask(opened, given, controls).recipe, song, rate_hz)


def analysis(sound: Audio, rate_hz: int) -> simulation.Song:
    found = FEATURES.extractor.extract(Native(PLUGIN.module), audio.held(sound, rate_hz))
    song = examples.unflat({f"song_{name}": values[None] for name, values in found.items()}, "song")
    return {name: values.astype(np.float64) for name, values in song.items()}


def differences(sound: Audio, other: Audio, rate_hz: int) -> dict[str, float]:
    """Third-octave spectrum and width in dB, loudness in LU, crest factor in dB."""
    found = [restoration.summary(analysis(each, rate_hz)) for each in (sound, other)]
    crest = [
        20 * np.log10(np.abs(each).max() / np.sqrt((each.astype(np.float64) ** 2).mean())) for each in (sound, other)
    ]
    return {
        "third-octave spectrum": float(np.abs(found[0]["spectrum"] - found[1]["spectrum"]).mean()),
        "loudness": abs(integrated_lufs(sound, rate_hz) - integrated_lufs(other, rate_hz)),
        "crest factor": float(abs(crest[0] - crest[1])),
        "side against mid": float(np.abs(found[0]["width"] - found[1]["width"]).mean()),
        "over 0 dBFS": 100.0 * float(np.abs(sound).max() > 1.0),
    }


def pairs(opened: bundle.Bundle, clips: Sequence[Clip], peers: Peers, count: int) -> list[dict[str, Any]]:
    """Rows of the first comparison."""
    rng, found = np.random.default_rng(0), []
    for pair in excerpts(clips, rng):
        theirs = peers.master("matchering", pair.rate_hz, song=pair.song, reference=pair.reference)
        if theirs is not None:
            mine = ours(opened, pair.song, pair.rate_hz, {"reference_level": 1}, pair.reference)
            each = [differences(sound, pair.reference, pair.rate_hz) for sound in (mine, theirs, pair.song)]
            found.append(each)
            print(len(found), [round(each[i]["third-octave spectrum"], 2) for i in range(3)], flush=True)
        if len(found) >= count:
            break
    rows = []
    for which, rated in (("another part", found[::2]), ("another song", found[1::2])):
        for name in rated[0][0]:
            values = np.array([[each[name] for each in three] for three in rated])
            rows.append(
                row(f"reference, {which}: {name} (the song itself {values[:, 2].mean():.2f})", values, "matchering")
            )
    return rows


def cases(opened: bundle.Bundle, clips: Sequence[Clip], peers: Peers, count: int) -> list[dict[str, Any]]:
    """Rows of the second comparison."""
    rng = np.random.default_rng(1)
    faulty: list[list[float]] = []
    finished: list[list[float]] = []
    for pair in excerpts(clips, rng):
        band, kind, hz = FAULTS[len(faulty) % len(FAULTS)]
        gain_db = FAULT_DB * (-1.0) ** (len(faulty) // len(FAULTS))
        fault = {f"{band}_kind": kind, f"{band}_hz": hz, f"{band}_db": gain_db, f"{band}_q": 0.71}
        clean, rate_hz = pair.song, pair.rate_hz
        level = {"loudness_lufs": float(np.clip(integrated_lufs(clean, rate_hz), -30.0, -5.0))}
        for song, into in ((equalised(clean, rate_hz, fault), faulty), (clean, finished)):
            quiet = song * np.float32(amplitude_from_db(min(0.0, -1.0 - 20 * np.log10(np.abs(song).max()))))
            theirs = peers.master("libsonare", rate_hz, song=quiet)
            if theirs is None:
                break
            sounds = (ours(opened, song, rate_hz, level), theirs, song)
            into.append([differences(each, clean, rate_hz)["third-octave spectrum"] for each in sounds])
        print(len(finished), np.round(faulty[-1], 2), np.round(finished[-1], 2), flush=True)
        if len(finished) >= count:
            break
    values = np.array(faulty)
    return [
        row("one fault of 6 dB: third-octave spectrum", values, "libsonare's assistant"),
        row("one fault of 6 dB: third-octave spectrum", values[:, [0, 2]], "nothing"),
        row("finished songs: third-octave spectrum", np.array(finished), "libsonare's assistant"),
    ]


def row(work: str, values: np.ndarray, peer: str) -> dict[str, Any]:
    """A row from (cases, 2 or more): ours, the peer's; the difference has a bootstrap interval over cases."""
    draws = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    difference = values[:, 0] - values[:, 1]
    low, high = interval(difference[draws].mean(1))
    mean, median, p95 = values.mean(0), np.median(values, 0), np.percentile(values, 95, 0)
    return {
        "work": f"{work}, beside {peer}",
        "ours": round(float(mean[0]), 3),
        "peer": round(float(mean[1]), 3),
        "unit": "mean",
        "difference": [round(float(each), 3) for each in (difference.mean(), low, high)],
        "ours_median_p95": [round(float(each[0]), 3) for each in (median, p95)],
        "peer_median_p95": [round(float(each[1]), 3) for each in (median, p95)],
        "runs": len(values),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", required=True, help="a Python with matchering and libsonare")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--cases", type=int, default=24)
    arguments = parser.parse_args()
    opened = bundle.load("mastering")
    split = int(opened.declaration["made"]["split"])
    clips = [clip for clip in data.load("debian_games").clips() if (clip.part or part(clip.group, split)) == "test"]
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        peers = Peers(arguments.peers, Path(folder))
        for work, count in ((cases, arguments.cases), (pairs, arguments.pairs)):
            if count:
                rows += work(opened, clips, peers, count)
                (RESULTS / "mastering_quality.json").write_text(json.dumps(rows, indent=1) + "\n")
    for each in rows:
        print(each)


if __name__ == "__main__":
    main()
