"""A browser on the built studio, served from this machine as `dawg studio` does."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from browsing import PLUGIN, STUDIO, Studio, serving

from dawg_ai import bundle, compose, serve


@pytest.fixture(scope="session")
def furnished(tmp_path_factory) -> Path:
    """A home folder with the shipped bundle; all its modes are offered, to test them too."""
    folder = tmp_path_factory.mktemp("home")
    shipped = bundle.read(bundle.SHIPPED / PLUGIN)
    parts = {name: (shipped.folder / name).read_bytes() for name in bundle.PARTS}
    declared = {**shipped.declaration, "offered": [mode.name for mode in shipped.modes]}
    bundle.write(folder / "bundles" / PLUGIN, declared, parts)
    return folder


@pytest.fixture(scope="module", autouse=True)
def home(furnished) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAWG_HOME", str(furnished))
        yield furnished


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """The page as its sources are now."""
    done = subprocess.run([sys.executable, STUDIO / "build.py"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(done.stderr.strip())


@pytest.fixture(scope="module")
def server() -> Iterator[serve.Server]:
    yield from serving()


@pytest.fixture
def studio(browser, server) -> Iterator[Studio]:
    """The page at 1280 x 800; whatever it complains about in the console fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    studio = Studio(context.new_page())
    studio.open(server.url)
    yield studio
    context.close()
    assert not studio.errors


@pytest.fixture(scope="session")
def songs(tmp_path_factory) -> list[Path]:
    """Ten pieces of music, of all styles, and of other rates, lengths and formats."""
    folder = tmp_path_factory.mktemp("songs")
    rates = (44100, 48000, 22050, 96000, 44100)
    paths = [folder / f"song{seed}.wav" for seed in range(10)]
    styles = sorted(compose.STYLES)
    for seed, path in enumerate(paths):
        rate_hz = rates[seed % len(rates)]  # at a rate not its own it is as fast or slow as that makes it
        whole = compose.song(styles[seed % len(styles)], 200 + seed)[0]
        audio = whole[: 1 + seed % 2, 10 * compose.RATE :][:, : round((1.7 + 0.9 * seed) * rate_hz)]
        soundfile.write(path, audio.T, rate_hz, subtype=("PCM_16", "PCM_24", "FLOAT")[seed % 3])
    return paths
