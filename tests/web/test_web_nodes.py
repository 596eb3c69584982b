"""Nodes in Chromium, from the installed package, under a strict policy: Python's kernels' samples, to the bit."""

import numpy as np
import pytest
from test_web_render import RATE, link, music

from dawg_ai.dsp import effect

BLOCK = 128

PLAY = """async ([kind, name, knobs, extra, left, right, rate]) => {
    const script = SCRIPT;
    const { createEffect, createInstrument, createChain } = window.dawg;
    const context = new OfflineAudioContext(2, left.length, rate);
    const sound = (each) => ({ channels: each.channels.map((c) => Float32Array.from(c)), sampleRate: each.rate });
    const sounds = Object.fromEntries(Object.entries(extra.sounds ?? {}).map(([role, each]) => [role, sound(each)]));
    const node = kind === "chain" ? await createChain(context, knobs, { sounds })
        : kind === "instrument" ? await createInstrument(context, name, extra.rows, knobs)
        : await createEffect(context, name, knobs, sounds);
    const buffer = new AudioBuffer({ length: left.length, numberOfChannels: 2, sampleRate: rate });
    [left, right].forEach((channel, c) => buffer.copyToChannel(Float32Array.from(channel), c));
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(node).connect(context.destination);
    source.start();
    if (kind !== "effect" || sounds.key) node.start(extra.when ?? 0, extra.offset ?? 0);
    const told = { latency: node.latencySamples, tail: node.tailSamples, recipe: node.recipe };
    for (const [at, code] of script) {
        context.suspend(at / rate).then(async () => {
            await code(node);
            await new Promise((done) => setTimeout(done, 50));  // messages have arrived
            await context.resume();
        });
    }
    await new Promise((done) => setTimeout(done, 50));
    const out = await context.startRendering();
    return { ...told, after: node.recipe, y: [0, 1].map((c) => [...out.getChannelData(c)]) };
}"""


def play(page, kind, name, knobs, x, script=(), **extra):
    """What a node makes of `x`, (2, samples) float32; at places of `script` code is run."""
    actions = ", ".join(f"[{at}, async (node) => {{ {code} }}]" for at, code in script)
    told = page.evaluate(PLAY.replace("SCRIPT", f"[{actions}]"), [kind, name, knobs, extra, *x.tolist(), RATE])
    return np.array(told["y"], np.float32), told


def values(name, named):
    """Knobs of a recipe as the kernels take them."""
    knobs = {knob.name: knob for knob in effect.load(name).knobs}
    return {key: knobs[key].choices.index(each) if knobs[key].choices else each for key, each in named.items()}


def processor(name, named):
    """Python's kernels at work."""
    return effect.Processor(effect.load(name), RATE, values(name, named), 2)


EFFECTS = [name for name in effect.names() if not effect.load(name).play]
INSTRUMENTS = [name for name in effect.names() if effect.load(name).play]


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_plays_what_python_computes(page, name):
    x, knobs = music(12_800), link(name)["knobs"]
    python = processor(name, knobs)
    played, told = play(page, "effect", name, knobs, x)
    assert told["latency"] == python.latency_samples and told["tail"] == python.tail_samples
    assert np.array_equal(played, python.process(x))
    assert told["recipe"] == {"format": 1, "chain": [{"effect": name, "knobs": knobs}]}


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_an_instrument_plays_from_the_moment_it_is_started(page, name):
    """600 samples after the context's beginning, and from 0.05 s into its notes on."""
    given = link(name)
    rows = given[effect.load(name).plays]
    x = np.zeros((2, 25_600), np.float32)
    python = processor(name, given["knobs"])
    python.play(np.float32(rows))
    offset = round(0.05 * RATE)
    python.memory["position"][0] = offset - 600
    played, _ = play(page, "instrument", name, given["knobs"], x, rows=rows, when=600 / RATE, offset=0.05)
    expected = python.process(x)
    assert np.array_equal(played, expected)
    assert np.abs(expected).max() > 1e-3


def test_a_response_of_another_rate_is_resampled(page):
    x, room = music(12_800), music(3_000, seed=5)
    sound = {"channels": room.tolist(), "rate": RATE}
    python = processor("convolution", {})
    python.load(room)
    played, told = play(page, "effect", "convolution", {}, x, sounds={"sound": sound})
    assert np.array_equal(played, python.process(x))
    other, told_other = play(page, "effect", "convolution", {}, x, sounds={"sound": {**sound, "rate": 2 * RATE}})
    assert 0 < told_other["tail"] < told["tail"] and not np.array_equal(other, played)


DUCK = """async ([knobs, sounds, ends]) => {
    const length = sounds[0].length, context = new OfflineAudioContext(2, length, 44100);
    const node = await window.dawg.createEffect(context, "compressor", knobs, { key: "input" });
    sounds = [sounds.slice(0, 2), sounds.slice(2)];
    for (const [input, channels] of sounds.entries()) {
        const buffer = new AudioBuffer({ length: input ? ends : length, numberOfChannels: 2, sampleRate: 44100 });
        channels.forEach((channel, c) => buffer.copyToChannel(Float32Array.from(channel.slice(0, buffer.length)), c));
        const source = new AudioBufferSourceNode(context, { buffer });
        source.connect(node, 0, input);
        source.start();
    }
    node.connect(context.destination);
    const out = await context.startRendering();
    return { y: [0, 1].map((c) => [...out.getChannelData(c)]), recipe: node.recipe };
}"""


def test_a_side_chain_listens_to_the_second_input(page):
    """And to silence once that has ended."""
    x, key, knobs = music(12_800), music(12_800, seed=9), {"threshold_db": -50, "ratio": 8}
    ends = 50 * BLOCK
    key[:, ends:] = 0
    python = processor("compressor", knobs)
    told = page.evaluate(DUCK, [knobs, [*x.tolist(), *key.tolist()], ends])
    expected = python.process(x, key)
    assert np.array_equal(np.array(told["y"], np.float32), expected)
    assert not np.array_equal(expected, processor("compressor", knobs).process(x))
    assert "key" not in told["recipe"]["chain"][0]


def test_a_chain_plays_its_recipe(page):
    x = music(12_800)
    links = [link("compressor"), link("kit"), link("limiter")]
    played, told = play(page, "chain", "", {"format": 1, "chain": links}, x)
    late, expected = 0, x
    for each in links:
        python = processor(each["effect"], each["knobs"])
        if "notes" in each:
            python.play(np.float32(each["notes"]))
            python.memory["position"][0] = -late
        expected = python.process(expected)
        late += python.latency_samples
    assert np.array_equal(played, expected) and told["latency"] == late > 0
    assert [each["effect"] for each in told["recipe"]["chain"]] == ["compressor", "kit", "limiter"]


def test_knobs_are_brought_into_their_range_and_glide_there(page):
    x, at = np.full((2, 12_800), 0.25, np.float32), 3_200
    script = [(at, "node.set({ trim_db: -1000 });")]
    played, told = play(page, "effect", "parametric", {"trim_db": 0}, x, script)
    trim = next(knob for knob in effect.load("parametric").knobs if knob.name == "trim_db")
    assert told["after"]["chain"][0]["knobs"]["trim_db"] == trim.minimum
    gain = played[0] / x[0]
    assert np.allclose(gain[:at], 1, atol=1e-6)
    end = at + 16 * BLOCK  # gliding takes 12 blocks, and the kernel smooths
    assert np.all(np.diff(gain[at:end]) <= 1e-6) and np.abs(np.diff(gain)).max() < 0.1
    assert gain[-1] == pytest.approx(10 ** (trim.minimum / 20), rel=1e-3)


def test_reset_leaves_no_tail(page):
    x = music(12_800)
    x[:, 3_000:] = 0
    rung, _ = play(page, "effect", "reverb", {}, x)
    still, _ = play(page, "effect", "reverb", {}, x, [(3_200, "node.reset();")])
    assert np.array_equal(still[:, :3_200], rung[:, :3_200])
    assert np.abs(rung[:, 3_200:]).max() > 1e-3 and np.count_nonzero(still[:, 3_200:]) == 0


def test_after_reset_it_begins_as_a_new_one(page):
    x, knobs = music(6_400), link("delay")["knobs"]
    played, _ = play(page, "effect", "delay", knobs, np.tile(x, 2), [(6_400, "node.reset();")])
    assert np.array_equal(played[:, 6_400:], played[:, :6_400])


def test_bypass_is_the_sound_itself(page):
    x = music(12_800)
    played, told = play(page, "effect", "saturation", {}, x, [(3_200, "node.bypass = true;")])
    assert np.array_equal(played[:, 6_400:], x[:, 6_400:]) and not np.array_equal(played, x)
    assert told["after"]["chain"][0]["bypass"] is True


def test_another_recipe_can_be_loaded(page):
    x = music(25_600)
    code = 'await node.load({ format: 1, chain: [{ effect: "parametric", knobs: { trim_db: -6 } }] });'
    played, told = play(page, "chain", "", {"format": 1, "chain": [link("reverb")]}, x, [(3_200, code)])
    assert np.allclose(played[:, 12_800:], x[:, 12_800:] * 10 ** (-6 / 20), atol=1e-6)
    assert [each["effect"] for each in told["after"]["chain"]] == ["parametric"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('createEffect(context, "warmth")', 'no effect called "warmth"; there are: bass, compressor'),
        ('createEffect(context, "compressor", { glow: 1 })', 'compressor has no knob "glow"; it has threshold_db'),
        ('createEffect(context, "compressor", { threshold_db: "loud" })', "threshold_db is loud; expected a number"),
        ('createEffect(context, "compressor", { threshold_db: NaN })', "threshold_db is NaN; expected a number"),
        ('createEffect(context, "compressor", { detector: "ear" })', "detector is ear; expected"),
        ('createInstrument(context, "reverb", [])', "reverb is no instrument: createEffect makes it"),
        ('createInstrument(context, "kit", [[1, 2]])', "kit: notes is no list of rows of 6 numbers"),
    ],
)
def test_what_does_not_fit_is_said(page, code, words):
    script = f"""() => {{
        const {{ createEffect, createInstrument }} = window.dawg;
        const context = new OfflineAudioContext(2, 128, 44100);
        return {code}.then(() => "made", (error) => error.message);
    }}"""
    assert words in page.evaluate(script)


ASK = """async (channels) => {
    const plugin = await window.dawg.loadPlugin("auto_eq");
    const song = { channels: channels.map((each) => Float32Array.from(each)), sampleRate: 44100 };
    const answer = await plugin.ask({ song });
    const wrong = await plugin.ask({ song }, { glow: 1 }).catch((error) => error.message);
    plugin.close();
    return { ...answer, wrong, isolated: crossOriginIsolated, shared: typeof SharedArrayBuffer };
}"""


def test_a_plugin_answers_in_a_worker(page):
    workers = []
    page.on("worker", lambda worker: workers.append(worker.url))
    answer = page.evaluate(ASK, music(2 * RATE).tolist())
    assert answer["recipe"]["chain"][0]["effect"] == "parametric"
    assert answer["confidence"] and 'auto_eq has no control "glow"' in answer["wrong"]
    assert len(workers) == 1 and workers[0].endswith("worker.js")
    assert answer["isolated"] is False and answer["shared"] == "undefined"


def test_a_damaged_file_is_refused(page):
    def change(route):
        response = route.fetch()
        route.fulfill(response=response, body=response.body() + b" ")

    page.route("**/engine/gate.wasm", change)
    script = (
        """() => window.dawg.createEffect(new OfflineAudioContext(2, 128, 44100), "gate").catch((e) => e.message)"""
    )
    assert "gate.wasm is not the file that was declared" in page.evaluate(script)
