"""Meters and analysis: the same bits interpreted, natively and in WebAssembly."""

import json
import subprocess

import numpy as np
import parity
import pytest
from test_parity import RATE, SIZES, music

from dawg_ai.dsp.kernel import call
from dawg_ai.dsp.meters import rhythm
from dawg_ai.dsp.meters.mel import spectrogram


def meter_job(audio):
    keep, free = ["steps", "progress", "state", "history"], {"steps": 40}
    return parity.Job(
        "dawg_ai.dsp.meters.meter:MODULE", audio, "block", keep, {}, SIZES, free=free, last="integrated"
    )


def levels_job(audio):
    return parity.Job("dawg_ai.dsp.meters.levels:MODULE", audio, "block", ["sums"], {}, SIZES, last="correlation")


def mel_job(audio):
    """Blocks of as many samples as sixteen frames take."""
    mono = np.ascontiguousarray(audio[0, : len(audio[0]) // 9728 * 9728])
    return parity.Job("dawg_ai.dsp.meters.mel:MODULE", mono, "frames16", ["bands", "spectra"], {}, [9728])


def key_job(audio):
    """At 8 kHz windows are of 2048 samples and sixteen of them take 17408."""
    mono = np.ascontiguousarray(audio[0, : len(audio[0]) // 17408 * 17408])
    path, keep = "dawg_ai.dsp.meters.key:MODULE", ["pitches", "scores", "squares", "grid"]
    return parity.Job(path, mono, "frames16", keep, {}, [17408], sample_rate_hz=8_000.0, last="estimate")


def spectrum_job(audio):
    job = key_job(audio)
    return parity.Job(
        "dawg_ai.dsp.meters.spectrum:MODULE", job.audio, "frames16", ["spectra"], {}, [17408], sample_rate_hz=8_000.0
    )


JOBS = {"meter": meter_job, "levels": levels_job, "mel": mel_job, "key": key_job, "spectrum": spectrum_job}


@pytest.mark.parametrize("name", JOBS)
def test_in_node_equals_native(name, fresh, tmp_path):
    job = JOBS[name](music(60_000))
    expected, value = parity.native(job)
    found, report = parity.node(job, tmp_path, *fresh[job.path])
    assert parity.same(found, expected) and report["returned"] == value


def test_interpreted_equals_native(tmp_path):
    jobs = [job(music(18_000)) for job in JOBS.values()]
    for job, found in zip(jobs, parity.elsewhere(jobs, tmp_path, NUMBA_DISABLE_JIT="1"), strict=True):
        expected = parity.native(job)
        assert parity.same(found[0], expected[0]) and found[1] == expected[1], job.path


def rhythm_of(mel):
    """What rhythm.mjs computes."""
    memory = rhythm.MODULE.allocate(frames=len(mel), lags=4096)
    memory |= {"mel": mel, "frames_per_s": 86.0, "frames": len(mel), "highest": float(mel.max())}
    memory["levels"][:] = np.inf
    call(rhythm.onsets, memory)
    call(rhythm.autocorrelation, memory)
    memory["bpm"] = call(rhythm.tempo, memory)
    regularity = call(rhythm.regularity, memory)
    beats = call(rhythm.beats, memory)
    kept = b"".join(memory[name].tobytes() for name in ("strength", "rises", "correlation", "score", "found"))
    return kept, {"bpm": memory["bpm"], "regularity": regularity, "beats": beats}


def test_rhythm_in_node_equals_native(fresh, tmp_path):
    mel = spectrogram(np.tile(music(60_000), 4), RATE)
    expected, told = rhythm_of(mel)
    wasm, entry = fresh["dawg_ai.dsp.meters.rhythm:MODULE"]
    (tmp_path / "rhythm.wasm").write_bytes(wasm)
    (tmp_path / "mel.bin").write_bytes(mel.tobytes())
    files = {"wasm": tmp_path / "rhythm.wasm", "mel": tmp_path / "mel.bin", "output": tmp_path / "out.bin"}
    job = {name: str(path) for name, path in files.items()}
    job |= {
        "entry": entry,
        "free": {"frames": len(mel), "lags": 4096},
        "frames_per_s": 86.0,
        "highest": float(mel.max()),
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    command = [parity.node_binary(), parity.HERE / "rhythm.mjs", tmp_path / "job.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == told and told["beats"] > 5
    assert parity.same((tmp_path / "out.bin").read_bytes(), expected)
