"""The examples, as they are written, in Chromium."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from test_web_render import RATE, music

from dawg_ai import chain
from dawg_ai.audio import write

STUDIO = Path(__file__).parents[2] / "studio"
EXAMPLES = STUDIO / "web" / "examples"


@pytest.fixture
def site(package, tmp_path):
    """Call it with the name of a plain example; its folder, as a web host would have it."""

    def made(name):
        folder = shutil.copytree(EXAMPLES / name, tmp_path / name)
        (folder / "dawg").symlink_to(package)
        (folder / "favicon.ico").touch()
        write(folder / "song.flac", music(2 * RATE), RATE)
        return folder

    return made


@pytest.fixture
def visit(browser):
    """Call it with an address; a page whose complaints fail the test."""
    context = browser.new_context()
    complaints: list[str] = []

    def opened(url):
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(url)
        return page

    yield opened
    context.close()
    assert not complaints


def test_the_page_plays_through_a_compressor(site, hosted, visit):
    folder = site("page")
    assert len((folder / "index.html").read_text().splitlines()) <= 10
    page = visit(hosted(folder, strict=False))
    heard = """async () => {
        const audio = document.querySelector("audio");
        await audio.play();
        await new Promise((done) => setTimeout(done, 400));
        return audio.currentTime;
    }"""
    page.locator("audio").click()
    assert page.evaluate(heard) > 0


def test_the_bounce_is_what_python_renders(site, hosted, visit):
    page = visit(hosted(site("bounce"), strict=False))
    expect(page.locator("output")).to_contain_text("with the tail")
    sounds = page.evaluate("""() => ({
        live: [0, 1].map((c) => [...live.getChannelData(c)]), whole: whole.channels.map((each) => [...each])
    })""")
    live, whole = (np.array(sounds[name], np.float32) for name in ("live", "whole"))
    notes = [[0, 0.5, 36, 0.9, 0, 0], [0.5, 0.5, 38, 0.7, 0, 0]]
    comp = {"effect": "compressor", "knobs": {"threshold_db": -30}}
    links = [{"effect": "kit", "knobs": {}, "notes": notes}, comp]
    expected = chain.render({"format": 1, "chain": links}, np.zeros((2, 0), np.float32), RATE, tail=True)
    assert np.array_equal(whole, expected)
    most = min(live.shape[1], expected.shape[1])
    assert np.array_equal(live[:, :most], expected[:, :most]) and not np.any(live[:, most:])


@pytest.fixture
def vite_site(package, tmp_path):
    """The example as Vite builds it, in a folder of its own."""
    folder = shutil.copytree(EXAMPLES / "vite", tmp_path / "vite")
    (folder / "node_modules" / "@dawg-ai").mkdir(parents=True)
    shutil.copytree(package, folder / "node_modules" / "@dawg-ai" / "web")
    vite = STUDIO / "node_modules" / "vite" / "bin" / "vite.js"
    done = subprocess.run(["node", vite, "build"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (folder / "dist" / "favicon.ico").touch()
    return folder / "dist"


def test_a_project_of_vite_asks_a_plugin_and_plays_its_chain(vite_site, hosted, visit, tmp_path):
    """Under a strict policy, from the built folder alone."""
    write(tmp_path / "song.wav", music(3 * RATE), RATE)
    page = visit(hosted(vite_site))
    page.locator("input[type=file]").set_input_files(tmp_path / "song.wav")
    expect(page.locator("output")).to_have_text("1 effect, 0 samples late", timeout=60_000)
    page.get_by_role("button", name="Play").click()
    page.get_by_label("Amount").fill("0")
    page.get_by_label("Amount").dispatch_event("change")
    expect(page.locator("output")).to_contain_text("nothing to mend", timeout=60_000)
