"""Golden digests: what every kernel gave on fixed inputs stays what it gives, natively and in WebAssembly.

    python tests/wasm/test_golden.py      # write golden.json anew, after a change of sound that is meant

A digest covers the outputs alone, not internal state, so that names and layouts of state may change.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
import parity
from test_meters import JOBS
from test_parity import effect_job, features_job, loudness_job, music, noise, second_pass_job

from dawg_ai.dsp import effect
from dawg_ai.wasm import build

GOLDEN = Path(__file__).with_name("golden.json")


def outputs(job, *keep):
    job.keep = list(keep)
    return job


def jobs():
    """Name -> job, for every kernel module of the engine."""
    made = {}
    for name in effect.names():
        for sound, audio in (("noise", noise(30_000)), ("mono", noise(20_000, 1)), ("music", music(60_000))):
            made[f"{name}, {sound}"] = outputs(effect_job(name, audio), "y")
        if effect.load(name).apply:
            made[f"{name}, second pass"] = outputs(second_pass_job(name, music(60_000)), "y")
    for name, job in JOBS.items():
        made[name] = job(music(60_000))
    made["loudness"] = loudness_job(music(60_000))
    made["auto_eq features"] = features_job(noise(2 * 44_100), 44_100)
    return made


def native_digests():
    return {name: sha256(parity.native(job)[0]).hexdigest()[:16] for name, job in jobs().items()}


def test_native_outputs_are_the_golden_ones():
    assert native_digests() == json.loads(GOLDEN.read_text())


def test_numba_gives_the_golden_outputs_and_keeps_within_arrays(tmp_path):
    """WebAssembly does not look where it writes within its memory, so natively every index is checked once."""
    golden, titled = json.loads(GOLDEN.read_text()), jobs()

    def digests(settings):
        folder = tmp_path / next(iter(settings))
        folder.mkdir()
        found = parity.elsewhere(list(titled.values()), folder, **settings)
        return {title: sha256(out).hexdigest()[:16] for title, (out, _) in zip(titled, found, strict=True)}

    with ThreadPoolExecutor(2) as pool:  # each compiles all kernels
        plain, checked = pool.map(digests, [{"DAWG_KERNELS": "numba"}, {"NUMBA_BOUNDSCHECK": "1"}])
    assert plain == golden and checked == golden


@pytest.mark.parametrize("name", effect.names())
def test_wasm_outputs_are_the_golden_ones(name, tmp_path):
    golden = json.loads(GOLDEN.read_text())
    for title, job in jobs().items():
        if title.partition(",")[0] == name:
            found, _ = parity.node(job, tmp_path, *parity.built(name))
            assert sha256(found).hexdigest()[:16] == golden[title], title


def test_wasm_meters_and_features_are_the_golden_ones(fresh, tmp_path):
    golden, paths = json.loads(GOLDEN.read_text()), set(build.engine_paths())
    for title, job in jobs().items():
        if job.path not in paths or not job.path.endswith(":EFFECT"):
            found, _ = parity.node(job, tmp_path, *fresh[job.path])
            assert sha256(found).hexdigest()[:16] == golden[title], title


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(native_digests(), indent=1) + "\n")
