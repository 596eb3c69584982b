"""The site: what it may do, what it weighs, where it works."""

import functools
import hashlib
import http.server
import json
import re
import shutil
import subprocess
import threading
import urllib.error
import urllib.request

import pytest
from browsing import PLUGIN, STUDIO, Studio, serving
from playwright.sync_api import expect

from dawg_ai import bundle, serve
from dawg_ai.cli import main
from dawg_ai.errors import DawgError

FIRST_LOAD_MOST = 165_000  # bytes, brotli


def test_no_request_leaves_the_site_and_the_policy_blocks_those_that_try(studio, server, songs):
    studio.song(songs[0])
    studio.suggest("fix")
    local = (server.url, "blob:", "data:")
    assert [url for url in studio.requests if not url.startswith(local)] == []
    elsewhere = "http://127.0.0.1:9/secret"
    attempts = {
        "fetch": f"fetch('{elsewhere}').then(() => 'sent', () => 'blocked')",
        "beacon": f"navigator.sendBeacon('{elsewhere}/beacon', 'x') && 'blocked'",
        "image": f"new Promise(done => {{ const i = new Image(); i.onload = () => done('sent');"
        f" i.onerror = () => done('blocked'); i.src = '{elsewhere}.png'; }})",
        "script": f"new Promise(done => {{ const s = document.createElement('script'); s.onload = () => done('sent');"
        f" s.onerror = () => done('blocked'); s.src = '{elsewhere}.js'; document.body.append(s); }})",
        "eval": "new Promise(done => setTimeout("
        "() => { try { eval('1'); done('ran'); } catch { done('blocked'); } }))",
        "socket": "new Promise(done => { try { const s = new WebSocket('ws://127.0.0.1:9/');"
        " s.onopen = () => done('sent'); s.onerror = () => done('blocked'); } catch { done('blocked'); } })",
    }
    seen = "[]; addEventListener('securitypolicyviolation', e => window.violations.push(e.blockedURI))"
    studio.page.evaluate(f"window.violations = {seen}")
    for name, script in attempts.items():
        assert studio.page.evaluate(script) == "blocked", name
    assert len(set(studio.page.evaluate("window.violations"))) == len(attempts)
    assert all("Content Security Policy" in text or "ERR_BLOCKED_BY_CSP" in text for text in studio.errors)
    studio.errors.clear()


def test_works_below_a_path(browser, songs):
    for server in serving("/some/where/"):
        context = browser.new_context()
        studio = Studio(context.new_page())
        studio.open(server.url)
        studio.song(songs[0])
        studio.suggest("fix")
        assert all(url.startswith((server.url, "blob:")) for url in studio.requests)
        assert not studio.errors
        context.close()


class _Plain(http.server.SimpleHTTPRequestHandler):
    """A web host that knows nothing of the studio and sends no policy."""

    def log_message(self, *_):
        pass


def test_the_written_site_works_on_any_host(browser, tmp_path, songs, capsys):
    folder = tmp_path / "site"
    assert main(["studio", "--write", str(folder)]) == 0
    assert (folder / "bundles" / "index.json").is_file()
    assert [path.name for path in folder.rglob(".*")] == [".nojekyll"]
    handler = functools.partial(_Plain, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as host:
        thread = threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        context = browser.new_context()
        studio = Studio(context.new_page())
        studio.open(f"http://127.0.0.1:{host.server_address[1]}/site/")
        studio.song(songs[0])
        studio.suggest("fix")
        outside = "fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'blocked')"
        assert studio.page.evaluate(outside) == "blocked"
        context.close()
        host.shutdown()
        thread.join()
    assert main(["studio", "--write", str(folder)]) == 1
    assert "not an empty folder" in capsys.readouterr().err


def test_first_load_is_small(studio):
    node = shutil.which("node")
    if not node:
        pytest.skip("no Node.js to compress with")
    said = subprocess.run([node, STUDIO / "scripts" / "size.mjs"], capture_output=True, text=True, check=True).stdout
    sizes = json.loads(said)
    assert sizes["total"] <= FIRST_LOAD_MOST, sizes
    loaded = {match[0] for url in studio.requests if (match := re.search("(engine|assets)/.*", url))}
    assert loaded <= set(sizes["files"])
    assert {name for name in sizes["files"] if name.startswith("engine/")} <= loaded


def test_the_runtime_waits_for_the_first_suggestion(studio, songs):
    studio.song(songs[0])
    heavy = ("ort-", "ai.worker", ".onnx", "plugin.wasm")
    assert not [url for url in studio.requests if any(word in url for word in heavy)]
    studio.suggest("fix")
    for word in heavy:
        assert any(word in url for url in studio.requests), word


def test_the_runtime_ends_when_idle_and_comes_back(studio, songs):
    studio.page.clock.install()
    studio.song(songs[0])
    studio.suggest("fix")
    assert len(studio.page.workers) == 2
    studio.page.clock.fast_forward(61_000)
    studio.page.wait_for_timeout(200)
    assert len(studio.page.workers) == 1
    studio.suggest("fix")


def get(url):
    with urllib.request.urlopen(url) as response:
        return response.status, dict(response.headers), response.read()


def test_headers(server):
    _, headers, page = get(server.url)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert policy.endswith("frame-ancestors 'none'")
    assert policy.removesuffix("; frame-ancestors 'none'") in page.decode()
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert get(server.url + "engine/parametric.wasm")[1]["Content-Type"] == "application/wasm"
    listed = json.loads(get(server.url + "bundles/index.json")[2])
    assert listed == {"format": 1, "bundles": sorted(bundle.folders())} and PLUGIN in listed["bundles"]
    asset = next(address for address in serve.site() if address.startswith("assets/"))
    assert "immutable" in get(server.url + asset)[1]["Cache-Control"]
    assert headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("address", ["nothing", "../serve.py", "%2e%2e/serve.py", "assets/", ".sources", "bundles/"])
def test_only_files_of_the_site_are_served(server, address):
    with pytest.raises(urllib.error.HTTPError) as raised:
        get(server.url + address)
    assert raised.value.code == 404
    raised.value.close()


def test_a_taken_port_is_reported_and_another_found(server, capsys, monkeypatch):
    monkeypatch.setattr(serve.Server, "serve_forever", lambda self: None)
    port = server.server_address[1]
    assert main(["studio", "--port", str(port)]) == 0
    said = capsys.readouterr()
    assert f"Port {port} is taken" in said.err
    assert said.out.startswith("http://127.0.0.1:")
    assert main(["studio", "--port", "70000"]) == 2
    assert "expected 0 to 65535" in capsys.readouterr().err


def test_a_page_that_was_not_built_is_reported(monkeypatch, tmp_path):
    monkeypatch.setattr(serve, "PAGE", tmp_path)
    with pytest.raises(DawgError, match="npm ci"):
        serve.site()


def _damaged(browser, server, name, change):
    """What the page says when a file of the bundle is changed on its way."""
    context = browser.new_context()
    page = context.new_page()
    page.route(f"**/bundles/{PLUGIN}/{name}", change)
    studio = Studio(page)
    studio.open(server.url)
    return context, studio


def test_a_changed_file_is_refused(browser, server, songs):
    def change(route):
        response = route.fetch()
        route.fulfill(response=response, body=response.body() + b" ")

    context, studio = _damaged(browser, server, "model.onnx", change)
    studio.song(songs[0])
    studio.button("Suggest").click()
    studio.page.locator(".message.error").wait_for()
    assert "model.onnx is not the file that was declared" in studio.messages()[0]
    context.close()


def test_a_network_that_gives_other_values_is_refused(browser, server, songs):
    folder = bundle.folders()[PLUGIN]
    declared = json.loads((folder / "plugin.json").read_text())
    check = json.loads((folder / "check.json").read_text())
    check["outputs"]["knobs"][0][1] += 0.5
    body = json.dumps(check).encode()
    declared["files"]["check.json"] = hashlib.sha256(body).hexdigest()
    context, studio = _damaged(browser, server, "check.json", lambda route: route.fulfill(body=body))
    studio.page.route("**/plugin.json", lambda route: route.fulfill(json=declared))
    studio.open(server.url)
    studio.song(songs[0])
    studio.button("Suggest").click()
    studio.page.locator(".message.error").wait_for()
    assert "does not give here what it gave where it was made: knobs[1]" in studio.messages()[0]
    context.close()


def test_a_mode_that_is_not_offered_is_not_there(browser, server):
    declared = json.loads((bundle.folders()[PLUGIN] / "plugin.json").read_text()) | {"offered": ["fix", "reference"]}
    context, studio = _damaged(browser, server, "plugin.json", lambda route: route.fulfill(json=declared))
    assert studio.page.locator(".mode").all_inner_texts() == ["Fix", "Reference"]
    context.close()


def test_a_plugin_that_offers_no_mode_is_not_asked(browser, server, songs):
    declared = json.loads((bundle.folders()[PLUGIN] / "plugin.json").read_text()) | {"offered": []}
    context, studio = _damaged(browser, server, "plugin.json", lambda route: route.fulfill(json=declared))
    studio.song(songs[0])
    assert "it offers none of its modes" in studio.page.locator(".suggest").inner_text()
    assert studio.page.locator(".suggest :is(button, input)").count() == 0
    assert not studio.errors
    context.close()


@pytest.mark.parametrize("script", ["ai.worker", "audio.worker"])
def test_a_worker_that_failed_is_started_again(browser, server, songs, script):
    """Its script does not load at first. The next one is told what the first was to know."""
    context = browser.new_context()
    page = context.new_page()
    address = re.compile(rf"/assets/{re.escape(script)}-.*\.js")
    page.route(address, lambda route: route.abort(), times=1)
    studio = Studio(page)
    studio.open(server.url)
    if script == "ai.worker":
        studio.song(songs[0])
        studio.button("Suggest").click()
    page.locator(".message.error", has_text="a background worker failed").first.wait_for()
    studio.idle()
    while studio.button("Dismiss message").count():
        studio.button("Dismiss message").first.click()
    if script != "ai.worker":
        studio.song(songs[0])
    studio.suggest("fix")
    studio.button("Take all").click()
    assert studio.saved("Export WAV").stat().st_size > 1000
    context.close()


NETWORKS = """async ([script, loads, runs]) => {
    const worker = new Worker(script, { type: "module" });
    const answers = [];
    let id = 0;
    const ask = (ask, given) => new Promise((done) => {
        worker.onmessage = ({ data }) => done(data);
        worker.postMessage({ id: id++, ask, given });
    });
    for (const { key, address } of loads) {
        const model = await (await fetch(address)).arrayBuffer();
        await ask("load", { key, model, outputs: [] });
    }
    for (const key of runs) answers.push((await ask("run", { key, inputs: {} })).error ?? "");
    worker.terminate();
    return answers;
}"""


def test_a_network_answers_for_its_own_plugin_alone(studio):
    script = next(address for address in serve.site() if address.startswith("assets/ai.worker-"))
    loads = [{"key": "one", "address": f"bundles/{PLUGIN}/model.onnx"}]
    own, other = studio.page.evaluate(NETWORKS, [script, loads, ["one", "two"]])
    assert "not this plugin's" in other
    assert "not this plugin's" not in own  # but inputs are missing
    assert own


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda declared: declared | {"format": 1}, "it has format 1; this studio reads format 2: export it again"),
        (
            lambda declared: _with_link(declared, effect="warmth"),
            'it needs the effect "warmth", which the engine does',
        ),
        (lambda declared: _with_link(declared, sets=["glow"]), 'it sets the knob "glow" of "parametric", which that'),
    ],
)
def test_a_bundle_that_does_not_fit_is_refused(browser, server, change, words):
    declared = change(json.loads((bundle.folders()[PLUGIN] / "plugin.json").read_text()))
    context = browser.new_context()
    page = context.new_page()
    page.route(f"**/bundles/{PLUGIN}/plugin.json", lambda route: route.fulfill(json=declared))
    page.goto(server.url)
    expect(page.locator(".message.error")).to_contain_text(f"The bundle {PLUGIN} cannot be used: {words}")
    context.close()


def test_an_effect_that_has_changed_is_reported(browser, server):
    declared = _with_link(json.loads((bundle.folders()[PLUGIN] / "plugin.json").read_text()), sha256="0" * 64)
    context, studio = _damaged(browser, server, "plugin.json", lambda route: route.fulfill(json=declared))
    told = studio.page.locator(".verdict")
    expect(told).to_contain_text(f"Note: the effect parametric has changed since {PLUGIN} was trained.")
    context.close()


def _with_link(declared, **changes):
    """The declaration with another first link."""
    first, *rest = declared["chain"]
    return declared | {"chain": [first | changes, *rest]}


def test_without_a_bundle_the_knobs_still_work(browser, server, songs):
    context = browser.new_context()
    page = context.new_page()
    page.route("**/bundles/index.json", lambda route: route.fulfill(json={"format": 1, "bundles": []}))
    studio = Studio(page)
    page.goto(server.url)
    page.locator("section.rack").wait_for()
    studio.song(songs[0])
    assert "No trained plugin is here" in page.locator(".suggest").inner_text()
    assert studio.recipe()["chain"] == []
    studio.add("parametric")
    page.get_by_role("slider", name="Band 1 Gain", exact=True).press("ArrowUp")
    chain = {link["effect"]: link["knobs"] for link in studio.recipe()["chain"]}
    assert chain["parametric"]["band1_db"] > 0
    context.close()
