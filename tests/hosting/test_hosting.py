"""The written site at web hosts: headers, policy, sub-path, without a network, newer versions."""

import gzip
import json
import re
import shutil
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dawg_ai import bundle, hosting, serve
from dawg_ai.cli import main
from dawg_ai.hosting import hosts

SUB_PATH = "music/studio"
FOREVER = "public, max-age=31536000, immutable"


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:
        return dict(response.headers), response.read()


def addresses(site, pattern):
    return sorted(path.relative_to(site).as_posix() for path in site.glob(pattern))


@pytest.fixture
def site(written):
    return written / SUB_PATH


@pytest.fixture
def visit(browser):
    """Call it with an address; the page, once its engine is there."""
    context = browser.new_context()

    def opened(url):
        page = context.new_page()
        page.goto(url)
        page.locator("section.effect").first.wait_for()
        return page

    yield opened
    context.close()


def test_all_that_is_large_has_its_digest_in_its_name(site):
    fresh = {"index.html", "sw.js", "app.webmanifest", "engine/manifest.json", "bundles/index.json"}
    fresh |= {"icon.svg", "licences.txt", "demo.flac"}
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    told = set(hosts.configuration({}))
    others = {each for each in files if not each.endswith((".br", ".gz")) and each not in told | fresh}
    assert all(re.match(r"assets/[^/]*-[\w-]{8,10}(\.\w+$|/)", each) for each in others), sorted(others)
    modules = json.loads((site / "engine" / "manifest.json").read_text())["modules"]
    for name, entry in modules.items():
        wasm = site / "engine" / entry["wasm"]
        assert wasm.read_bytes() == (serve.ENGINE / f"{name}.wasm").read_bytes()
    bundles = json.loads((site / "bundles" / "index.json").read_text())["bundles"]
    shipped = sorted(path.parent for path in bundle.SHIPPED.glob("*/plugin.json"))
    for folder, original in zip(sorted(bundles), shipped, strict=True):
        copy = site / "bundles" / folder
        assert {path.name: path.read_bytes() for path in copy.iterdir() if path.suffix not in (".br", ".gz")} == {
            path.name: path.read_bytes() for path in original.iterdir()
        }


def test_a_changed_kernel_has_another_address_and_the_others_stay(site, monkeypatch, tmp_path):
    engine = shutil.copytree(serve.ENGINE, tmp_path / "engine")
    (engine / "gate.wasm").write_bytes((engine / "gate.wasm").read_bytes() + b"\0")
    monkeypatch.setattr(serve, "ENGINE", engine)
    monkeypatch.setenv("DAWG_HOME", str(tmp_path / "no home"))
    before = {each for each in addresses(site, "assets/*") if not each.endswith((".br", ".gz"))}
    after = {"/".join(address.split("/")[:2]) for address in hosting.site() if address.startswith("assets/")}
    assert {re.sub("-.*", "", each) for each in before ^ after} == {"assets/gate"} and len(before ^ after) == 2


def test_compressed_files_hold_the_same(site):
    packed = addresses(site, "**/*.gz")
    assert any(each.endswith(".wasm.gz") for each in packed)
    for each in packed:
        path = site / each
        assert gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes(), each
        assert path.stat().st_size < path.with_suffix("").stat().st_size
    brotli = pytest.importorskip("brotli")
    for each in addresses(site, "**/*.br"):
        assert brotli.decompress((site / each).read_bytes()) == (site / each).with_suffix("").read_bytes(), each
    assert len(addresses(site, "**/*.br")) == len(packed)


def test_a_host_says_what_it_should(host):
    headers, page = get(host)
    assert b'<link rel="manifest"' in page
    assert headers["Cache-Control"] == "no-cache"
    for name, value in serve.headers("").items():
        assert name in ("Content-Type", "Cache-Control") or headers[name] == value, name
    for address, kind in (("sw.js", "text/javascript"), ("app.webmanifest", "application/manifest+json")):
        mine, _ = get(host + address)
        assert mine["Content-Type"].startswith(kind) and mine["Cache-Control"] == "no-cache"
    entry = json.loads(get(host + "engine/manifest.json")[1])["modules"]["gate"]
    address = host + entry["wasm"].removeprefix("../")
    mine, plain = get(address)
    assert mine["Content-Type"] == "application/wasm" and mine["Cache-Control"] == FOREVER
    mine, packed = get(address, **{"Accept-Encoding": "gzip"})
    assert mine["Content-Encoding"] == "gzip" and gzip.decompress(packed) == plain


TRIES = {
    "fetch": "fetch('http://127.0.0.1:9/secret').then(() => 'sent', () => 'blocked')",
    "beacon": "navigator.sendBeacon('http://127.0.0.1:9/beacon', 'x') && 'blocked'",
    "image": "new Promise((done) => { const i = new Image(); i.onload = () => done('sent');"
    " i.onerror = () => done('blocked'); i.src = 'http://127.0.0.1:9/secret.png'; })",
}


def test_at_a_host_the_page_works_and_sends_nothing(host, visit):
    page = visit(host)
    assert not page.locator(".message.error").count()
    page.evaluate("addEventListener('securitypolicyviolation', (e) => (window.seen ??= []).push(e.blockedURI))")
    for name, script in TRIES.items():
        assert page.evaluate(script) == "blocked", name
    assert len(set(page.evaluate("window.seen"))) == len(TRIES)


def active(page):
    """When all that a first visit needs is kept."""
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    page.wait_for_timeout(300)


def test_without_a_network_from_the_second_visit_on(written, served, visit):
    host = served(written)
    page = visit(host.url)
    active(page)
    page.get_by_label("Effect to add").select_option("reverb")
    host.stop()
    page.reload()
    page.locator("section.effect").first.wait_for()
    assert not page.locator(".message.error").count()
    for name in ("reverb", "limiter"):
        page.get_by_label("Effect to add").select_option(name)
        page.get_by_role("button", name="Add", exact=True).click()
    assert page.get_by_role("list", name="Effects", exact=True).get_by_role("listitem").count() >= 3
    assert page.evaluate("fetch('app.webmanifest').then((response) => response.json())")["start_url"] == "./"


def test_what_was_used_once_stays_there_without_a_network(written, served, visit):
    host = served(written)
    page = visit(host.url)
    active(page)
    model = json.loads((written / SUB_PATH / "bundles" / "index.json").read_text())["bundles"][0] + "/model.onnx"
    ask = (
        f"fetch(new URL('bundles/{model}', document.baseURI)).then((r) => r.arrayBuffer()).then((b) => b.byteLength)"
    )
    size = page.evaluate(ask)
    host.stop()
    assert page.evaluate(ask) == size > 100_000


def test_an_installed_page_keeps_all(written, served, visit):
    host = served(written)
    page = visit(host.url)
    active(page)
    page.evaluate("dispatchEvent(new Event('appinstalled'))")
    later = json.loads(re.search(r'"later": (\[.*?\])', (written / SUB_PATH / "sw.js").read_text())[1])
    count = "caches.keys().then(async ([name]) => (await (await caches.open(name)).keys()).length)"
    first = page.evaluate(count)
    for _ in range(100):
        if page.evaluate(count) >= first + len(later) or page.wait_for_timeout(200):
            break
    host.stop()
    fetched = "(all) => Promise.all(all.map((each) => fetch(each).then((response) => response.ok)))"
    assert later and all(page.evaluate(fetched, later))


def test_a_newer_version_comes_by_consent(written, served, visit, tmp_path):
    root = shutil.copytree(written, tmp_path / "www")
    site = root / SUB_PATH
    host = served(root)
    page = visit(host.url)
    active(page)
    page.reload()
    page.locator("section.effect").first.wait_for()
    assert not page.locator(".version").count()
    # Another release, of which one file differs.
    for old, new in (("sw.js", '"version": "'), ("icon.svg", "<svg ")):
        text = (site / old).read_text()
        assert new in text
        (site / old).write_text(text.replace(new, f"{new}0" if old == "sw.js" else '<svg id="newer" ', 1))
    page.reload()
    expect(page.locator(".version")).to_contain_text("A newer version is here.")
    icon = "fetch('icon.svg').then((response) => response.text())"
    assert "newer" not in page.evaluate(icon)
    with page.expect_navigation():
        page.get_by_role("button", name="Update").click()
    page.locator("section.effect").first.wait_for()
    assert "newer" in page.evaluate(icon)
    assert not page.locator(".version").count()
    assert len(page.evaluate("caches.keys()")) == 1


def test_a_page_on_this_machine_has_no_service_worker(browser):
    assert "manifest" not in re.sub(
        r"Content-Security-Policy.*?>", "", (serve.PAGE / "index.html").read_text(), flags=re.S
    )


def test_hosts_are_told_the_same():
    common = {"Content-Type": "text/html", "Cache-Control": "x", "Content-Security-Policy": "default-src 'none'"}
    told = hosts.configuration(common)
    for name in ("_headers", "vercel.json", "hosting/nginx.conf", "hosting/Caddyfile"):
        assert "default-src 'none'" in told[name] and FOREVER in told[name] and "text/html" not in told[name], name
    rules = json.loads(told["vercel.json"])["headers"]
    assert [rule["source"] for rule in rules] == ["/(.*)", "/assets/(.*)"]
    assert told["_headers"].splitlines()[0] == "/*" and told[".nojekyll"] == ""


def test_the_verb_refuses_a_folder_that_is_not_empty(tmp_path, capsys):
    (tmp_path / "old.txt").touch()
    assert main(["studio", "--write", str(tmp_path)]) == 1
    assert "not an empty folder" in capsys.readouterr().err
    assert [path.name for path in Path(tmp_path).iterdir()] == ["old.txt"]
