"""Meters and analysis on every road: the same bits."""

import numpy as np
import pytest
import roads
from test_roads import SIZES, music, same


def meter_job(audio):
    keep, free = ["steps", "progress", "state", "held"], {"steps": 40}
    return roads.Job("dawg_ai.dsp.meter:MODULE", audio, "block", keep, {}, SIZES, free=free, last="integrated")


def levels_job(audio):
    return roads.Job("dawg_ai.dsp.levels:MODULE", audio, "block", ["sums"], {}, SIZES, last="correlation")


def mel_job(audio):
    """Blocks of as many samples as sixteen frames take."""
    mono = np.ascontiguousarray(audio[0, : len(audio[0]) // 9728 * 9728])
    return roads.Job("dawg_ai.dsp.mel:MODULE", mono, "sixteen", ["bands", "spectra"], {}, [9728])


def key_job(audio):
    """At 8 kHz windows are of 2048 samples and sixteen of them take 17408."""
    mono = np.ascontiguousarray(audio[0, : len(audio[0]) // 17408 * 17408])
    path, keep = "dawg_ai.dsp.key:MODULE", ["pitches", "scores"]
    return roads.Job(path, mono, "sixteen", keep, {}, [17408], sample_rate_hz=8_000.0, last="estimate")


def spectrum_job(audio):
    job = key_job(audio)
    return roads.Job(
        "dawg_ai.dsp.spectrum:MODULE", job.audio, "sixteen", ["spectra"], {}, [17408], sample_rate_hz=8_000.0
    )


JOBS = {"meter": meter_job, "levels": levels_job, "mel": mel_job, "key": key_job, "spectrum": spectrum_job}


@pytest.mark.parametrize("name", JOBS)
def test_in_node_equals_native(name, tmp_path):
    job = JOBS[name](music(60_000))
    expected, value = roads.native(job)
    found, report = roads.node(job, tmp_path, *roads.built(name))
    assert same(found, expected) and report["returned"] == value


@pytest.mark.parametrize("setting", ["NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK"])
def test_interpreted_and_checked_equal_native(setting, tmp_path):
    jobs = [job(music(18_000)) for job in JOBS.values()]
    for job, found in zip(jobs, roads.elsewhere(jobs, tmp_path, **{setting: "1"}), strict=True):
        assert found == roads.native(job) and len(found[0]) > 0, job.path
