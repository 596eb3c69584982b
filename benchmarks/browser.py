"""The engine in a browser: songs rendered by the studio's worker, and a long chain in its audio thread.

    python benchmarks/browser.py

Needs Chromium, playwright and the built page. Times are wall-clock times, native and browser interleaved. The audio
thread plays to no device: the benchmark measures how far its clock lags behind wall-clock time when blocks are late,
and the underruns that Chromium counts, where it does. The latency of a sound card is not included.
"""

import json
import shutil
import threading
import time
from statistics import median
from typing import Any

import numpy as np
from chain import RECIPE
from dynamics import hot_music
from playwright.sync_api import Page, sync_playwright
from turns import row, save

from dawg_ai import chain, serve
from dawg_ai.dsp import effect

RATE, SECONDS, RUNS = 44_100, 60, 5
TARGET, PLAYED = 150, 20  # times real time; effects in the audio thread
RESPONSE_S = 10  # of each convolution

PREPARE = """async ([worker, given]) => {
    const { modules } = await (await fetch("engine/manifest.json")).json();
    const names = Object.keys(modules).filter((name) => "knobs" in modules[name]);
    const load = async (name) => (await fetch("engine/" + modules[name].wasm)).arrayBuffer();
    const bytes = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await load(name)])));
    const file = await (await fetch(given)).arrayBuffer();
    const samples = new Float32Array(file), half = samples.length / 2;
    window.sound = [samples.slice(0, half), samples.slice(half)];
    window.setting = ({ effect, knobs, sound }, id) => ({
        id, effect, sound, on: true, knobs: modules[effect].knobs.map((knob) => knobs[knob.name] ?? knob.default),
    });
    window.hosted = (passes) => names.map((name) => {
        const { analyse, apply, ...onePass } = modules[name].exports;
        const exports = passes === 2 ? modules[name].exports : onePass;
        return { name, entry: { ...modules[name], exports }, bytes: bytes[name] };
    });
    const at = new Worker(worker, { type: "module" });
    window.ask = (what, given) => new Promise((done, failed) => {
        at.onmessage = ({ data }) => (data.error ? failed(new Error(data.error)) : done(data.value));
        at.postMessage({ id: 0, ask: what, given });
    });
    await ask("song", { channels: sound, sampleRate: 44100 });
}"""

RENDER = """async (links) => {
    const began = performance.now();
    await ask("export", { chain: links.map(setting) });
    return (performance.now() - began) / 1000;
}"""

PLAY = """async ([worklet, links, offline, sampleRate, response_s]) => {
    const frames = sound[0].length;
    const context = offline ? new OfflineAudioContext(2, frames, sampleRate) : new AudioContext({ sampleRate });
    await context.audioWorklet.addModule(worklet);
    const response = sound.map((channel) => channel.slice(0, response_s * sampleRate));
    const keys = new Set(links.filter((link) => link.sound).map((link) => link.sound.key));
    const sounds = [...keys].map((key) => ({ key, sound: response }));
    const given = { effects: hosted(2), channels: 2, chain: links.map(setting), sounds, scores: [] };
    const node = new AudioWorkletNode(context, "chain", { outputChannelCount: [2], processorOptions: given });
    let failed = false;
    node.onprocessorerror = () => (failed = true);
    const buffer = new AudioBuffer({ length: frames, numberOfChannels: 2, sampleRate });
    sound.forEach((channel, c) => buffer.copyToChannel(channel, c));
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(node).connect(context.destination);
    source.start();
    const began = performance.now();
    if (offline) {
        await context.startRendering();
        return { seconds: (performance.now() - began) / 1000, failed };
    }
    await context.resume();
    await new Promise((done) => setTimeout(done, 1000));  // a context needs time to start
    const underruns = () => {
        const stats = context.playbackStats;
        return stats ? stats.underrunEvents ?? stats.fallbackFramesEvents ?? null : null;
    };
    const [start, clock, before] = [context.currentTime, performance.now(), underruns()];
    await new Promise((done) => setTimeout(done, (1000 * frames) / sampleRate - 1500));
    const played = context.currentTime - start, passed = (performance.now() - clock) / 1000;
    const after = underruns();
    return { played, passed, underruns: after === null ? null : after - before, failed };
}"""


def real_time(page: Page, links: list[dict[str, Any]], passes: int) -> list[float]:
    """Seconds that the studio's worker takes to render the song, for each run."""
    page.evaluate(f"ask('engine', {{ effects: hosted({passes}) }})")
    page.evaluate(RENDER, links)  # warm-up: the browser optimises code while it runs
    return [page.evaluate(RENDER, links) for _ in range(RUNS)]


def beside_native(page: Page, name: str, sound: np.ndarray) -> dict[str, Any]:
    """One effect in the worker and natively, with its second pass if it has one."""
    links = [link for link in RECIPE["chain"] if link["effect"] == name] or [{"effect": name, "knobs": {}}]
    pairs = []
    for _ in range(RUNS + 1):
        browser = page.evaluate(RENDER, links)
        began = time.perf_counter()
        chain.render({"format": 1, "chain": links}, sound, RATE)
        pairs.append((browser, time.perf_counter() - began))
    return in_ms(f"{name} on {SECONDS} s of stereo in the browser's worker; peer: native", pairs[1:])


def in_ms(work: str, pairs: list[tuple[float, float]]) -> dict[str, Any]:
    """A row of pairs in seconds."""
    return row(work, [(1000 * ours, 1000 * peer) for ours, peer in pairs], "ms")


def measure(page: Page, sound: np.ndarray) -> list[dict[str, Any]]:
    """All rows."""
    site = serve.site()
    worker, worklet = (
        next(a for a in site if a.startswith(f"assets/{name}-")) for name in ("audio.worker", "worklet")
    )
    page.route("**/sound.f32", lambda route: route.fulfill(body=sound.tobytes()))
    page.evaluate(PREPARE, [worker, "sound.f32"])
    title = "equaliser > compressor > saturation 4x > limiter, 60 s of stereo in the browser's worker"
    rows = []
    for passes in (1, 2):
        times = real_time(page, RECIPE["chain"], passes)
        work = (
            f"{title}, {'with' if passes == 2 else 'without'} the second pass; peer: the target, {TARGET} x real time"
        )
        rows.append(in_ms(work, [(each, SECONDS / TARGET) for each in times]))
        print(f"{work}: {SECONDS / median(times):.0f} x real time", flush=True)
    names = [name for name in effect.names() if not effect.load(name).load]
    rows += [beside_native(page, name, sound) for name in names]
    links = [{"effect": names[i % len(names)], "knobs": {}} for i in range(PLAYED)]
    rows += in_audio_thread(page, worklet, f"{PLAYED} effects", links, RATE)
    convolutions = [{"effect": "convolution", "knobs": {}, "sound": {"key": key}} for key in (1, 2)]
    work = f"two convolutions, each of a response of {RESPONSE_S} s at 48 kHz,"
    return rows + in_audio_thread(page, worklet, work, convolutions, 48_000)


def in_audio_thread(
    page: Page, worklet: str, title: str, links: list[dict[str, Any]], rate_hz: int
) -> list[dict[str, Any]]:
    """A chain in the audio thread, offline and in real time."""
    offline = page.evaluate(PLAY, [worklet, links, True, rate_hz, RESPONSE_S])
    played = page.evaluate(PLAY, [worklet, links, False, rate_hz, RESPONSE_S])
    print(f"{title} in the audio thread: {json.dumps({'offline': offline, 'played': played})}", flush=True)
    assert not offline["failed"] and not played["failed"]
    seconds = SECONDS * RATE / rate_hz
    work = f"{title} in the audio thread, blocks of 128, {seconds:.0f} s of stereo offline; peer: real time"
    lag = played["passed"] - played["played"]
    heard = f"{title} played in real time: lag of the audio clock; underruns {played['underruns']}"
    return [
        in_ms(work, [(offline["seconds"], seconds)] * 2) | {"runs": 1},
        {"work": heard, "ours": round(1000 * lag, 1), "peer": 0, "unit": "ms", "ratio": 0, "runs": 1, "spread": 0},
    ]


def main() -> None:
    """Measure, print and save."""
    sound = 0.1 * hot_music()
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with serve.Server(0, "/") as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        page = browser.new_page()
        page.goto(server.url)
        save("browser", measure(page, sound.astype(np.float32)))
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
