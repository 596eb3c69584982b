"""Master a song, or several as an album: ask the plugin, render, measure before and after, and write the files."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dawg_ai import ask, audio, chain, delivery
from dawg_ai.ask import Answer
from dawg_ai.audio import Sound, kept
from dawg_ai.bundle import Bundle
from dawg_ai.delivery import Delivery
from dawg_ai.mastering import words
from dawg_ai.mastering.album import Joined, alike, as_stereo, runs
from dawg_ai.mastering.figures import Measured, Meters, measure, metered
from dawg_ai.mastering.words import Stage
from dawg_ai.plugin import SONG

REFERENCE = "reference"


@dataclass(frozen=True)
class Job:
    """What is to be mastered as one: a song, or an album.

    Args:
        sources: the files, in order.
        targets: a file for each.
        before_limiter: a file for each, written before the limiter; or none.
    """

    sources: Sequence[Path]
    targets: Sequence[Path]
    before_limiter: Sequence[Path] = ()


@dataclass(frozen=True)
class Master:
    """What became of a job.

    Args:
        answer: of the plugin.
        before: figures of each source.
        after: figures of each master.
        album: figures of all sources and of all masters, as if they were one; of a song, its own.
        stages: what each stage did, and why.
        deliveries: of each file.
        remarks: what its maker should know.
    """

    answer: Answer
    before: Sequence[Measured]
    after: Sequence[Measured]
    album: tuple[Measured, Measured]
    stages: Sequence[Stage]
    deliveries: Sequence[Delivery]
    remarks: Sequence[str]


def master(
    bundle: Bundle, job: Job, references: Sequence[Path], controls: Mapping[str, float], bits: str = ""
) -> Master:
    """Master a song or an album.

    Args:
        bundle: of the plugin.
        job: the files.
        references: files that it is to be like.
        controls: of the plugin, by name.
        bits: of the masters; "" for those of the sources.

    Raises:
        UsageError: a file cannot be used, or a control is out of range.
        DawgError: a file cannot be written.
    """
    if len(job.sources) == 1:
        sounds = [kept(audio.audible(job.sources[0]))]
    else:
        sounds = [audio.open(path) for path in job.sources]  # one of them may be silent
    before, whole_before = _measured(sounds)
    joined = Joined(sounds if alike(sounds) else _alike(sounds))
    given = {SONG: [joined.sound], REFERENCE: [audio.audible(path) for path in references]}
    answer = ask.ask(bundle, {name: files for name, files in given.items() if files}, controls)
    meters = Meters(joined.sound)
    whole = metered(answer.sound, meters)
    if alike(sounds):
        rendered = joined.pieces(whole)
    else:
        for _ in whole.blocks():
            pass  # measured as one; each stretch is then rendered at its own rate
        rendered = _stretches(answer.recipe, sounds)
    after, deliveries = [], []
    for sound, source, target in zip(rendered, job.sources, job.targets, strict=True):
        own = Meters(sound)
        deliveries.append(delivery.deliver(target, metered(sound, own), answer.recipe, source, bits))
        after.append(own.result())
    _write_before_limiter(answer.recipe, sounds, job)
    whole_after = meters.result()
    most_db = float(answer.memory["most_reduction_db"])
    short = words.shortfall(answer, whole_after.loudness.integrated_lufs, most_db)
    remarks = [*dict.fromkeys(remark for each in deliveries for remark in each.remarks), *([short] if short else [])]
    stages = words.stages(answer, bool(references))
    return Master(answer, before, after, (whole_before, whole_after), stages, deliveries, remarks)


def _alike(sounds: Sequence[Sound]) -> list[Sound]:
    """Sounds as stereo, at the sample rate that most of them have."""
    rate_hz = Counter(each.rate_hz for each in sounds).most_common(1)[0][0]
    return [as_stereo(each, rate_hz) for each in sounds]


def _measured(sounds: Sequence[Sound]) -> tuple[list[Measured], Measured]:
    """Figures of each sound, in its own format, and of all together."""
    if len(sounds) == 1:
        only = measure(sounds[0])
        return [only], only
    joined = Joined(sounds if alike(sounds) else _alike(sounds))
    return [measure(sound) for sound in sounds], measure(joined.sound)


def _stretches(recipe: Mapping[str, Any], sounds: Sequence[Sound]) -> Iterator[Sound]:
    """Each sound through a recipe, neighbours of one format as if they were one."""
    for run in runs(sounds):
        joined = Joined([sounds[at] for at in run])
        for _ in joined.sound.blocks():
            pass  # their lengths
        yield from joined.pieces(chain.rendered(recipe, joined.sound))


def _write_before_limiter(recipe: Mapping[str, Any], sounds: Sequence[Sound], job: Job) -> None:
    """The same without the limiter: 32-bit float where the format holds it, since peaks may exceed full scale."""
    if not job.before_limiter:
        return
    without = {**recipe, "chain": recipe["chain"][:-1]}
    for sound, source, target in zip(_stretches(without, sounds), job.sources, job.before_limiter, strict=True):
        bits = "32f" if target.suffix.lower() == ".wav" else ""
        delivery.deliver(target, sound, without, source, bits)
