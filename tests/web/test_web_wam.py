"""Every effect and instrument as a Web Audio Module, in the host of the WAM SDK."""

import json
import shutil

import numpy as np
import pytest
from test_web_nodes import processor
from test_web_package import STUDIO
from test_web_render import RATE, link, music

from dawg_ai.dsp import effect

SAMPLES = 6_400
SDK = STUDIO / "node_modules" / "@webaudiomodules" / "sdk" / "dist" / "index.js"

PAGE = """
import { initializeWamHost } from "./sdk.js";
window.host = async (name, state, samples, rate) => {
    const context = new OfflineAudioContext(2, samples, rate);
    const [group] = await initializeWamHost(context);
    const { default: Module } = await import(`./node_modules/@dawg-ai/web/wam/${name}/index.js`);
    if (!Module.isWebAudioModuleConstructor) throw new Error("no module");
    return { context, instance: await Module.createInstance(group, context, state) };
};
"""

PLAY = """async ([name, state, left, right, rate, bar]) => {
    const { context, instance } = await window.host(name, state, left.length, rate);
    const node = instance.audioNode;
    const buffer = new AudioBuffer({ length: left.length, numberOfChannels: 2, sampleRate: rate });
    [left, right].forEach((channel, c) => buffer.copyToChannel(Float32Array.from(channel), c));
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(node).connect(context.destination);
    source.start();
    node.scheduleEvents({ type: "wam-transport", time: 0, data: bar });
    await new Promise((done) => setTimeout(done, 50));
    const out = await context.startRendering();
    return {
        y: [0, 1].map((c) => [...out.getChannelData(c)]), module: instance.isWebAudioModule && instance.initialized,
        descriptor: instance.descriptor, state: await node.getState(), late_s: await node.getCompensationDelay(),
        info: JSON.parse(JSON.stringify(await node.getParameterInfo())), plain: await node.getParameterValues(),
        normalized: await node.getParameterValues(true), node: node instanceof AudioWorkletNode,
        panel: (await instance.createGui()).querySelectorAll("label").length,
    };
}"""
BAR = {
    "playing": True,
    "currentBar": 0,
    "currentBarStarted": 0,
    "tempo": 120,
    "timeSigNumerator": 4,
    "timeSigDenominator": 4,
}


@pytest.fixture
def host(browser, hosted, project):
    """A page with the SDK's host."""
    shutil.copy(SDK, project / "sdk.js")
    (project / "host.js").write_text(PAGE)
    (project / "favicon.ico").touch()
    (project / "host.html").write_text(
        '<!doctype html><title>host</title><script type="module" src="host.js"></script>'
    )
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(hosted(project, strict=False) + "host.html")
    page.wait_for_function("!!window.host")
    yield page
    context.close()
    assert not complaints


@pytest.mark.parametrize("name", effect.names())
def test_a_module_plays_what_python_computes(host, package, name):
    given, loaded = link(name), effect.load(name)
    rows = given.get(loaded.plays) if loaded.play else None
    state = {"knobs": given["knobs"], **({"rows": rows} if rows else {})}
    x, python = music(SAMPLES), processor(name, given["knobs"])
    told = host.evaluate(PLAY, [name, state, *x.tolist(), RATE, BAR])
    assert told["late_s"] == pytest.approx(python.latency_samples / RATE)
    if rows:
        python.play(np.float32(rows))
    assert np.array_equal(np.array(told["y"], np.float32), python.process(x))
    assert told["module"] and told["node"] and told["panel"] == len(loaded.knobs)
    assert told["descriptor"] == json.loads((package / "wam" / name / "descriptor.json").read_text())
    assert told["descriptor"]["isInstrument"] is bool(loaded.play)
    assert told["state"]["knobs"] == given["knobs"]
    assert list(told["info"]) == [knob.name for knob in loaded.knobs]
    for knob in loaded.knobs:
        info, value = told["info"][knob.name], told["plain"][knob.name]["value"]
        assert (info["minValue"], info["maxValue"], info["defaultValue"]) == (
            knob.minimum,
            knob.maximum,
            knob.default,
        )
        assert info["choices"] == list(knob.choices) and info["type"] == ("choice" if knob.choices else "float")
        share = (value - knob.minimum) / (knob.maximum - knob.minimum)
        assert told["normalized"][knob.name]["value"] == pytest.approx(share)


EVENTS = """async () => {
    const { context, instance } = await window.host("compressor", undefined, 128, 44100);
    const node = instance.audioNode;
    const value = async () => (await node.getParameterValues(false, "threshold_db")).threshold_db.value;
    const at = (value, time, normalized = false) => node.scheduleEvents({
        type: "wam-automation", time, data: { id: "threshold_db", value, normalized },
    });
    const seen = [await value()];
    at(-30); seen.push(await value());
    at(0, 0, true); seen.push(await value());
    at(-12, context.currentTime + 0.05); seen.push(await value());
    await new Promise((done) => setTimeout(done, 200)); seen.push(await value());
    at(-24, context.currentTime + 0.05);
    await node.clearEvents();
    await new Promise((done) => setTimeout(done, 200)); seen.push(await value());
    await node.setParameterValues({ detector: { id: "detector", value: 1, normalized: false } });
    const { detector } = (await node.getState()).knobs;
    node.destroy();
    return { seen, detector };
}"""


def test_automation_and_its_ends(host):
    knobs = {knob.name: knob for knob in effect.load("compressor").knobs}
    knob = knobs["threshold_db"]
    told = host.evaluate(EVENTS)
    assert told["seen"] == [knob.default, -30, knob.minimum, knob.minimum, -12, -12]
    assert told["detector"] == knobs["detector"].choices[1]
