"""Meters of every effect: what the audio thread posts is what Python measures, and the page shows it."""

import json
import re

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect
from scipy.signal import lfilter

from dawg_ai import serve
from dawg_ai.dsp import effect

RATE = 48_000
SECONDS = 4
INPUT = -1

# Plays a sound through a chain, as fast as it can, and gives all that the audio thread posted for its meters.
METERED = """async ([worklet, chain, left, right, rate]) => {
    const { modules } = await (await fetch("engine/manifest.json")).json();
    const hosted = async (name) => {
        const bytes = await (await fetch("engine/" + modules[name].wasm)).arrayBuffer();
        return { name, entry: modules[name], bytes };
    };
    const effects = await Promise.all([...new Set(chain.map(({ effect }) => effect))].map(hosted));
    const context = new OfflineAudioContext(2, left.length, rate);
    await context.audioWorklet.addModule(worklet);
    const node = new AudioWorkletNode(context, "chain", {
        outputChannelCount: [2],
        processorOptions: { effects, channels: 2, chain, sounds: [], scores: [] },
    });
    const { port1, port2 } = new MessageChannel();
    const posts = [];
    port1.onmessage = ({ data }) => posts.push([...data]);
    node.port.postMessage({ meters: port2, loudness: await hosted("loudness") }, [port2]);
    node.port.postMessage({ play: { at: 0, from: 0, to: Infinity } });
    const buffer = new AudioBuffer({ length: left.length, numberOfChannels: 2, sampleRate: rate });
    [left, right].forEach((channel, c) => buffer.copyToChannel(Float32Array.from(channel), c));
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(node).connect(context.destination);
    source.start();
    await context.startRendering();
    await new Promise((done) => setTimeout(done, 200));
    return posts.map((post) => post.map((value) => (Number.isNaN(value) ? null : `${value}`)));
}"""


def posted(studio, x, chain):
    """Every post as rows of id, peak, momentary, short-term, reduction."""
    worklet = next(address for address in serve.site() if address.startswith("assets/worklet-"))
    modules = json.loads((serve.ENGINE / "manifest.json").read_text())["modules"]
    settings = [
        {
            "id": place,
            "effect": name,
            "on": True,
            "knobs": [knobs.get(knob["name"], knob["default"]) for knob in modules[name]["knobs"]],
        }
        for place, (name, knobs) in enumerate(chain)
    ]
    posts = studio.page.evaluate(METERED, [worklet, settings, *x.tolist(), RATE])
    return np.array([[np.nan if v is None else float(v) for v in post] for post in posts]).reshape(len(posts), -1, 5)


# The K-weighting as BS.1770 prints it for 48 kHz.
SHELF = [1.53512485958697, -2.69169618940638, 1.19839281085285], [1.0, -1.69065929318241, 0.73248077421585]
HIGH_PASS = [1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621]


def window_lufs(x, end, seconds):
    """Loudness of the seconds before a sample, without gates."""
    weighted = lfilter(*HIGH_PASS, lfilter(*SHELF, x.astype(np.float64)))
    return -0.691 + 10 * np.log10(np.mean(weighted[:, end - round(seconds * RATE) : end] ** 2, axis=1).sum())


def test_what_is_posted_is_what_python_measures(studio):
    rng = np.random.default_rng(3)
    swell = np.linspace(0.05, 0.6, SECONDS * RATE)
    x = (rng.normal(0, 0.3, (2, SECONDS * RATE)) * swell).astype(np.float32)
    chain = [("compressor", {"threshold_db": -30.0, "ratio": 6.0}), ("stereo", {}), ("gate", {})]
    posts = posted(studio, x, chain)
    assert 20 * SECONDS - 3 <= len(posts) <= 20 * SECONDS  # no more than 20 a second
    every = -(-RATE // 20 // 128) * 128  # samples from post to post
    processors = [effect.Processor(effect.load(name), RATE, knobs, 2) for name, knobs in chain]
    stages = [x]
    most = []
    for processor in processors:
        parts, reductions = [], []
        for start in range(0, x.shape[1], 128):
            parts.append(processor.process(stages[-1][:, start : start + 128]))
            reductions.append(processor.reduction_db)
        stages.append(np.concatenate(parts, axis=1))
        most.append(reductions)
    end = len(posts) * every
    for place, stage in enumerate(stages):
        found = posts[:, place]
        assert set(found[:, 0]) == {INPUT if place == 0 else place - 1}
        peaks = np.abs(stage[:, :end]).reshape(2, len(posts), every).max(axis=(0, 2))
        assert np.array_equal(np.float32(found[:, 1]), peaks)
        steps = end // (RATE // 10) * (RATE // 10)  # loudness is of whole steps of 100 ms
        for column, seconds in ((2, 0.4), (3, 3.0)):
            assert found[-1, column] == pytest.approx(window_lufs(stage, steps, seconds), abs=0.01)
        if place == 0 or chain[place - 1][0] == "stereo":
            assert np.isnan(found[:, 4]).all()
        else:
            blocks = every // 128
            expected = np.array(most[place - 1])[: len(posts) * blocks].reshape(len(posts), blocks).max(axis=1)
            assert found[:, 4] == pytest.approx(expected, abs=1e-9)


def figures(text):
    """The numbers of a meter, by the word before or after them."""
    text = text.replace("−", "-")
    number = r"([-+]?\d+\.\d)"
    found = {
        "peak": rf"{number} dBFS",
        "lufs": rf"{number} LUFS",
        "reduction": rf"GR {number}",
        "change": rf"Change {number}",
    }
    return {name: float(m[1]) for name, pattern in found.items() if (m := re.search(pattern, text))}


def test_every_effect_shows_its_meters(studio, tmp_path):
    """A stereo sine of 997 Hz has as many LUFS as its peak has dBFS; EBU Tech 3341, case 1."""
    page = studio.page
    sine = 0.5 * np.sin(2 * np.pi * 997 * np.arange(12 * RATE) / RATE)
    soundfile.write(tmp_path / "sine.wav", np.stack([sine, sine], axis=1), RATE, "FLOAT")
    studio.song(tmp_path / "sine.wav")
    studio.add("compressor")
    page.get_by_role("textbox", name="Curve Threshold in dB").fill("-36")
    page.get_by_role("textbox", name="Curve Threshold in dB").press("Enter")
    tabs = page.get_by_role("list", name="Effects").locator("li")
    expect(tabs.locator(".figures")).to_have_text(["–", "–"])
    studio.button("Play").click()
    expect(tabs.nth(1)).to_contain_text(re.compile(r"GR −2\d"))
    page.wait_for_timeout(1500)
    first, second = (figures(tab.inner_text()) for tab in tabs.all())
    processor = effect.Processor(effect.load("compressor"), RATE, {"threshold_db": -36.0}, 2)
    reduced_db = -20 * np.log10(np.abs(processor.process(np.float32([sine, sine]))[:, -RATE:]).max() / 0.5)
    assert first == pytest.approx({"peak": -6.0, "lufs": -6.0, "change": 0.0}, abs=0.1)
    loud = -6.0 - reduced_db
    assert second == pytest.approx({"peak": loud, "lufs": loud, "reduction": -reduced_db}, abs=0.3)
    full = page.locator(".full-meter").inner_text().replace("−", "-")
    assert "In -6.0 dBFS, -6.0 LUFS" in full
    page.wait_for_timeout(2000)  # three seconds of it
    chain = page.locator(".now").inner_text().replace("−", "-")
    result = re.search(r"Original -6\.0 LUFS, -6\.0 dBFS · Result (-\d+\.\d) LUFS", chain)
    assert result and float(result[1]) == pytest.approx(loud, abs=0.3)
    page.get_by_label("On", exact=True).uncheck()
    expect(tabs.nth(1).locator(".figures")).to_have_text("–")
    studio.button("Pause").click()
    expect(tabs.nth(0).locator(".figures")).to_have_text("–")
    for bar in page.locator(".bar i").all():
        expect(bar).to_have_css("transform", "matrix(0, 0, 0, 1, 0, 0)")
