"""The shipped modules in a real AudioWorklet."""

import base64
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import parity
import pytest
from test_parity import RATE, effect_job, music

from dawg_ai.dsp import effect

HERE = Path(__file__).parent


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def folder(tmp_path):
    for name in ("page.html", "worklet.js", "kernels.js"):
        shutil.copy(HERE / name, tmp_path)
    return tmp_path


@pytest.fixture
def page(folder, browser):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}/page.html")
    yield page
    page.close()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", effect.names())
def test_the_browser_plays_what_python_renders(name, page, folder):
    audio = music(20_000)
    job = effect_job(name, audio)
    wasm, entry = parity.built(name)
    (folder / "kernels.wasm").write_bytes(wasm)
    (folder / "in.bin").write_bytes(audio.tobytes())
    text = page.evaluate("render", {"entry": entry, "knobs": job.memory["knobs"], "play": job.play, "rate": RATE})
    found = np.frombuffer(base64.b64decode(text), np.float32).reshape(audio.shape)
    job.blocks, job.keep, job.load = [20_000], ["y"], 0
    expected = np.frombuffer(parity.native(job)[0], np.float32).reshape(audio.shape)
    assert np.abs(expected - audio).max() > 1e-3
    assert np.count_nonzero(found != expected) == 0
