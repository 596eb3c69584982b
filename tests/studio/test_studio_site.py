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

from dawg_ai import serve
from dawg_ai.cli import main
from dawg_ai.errors import DawgError
from dawg_ai.export import bundle

FIRST_LOAD_MOST = 150_000  # bytes, brotli


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
    assert (folder / "bundles" / PLUGIN / "plugin.json").is_file()
    assert not list(folder.rglob(".*"))
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
    loaded = {re.sub(".*/engine/", "engine/", url) for url in studio.requests if "/engine/" in url}
    assert loaded == {name for name in sizes["files"] if name.startswith("engine/")}


def test_the_runtime_waits_for_the_first_suggestion(studio, songs):
    studio.song(songs[0])
    heavy = ("ort-", "ai.worker", ".onnx", "features.wasm")
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
    assert get(server.url + "engine/eq.wasm")[1]["Content-Type"] == "application/wasm"
    assert get(server.url + "bundles/index.json")[2] == json.dumps({"format": 1, "bundles": [PLUGIN]}).encode()
    asset = next(address for address in serve.site() if address.startswith("assets/"))
    assert "immutable" in get(server.url + asset)[1]["Cache-Control"]
    assert headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("address", ["nothing", "../serve.py", "%2e%2e/serve.py", "assets/", ".sources", "bundles/"])
def test_only_files_of_the_site_are_served(server, address):
    with pytest.raises(urllib.error.HTTPError) as raised:
        get(server.url + address)
    assert raised.value.code == 404
    raised.value.close()


def test_a_taken_port_is_said_and_another_found(server, capsys, monkeypatch):
    monkeypatch.setattr(serve.Server, "serve_forever", lambda self: None)
    port = server.server_address[1]
    assert main(["studio", "--port", str(port)]) == 0
    said = capsys.readouterr()
    assert f"Port {port} is taken" in said.err
    assert said.out.startswith("http://127.0.0.1:")
    assert main(["studio", "--port", "70000"]) == 2
    assert "expected 0 to 65535" in capsys.readouterr().err


def test_a_page_that_was_not_built_is_said(monkeypatch, tmp_path):
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


def test_a_style_mode_without_styles_is_not_offered(browser, server):
    declared = json.loads((bundle.folders()[PLUGIN] / "plugin.json").read_text()) | {"offered_styles": []}
    context, studio = _damaged(browser, server, "plugin.json", lambda route: route.fulfill(json=declared))
    assert studio.page.locator(".mode").all_inner_texts() == ["Fix", "Reference"]
    context.close()


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
    studio.add("eq")
    page.get_by_role("slider", name="Band 1 Gain", exact=True).press("ArrowUp")
    chain = {link["effect"]: link["knobs"] for link in studio.recipe()["chain"]}
    assert chain["eq"]["band1_db"] > 0
    context.close()
