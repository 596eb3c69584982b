"""The studio as a person uses it, and songs to use it with."""

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from dawg_ai import serve

STUDIO = Path(__file__).parents[2] / "studio"
PLUGIN = "auto_eq"


HEAR = """async ([worklet, chains, sounds, scores, left, right, rate]) => {
    const { modules } = await (await fetch("engine/manifest.json")).json();
    const names = [...new Set(chains.flat().map(({ effect }) => effect))];
    const effects = await Promise.all(names.map(async (name) => {
        const bytes = await (await fetch("engine/" + modules[name].wasm)).arrayBuffer();
        return { name, entry: modules[name], bytes };
    }));
    const context = new OfflineAudioContext(2, left.length, rate);
    await context.audioWorklet.addModule(worklet);
    const node = new AudioWorkletNode(context, "chain", {
        outputChannelCount: [2],
        processorOptions: {
            effects, channels: 2, chain: chains[0],
            sounds: sounds.map((sound, i) => ({ key: i + 1, sound: sound.map((each) => Float32Array.from(each)) })),
            scores: scores.map((rows, i) => ({ score: i + 1, rows })),
        },
    });
    const told = () => new Promise((done) => (node.port.onmessage = ({ data }) => done(data)));
    const buffer = new AudioBuffer({ length: left.length, numberOfChannels: 2, sampleRate: rate });
    [left, right].forEach((channel, c) => buffer.copyToChannel(Float32Array.from(channel), c));
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(node).connect(context.destination);
    source.start();
    node.port.postMessage({ play: { at: 0, from: 0, to: Infinity } });
    window.late = [await told()];
    await new Promise((done) => setTimeout(done, 100));  // the place has arrived, too
    for (const [i, chain] of chains.entries()) {
        if (i === 0) continue;
        context.suspend((i * left.length) / chains.length / rate).then(async () => {
            node.port.postMessage(chain);
            window.late.push(await told());
            await context.resume();
        });
    }
    const out = await context.startRendering();
    return [0, 1].map((c) => [...out.getChannelData(c)]);
}"""


def serving(prefix: str = "/") -> Iterator[serve.Server]:
    with serve.Server(0, prefix) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Studio:
    """The page as a person uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type in ("error", "warning") else None)

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.page.locator("section.effect").wait_for()

    def song(self, path: Path) -> None:
        self.page.locator("input[type=file]").first.set_input_files(path)
        self.page.locator(".song b", has_text=path.name).wait_for()
        self.idle()

    def idle(self) -> None:
        expect(self.page.locator(".busy")).to_have_text("")

    def button(self, name: str):
        return self.page.get_by_role("button", name=name, exact=True)

    def saved(self, name: str) -> Path:
        """Press a button that saves a file; where it was saved."""
        with self.page.expect_download() as download:
            self.button(name).click()
        return Path(download.value.path())

    def recipe(self) -> dict:
        return json.loads(self.saved("Save recipe").read_text())

    def add(self, effect: str) -> None:
        """One more effect at the end of the chain."""
        self.page.get_by_label("Effect to add").select_option(effect)
        self.button("Add").click()

    def hear(self, x: np.ndarray, rate_hz: int, *chains: list[dict], sounds: Sequence[np.ndarray] = ()) -> np.ndarray:
        """What the page's audio processor makes of `x`: each of the chains for an equal part of it, links as in a
        recipe; those that are given an `id` stay themselves from chain to chain. `sound` and `key` count `sounds`,
        from 1 on.
        """
        worklet = next(address for address in serve.site() if address.startswith("assets/worklet-"))
        modules = json.loads((serve.ENGINE / "manifest.json").read_text())["modules"]
        scores: list[list] = []
        settings = [
            [
                {
                    "id": link.get("id", place),
                    "effect": link["effect"],
                    "on": link.get("on", True),
                    "sound": {"name": "", "key": link.get("sound", 0)},
                    "sideChain": {"name": "", "key": link.get("key", 0)},
                    **_numbered(link, scores),
                    "knobs": [link["knobs"].get(k["name"], k["default"]) for k in modules[link["effect"]]["knobs"]],
                }
                for place, link in enumerate(chain)
            ]
            for chain in chains
        ]
        given = [worklet, settings, [sound.tolist() for sound in sounds], scores, *x.tolist(), rate_hz]
        return np.array(self.page.evaluate(HEAR, given), np.float32)

    def suggest(self, mode: str, references: list[Path] | None = None, style: str = "") -> None:
        if self.button("Dismiss").count():
            self.button("Dismiss").click()
        # The radio button itself is drawn as its label.
        self.page.locator(".mode", has_text=mode).click()
        if references:
            self.page.locator(".file input").set_input_files(references)
        if style:
            self.page.get_by_role("combobox", name="Style", exact=True).select_option(label=style)
        self.button("Suggest").click()
        self.button("Take all").or_(self.page.locator(".message.error")).first.wait_for()
        assert not self.messages(), self.messages()

    def messages(self) -> list[str]:
        return self.page.locator(".message").all_inner_texts()


def _numbered(link: dict, scores: list[list]) -> dict[str, int]:
    """What a link plays by number, from 1 on, among `scores`."""
    rows = link.get("notes", link.get("curves"))
    if rows is None:
        return {}
    if rows not in scores:
        scores.append(rows)
    return {"score": 1 + scores.index(rows)}


def sound(seconds: float, rate_hz: int, channels: int, seed: int) -> np.ndarray:
    """Coloured noise in beats, (channels, samples) float32, peak 0.5: every seed has another tone."""
    rng = np.random.default_rng(seed)
    samples = round(seconds * rate_hz)
    spectrum = np.fft.rfft(rng.normal(size=(channels, samples)))
    octaves = np.log2(np.maximum(np.fft.rfftfreq(samples, 1 / rate_hz), 20) / 20)
    tilt = rng.uniform(-5, -1) * octaves + 6 * np.sin(octaves * rng.uniform(0.5, 2) + rng.uniform(0, 6))
    beats = 0.2 + np.exp(-6 * ((np.arange(samples) / rate_hz * 2) % 1))
    audio = np.fft.irfft(spectrum * 10 ** (tilt / 20), samples) * beats
    return (0.5 * audio / np.abs(audio).max()).astype(np.float32)
