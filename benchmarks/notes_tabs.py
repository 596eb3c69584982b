"""The studio's tabs for notes in Chromium: the time from a press to the first sound, and the networks' share of it.

    python benchmarks/notes_tabs.py

Needs Chromium, playwright and the built page. The peer of each row is what is asked of it. A sound is heard when the
first sample that is not zero arrives at the context's destination; the latency of a sound card is not included.
"""

import shutil
import threading
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright
from turns import save

from dawg_ai import serve

RUNS = 7
TWO_BARS_MS, SUNG_MS = 15, 1000  # asked for
FLAGS = ("--no-sandbox", "--autoplay-policy=no-user-gesture-required")

LISTEN = """() => {
    window.networks = [];
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (...given) {
        const { id, ask } = given[0];
        if (ask === "run") {
            const began = performance.now();
            this.addEventListener("message", function done({ data }) {
                if (data.id === id) window.networks.push(performance.now() - began);
            });
        }
        return post.apply(this, given);
    };
    const connect = AudioNode.prototype.connect;
    AudioNode.prototype.connect = function (...given) {
        if (given[0] instanceof AudioDestinationNode) {
            window.analyser = new AnalyserNode(this.context, { fftSize: 2048 });
            connect.call(this, window.analyser);
        }
        return connect.apply(this, given);
    };
    window.heard = () => new Promise((done) => {
        const samples = new Float32Array(2048);
        const from = window.analyser?.context.currentTime ?? 0;
        const look = () => {
            const { context } = window.analyser ?? {};
            const fresh = context ? Math.round((context.currentTime - from) * context.sampleRate) : 0;
            window.analyser?.getFloatTimeDomainData(samples);
            // What was heard before is still there.
            const isNew = fresh > 0 && samples.slice(-Math.min(fresh, 2048)).some((each) => each !== 0);
            if (isNew) done(performance.now());
            else setTimeout(look, 1);
        };
        look();
    });
    window.press = (name) => [...document.querySelectorAll("button")]
        .find((each) => (each.ariaLabel ?? each.innerText.trim()) === name).click();
    window.until = async (there) => {
        while (!there()) await new Promise((done) => setTimeout(done, 1));
        return performance.now();
    };
}"""

GENERATE = """async () => {
    window.networks = [];
    const said = document.querySelector(".said");
    await window.until(() => said.innerText === "");
    const began = performance.now();
    window.press("Generate");
    const written = await window.until(() => said.innerText.includes("notes in"));
    const network = window.networks.reduce((sum, each) => sum + each, 0);
    window.press("Play");
    const heard = (await window.heard()) - began;
    await window.until(() => document.querySelector("[aria-label=Stop]"));
    window.press("Stop");
    await new Promise((done) => setTimeout(done, 300));
    return { network, runs: window.networks.length, written: written - began, heard };
}"""

SING = """async () => {
    window.networks = [];
    const began = performance.now();
    window.press("Play");
    const heard = (await window.heard()) - began;
    const network = window.networks.reduce((sum, each) => sum + each, 0);
    await window.until(() => document.querySelector("[aria-label=Stop]"));
    window.press("Stop");
    await new Promise((done) => setTimeout(done, 300));
    return { network, heard };
}"""


def row(work: str, times: list[float], asked: float) -> dict[str, Any]:
    """A row of results, in ms."""
    ours = median(times)
    print(f"{work}: {ours:.1f} ms ({min(times):.1f} to {max(times):.1f}); asked {asked:g}", flush=True)
    spread = (max(times) - min(times)) / ours
    return {
        "work": work,
        "ours": round(ours, 2),
        "peer": asked,
        "unit": "ms",
        "ratio": round(asked / ours, 3),
        "runs": len(times),
        "spread": round(spread, 3),
    }


def set_to(page: Page, name: str, value: int) -> None:
    """Type a number."""
    field = page.get_by_role("textbox", name=name, exact=True)
    field.fill(str(value))
    field.press("Enter")


def drums(page: Page) -> list[dict[str, Any]]:
    """Two bars of drums, each time with another seed; the first is cold, with all that it loads."""
    page.get_by_role("tab", name="Beats").click()
    page.get_by_role("grid").wait_for()
    set_to(page, "Bars", 2)
    found = []
    for seed in range(RUNS + 1):
        set_to(page, "Seed", seed)
        found.append(page.evaluate(GENERATE))
    cold, *warm = found
    passes = warm[0]["runs"]
    return [
        row(f"beats: network of two bars, {passes} runs", [each["network"] for each in warm], TWO_BARS_MS),
        row("beats: Generate until two bars are written", [each["written"] for each in warm], SUNG_MS),
        row("beats: Generate until the first sound", [each["heard"] for each in warm], SUNG_MS),
        row("beats: the same, the first time of a visit", [cold["heard"]], SUNG_MS),
    ]


def voice(page: Page) -> list[dict[str, Any]]:
    """Eight bars of a melody, a note a beat: sung anew for each press of Play, since the seed is another."""
    page.get_by_role("tab", name="Vocals").click()
    page.get_by_role("group", name="Piano roll").wait_for()
    page.get_by_role("button", name="Add a note").click()
    for up in [2, 2, 1, 2, -2, -1, -2, -2] * 4:
        for _ in range(abs(up)):
            page.keyboard.press(f"Shift+Arrow{'Up' if up > 0 else 'Down'}")
        page.keyboard.press("Enter")
    page.keyboard.press("Delete")
    page.get_by_role("textbox", name="Syllables").fill("sa ku ra no ha na")
    found = []
    for seed in range(RUNS + 1):
        set_to(page, "Seed", seed)
        found.append(page.evaluate(SING))
    cold, *warm = found
    return [
        row("vocals: network of 8 bars at 120 bpm", [each["network"] for each in warm], SUNG_MS),
        row("vocals: Play until 8 bars are sung and the first sound", [each["heard"] for each in warm], SUNG_MS),
        row("vocals: the same, the first time of a visit", [cold["heard"]], SUNG_MS),
    ]


def main() -> None:
    """Measure, print and save."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with serve.Server(0, "/") as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(f"({LISTEN})()")
        page.goto(server.url)
        save("notes_tabs", drums(page) + voice(page))
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
