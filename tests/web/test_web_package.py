"""What is in the package: sizes, digests, types, the command that writes it."""

import base64
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from dawg_ai import __version__, bundle
from dawg_ai.cli import main
from dawg_ai.dsp import effect
from dawg_ai.export import web

STUDIO = Path(__file__).parents[2] / "studio"
ONE_EFFECT_MOST = 12_000  # bytes, brotli, with the host and without its kernels
ALL_EFFECTS_MOST = 140_000  # effects and instruments with their entries of the manifest


def brotli(paths):
    script = """
        const { brotliCompressSync } = require("node:zlib"), { readFileSync } = require("node:fs");
        const sizes = process.argv.slice(1).map((path) => brotliCompressSync(readFileSync(path)).length);
        console.log(sizes.reduce((sum, size) => sum + size, 0));"""
    done = subprocess.run(["node", "-e", script, *map(str, paths)], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_one_effect_loads_little_beside_its_kernels(page, package):
    loaded = []
    page.on("request", lambda request: loaded.append(request.url.rpartition("/web/")[2]))
    page.reload()
    page.wait_for_function("window.dawg")
    page.evaluate("window.dawg.createEffect(new OfflineAudioContext(2, 128, 44100), 'compressor').then(() => 0)")
    files = {each for each in loaded if (package / each).is_file()} | {"worklet.js"}  # which no event tells of
    assert {"dawg.js", "files.js", "engine/compressor.json", "engine/compressor.wasm"} <= files
    kernels = {each for each in files if each.endswith(".wasm")}
    assert kernels == {"engine/compressor.wasm"}
    assert brotli(package / each for each in files - kernels) <= ONE_EFFECT_MOST


def test_all_effects_and_instruments(package, manifest):
    names = [name for name, entry in manifest.items() if "knobs" in entry]
    assert sorted(names) == effect.names()
    files = [package / "engine" / f"{name}.{kind}" for name in names for kind in ("json", "wasm")]
    assert brotli(files) <= ALL_EFFECTS_MOST


def test_every_file_has_its_digest(package):
    listed = json.loads((package / "integrity.json").read_text())
    files = {path.relative_to(package).as_posix(): path for path in package.rglob("*") if path.is_file()}
    assert listed.keys() | {"integrity.json"} == files.keys()
    for name, integrity in listed.items():
        digest = hashlib.sha384(files[name].read_bytes()).digest()
        assert integrity == f"sha384-{base64.b64encode(digest).decode()}", name


def test_it_says_what_it_is(package):
    described = json.loads((package / "package.json").read_text())
    assert described["name"] == "@dawg-ai/web" and described["version"] == __version__
    assert "dependencies" not in described
    assert described["license"].startswith("MIT AND CC-BY")
    shipped = {path.parent.name for path in bundle.SHIPPED.glob("*/plugin.json")}
    assert {path.parent.name for path in package.glob("plugins/*/LICENCES.md")} == shipped
    assert "onnxruntime-web" in (package / "licences.txt").read_text()
    assert f'version = "{__version__}"' in (package / "files.js").read_text()


RIGHT = """
import { createChain, createEffect, createInstrument, loadPlugin, renderOffline, type Effects } from "@dawg-ai/web";
const context = new AudioContext();
const comp = await createEffect(context, "compressor", { threshold_db: -24 });
comp.set({ ratio: 6, detector: "RMS" });
const late: number = comp.latencySamples + comp.tailSamples;
const detector: Effects["compressor"]["detector"] = comp.knobs.detector;
const kit = await createInstrument(context, "kit", [[0, 1, 36, 1, 0, 0]], { level_db: -3 });
kit.connect(comp).connect(context.destination);
kit.start(context.currentTime + late);
const song = new AudioBuffer({ length: 9, sampleRate: 44100 });
const { recipe, confidence } = await (await loadPlugin("auto_eq")).ask({ song }, { strength: 1 });
const chain = await createChain(context, recipe, { channels: 1 });
chain.setKnobs(0, { trim_db: 1 });
const { channels } = await renderOffline(recipe, null);
console.log(channels[0]!.length, confidence[0], detector);
"""
WRONG = {
    'createEffect(context, "warmth");': "warmth",
    'createEffect(context, "compressor", { treshold_db: 1 });': "treshold_db",
    'createEffect(context, "compressor", { detector: "ear" });': "ear",
    'createEffect(context, "compressor", { threshold_db: "loud" });': "string",
    'createEffect(context, "kit");': "kit",
    'loadPlugin("auto_tune");': "auto_tune",
}


def checked(project, sources):
    """What the TypeScript compiler says of files in the project."""
    for name, text in sources.items():
        (project / name).write_text(text)
    options = [
        "--noEmit",
        "--strict",
        "--module",
        "nodenext",
        "--target",
        "es2022",
        "--lib",
        "es2023,dom,dom.iterable",
    ]
    tsc = STUDIO / "node_modules" / "typescript" / "bin" / "tsc"
    command = ["node", str(tsc), *options, *sources]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if "error" in line]


def test_types_know_every_knob(project):
    head = 'import { createEffect, loadPlugin } from "@dawg-ai/web";\nconst context = new AudioContext();\n'
    sources = {"right.ts": RIGHT, **{f"wrong{i}.ts": head + code for i, code in enumerate(WRONG)}}
    said = checked(project, sources)
    assert not [line for line in said if line.startswith(("right", "node_modules"))]
    for i, words in enumerate(WRONG.values()):
        (line,) = [each for each in said if each.startswith(f"wrong{i}.ts")]
        assert words in line


def test_knobs_are_described(package):
    text = (package / "types" / "knobs.d.ts").read_text()
    knob = next(each for each in effect.load("compressor").knobs if each.name == "threshold_db")
    assert f"{knob.minimum:g} to {knob.maximum:g} dB, {knob.default:g} by default" in text
    assert "    threshold_db: number;" in text and '| "RMS"' in text


def test_the_verb_writes_the_package_with_the_users_own_plugins(package, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DAWG_HOME", str(tmp_path / "home"))
    own = tmp_path / "home" / "bundles" / "own_eq"
    own.parent.mkdir(parents=True)
    own.symlink_to(bundle.SHIPPED / "auto_eq")
    folder = tmp_path / "site" / "dawg"
    assert main(["export", "web", str(folder), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert "own_eq" in figures["plugins"] and "auto_eq" in figures["plugins"]
    mine = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    theirs = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    assert len(mine) == figures["files"] and theirs <= mine
    assert {each.split("/")[1] for each in mine - theirs} == {"own_eq"}
    for name in ("dawg.js", "worklet.js", "engine/gate.json"):
        assert (folder / name).read_bytes() == (package / name).read_bytes()
    assert '"own_eq"' in (folder / "types" / "knobs.d.ts").read_text()
    assert main(["export", "web", str(folder)]) == 2
    assert "is not an empty folder" in capsys.readouterr().err
    assert main(["export", "web"]) == 2
    assert "dawg export web FOLDER" in capsys.readouterr().err


def test_modules_that_were_not_built_are_said(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(web, "BUILT", tmp_path / "nothing")
    assert main(["export", "web", str(tmp_path / "out")]) == 1
    assert "python studio/build.py" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["dawg.js", "recipes.js", "plugin.js", "worker.js", "worklet.js", "prepared.js"])
def test_modules_say_nothing_of_the_machine_they_were_built_on(package, name):
    assert str(STUDIO.parent) not in (package / name).read_text()
