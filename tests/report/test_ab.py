"""A/B excerpts: equally loud, at one place in time, and plainly different."""

import dataclasses
import io
import re
from base64 import b64decode

import numpy as np
import pytest
import soundfile

from dawg_ai.cli import main
from dawg_ai.dsp import effect
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.errors import UsageError
from dawg_ai.report import ab

RATE_HZ = ab.RATE_HZ
NOISE = (0.1 * np.random.default_rng(0).standard_normal((2, 6 * RATE_HZ))).astype(np.float32)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The page, of a song composed by the program."""
    path = tmp_path_factory.mktemp("page") / "listen.html"
    assert main(["listen", "--out", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def passage():
    return ab.passage()


def test_versions_are_equally_loud():
    for lufs in (-30.0, -9.0):
        assert integrated_lufs(ab.at_loudness(NOISE, RATE_HZ, lufs), RATE_HZ) == pytest.approx(lufs, abs=0.01)


def test_the_passage_is_the_loudest_whatever_the_song():
    song = np.concatenate([0.01 * NOISE, NOISE, 0.01 * NOISE], axis=1)[:1]
    for rate_hz in (RATE_HZ, 22_050):
        found = ab.passage(song, rate_hz)
        assert found.shape == (2, (ab.PREROLL_S + ab.SECONDS) * RATE_HZ)
        excerpt = found[:, -ab.SECONDS * RATE_HZ :]
        assert integrated_lufs(excerpt, RATE_HZ) == pytest.approx(ab.LUFS, abs=0.01)
    assert np.abs(excerpt[:, :RATE_HZ]).mean() == pytest.approx(np.abs(excerpt[:, -RATE_HZ:]).mean(), rel=0.1)


@pytest.mark.parametrize("song", [np.zeros((2, 9 * RATE_HZ), np.float32), NOISE[:, :1000]])
def test_silence_and_snippets_are_refused(song):
    with pytest.raises(UsageError, match="too short or too quiet"):
        ab.passage(song)


@pytest.mark.parametrize("name", effect.names())
def test_the_example_of_an_effect_is_audible(name, passage):
    """Quieter differences would be a test of ears: it needs an `example`, or another one."""
    chosen = effect.load(name)
    chosen.vector(chosen.example)
    assert ab.example_in_words(name).count(",") == max(0, len(chosen.example) - 1)
    before, after = ab.pair(name, passage)
    change_db = 10 * np.log10(np.square(after - before).mean() / np.square(before).mean())
    assert change_db > -25


def test_an_effect_without_an_example_is_shown_at_its_defaults(monkeypatch):
    limiter = dataclasses.replace(effect.load("limiter"), example={})
    monkeypatch.setattr(effect, "load", lambda name: limiter)
    assert ab.example_in_words("limiter") == "its defaults"


def test_every_effect_has_its_pair_equally_loud(made):
    html = made.read_text()
    sounds = [
        soundfile.read(io.BytesIO(b64decode(each))) for each in re.findall(r"data:audio/ogg;base64,([^\"]+)", html)
    ]
    pairs = list(zip(sounds[::2], sounds[1::2], strict=True))
    assert len(pairs) == len(effect.names()) == html.count('class="player"') == html.count("<details>")
    for name, ((one, rate_hz), (two, _)) in zip(effect.names(), pairs, strict=True):
        assert len(one) == len(two) == ab.SECONDS * rate_hz, name
        assert abs(integrated_lufs(one.T, rate_hz) - integrated_lufs(two.T, rate_hz)) < 0.1, name
        assert max(np.abs(one).max(), np.abs(two).max()) < 1, name
    assert not re.findall(r"(?:src|href)=[\"'](?!data:)", html)


def test_the_order_is_random_and_revealed(made, tmp_path, capsys):
    html = made.read_text()
    processed = re.findall(r"</summary>(\d) is processed", html)
    assert set(processed) == {"1", "2"}
    before = [re.findall(r"base64,([^\"]+)", each) for each in html.split('class="player"')[1:]]
    unprocessed = [pair[2 - int(side)] for pair, side in zip(before, processed, strict=True)]
    decoded = [soundfile.read(io.BytesIO(b64decode(each)))[0] for each in unprocessed]
    for each in decoded[1:]:  # what is said to be unprocessed is one and the same song
        assert np.corrcoef(each[:, 0], decoded[0][:, 0])[0, 1] > 0.999


def test_latency_is_taken_out():
    click = np.zeros((2, 3 * RATE_HZ), np.float32)
    click[:, ::20_000] = 0.5
    for name in ("limiter", "saturation"):
        before, after = ab.pair(name, ab.at_loudness(click, RATE_HZ, ab.LUFS))
        assert abs(int(np.argmax(np.abs(after[0, 10_000:30_000]))) - int(np.argmax(before[0, 10_000:30_000]))) <= 2


def test_the_page_works_in_a_browser_by_keyboard(browser, made):
    tab, errors = browser.new_page(), []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    tab.goto(made.as_uri())
    first, last = tab.locator(".player").first, tab.locator(".player").last
    state = "all => all.map(each => each.getAttribute('aria-pressed'))"
    tab.wait_for_function("[...document.querySelectorAll('audio')].every(each => each.duration > 4)")
    tab.keyboard.press("2")
    assert first.locator(".versions button").evaluate_all(state) == ["false", "true"]
    last.locator(".versions button").first.focus()
    tab.keyboard.press("2")
    assert last.locator(".versions button").evaluate_all(state) == ["false", "true"]
    playing = "[...document.querySelectorAll('audio')].filter(each => !each.paused).length"
    first.locator(".play").click()
    last.locator(".play").click()
    tab.wait_for_function(f"{playing} === 1")
    assert not tab.locator("details").first.evaluate("each => each.open")
    tab.locator("summary").first.focus()
    tab.keyboard.press("Enter")
    assert tab.locator("details").first.evaluate("each => each.open")
    tab.close()
    assert not errors
