"""Delay and reverb on a minute of stereo beside peers, on one thread, and statistics of the reverb's tail.

    python benchmarks/space.py

Peers: pedalboard's Delay (whole samples, no modulation) and Reverb (Freeverb), and the reverb `zita_rev1_stereo` of
Faust's library through dawdreamer. Their algorithms differ; only times are compared.
"""

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
from turns import compared, save

from dawg_ai.dsp.effect import Effect, Processor
from dawg_ai.dsp.effects import delay, reverb

RATE = 44_100
SECONDS = 60
MODULATED = {"time_ms": 250, "depth_ms": 3, "rate_hz": 0.5, "feedback_percent": 40, "mix_percent": 50}


def ours(effect: Effect, values: dict[str, float], audio: Any) -> Callable[[], object]:
    processor = Processor(effect, RATE, values, channels=2)
    return lambda: processor.process(audio)


def pedalboards(audio: Any) -> tuple[Callable[[], object], Callable[[], object]]:
    import pedalboard

    echo = pedalboard.Delay(delay_seconds=0.25, feedback=0.4, mix=0.5)
    return lambda: echo(audio, RATE), lambda: pedalboard.Reverb()(audio, RATE)


def zita(audio: Any) -> Callable[[], object]:
    import dawdreamer

    engine = dawdreamer.RenderEngine(RATE, 512)
    source = engine.make_playback_processor("source", audio)
    faust = engine.make_faust_processor("zita")
    faust.set_dsp_string('import("stdfaust.lib"); process = re.zita_rev1_stereo(20, 250, 4000, 2.2, 1.8, 48000);')
    engine.load_graph([(source, []), (faust, ["source"])])
    return lambda: engine.render(SECONDS)


def there(package: str) -> bool:
    found = importlib.util.find_spec(package) is not None
    if not found:
        print(f"left out: {package} is not installed (pip install {package})")
    return found


def main() -> None:
    audio = (0.1 * np.random.default_rng(0).standard_normal((2, RATE * SECONDS))).astype(np.float32)
    echo, room = ours(delay.EFFECT, MODULATED, audio), ours(reverb.EFFECT, {}, audio)
    large, rows = ours(reverb.EFFECT, {"lines": 1}, audio), []
    minute = "60 s stereo at 44.1 kHz"
    if there("pedalboard"):
        plain, freeverb = pedalboards(audio)
        rows.append(compared(f"modulated delay, {minute}; peer: pedalboard.Delay, whole samples", echo, plain))
        rows.append(compared(f"reverb of 8 lines, {minute}; peer: pedalboard.Reverb", room, freeverb))
        rows.append(compared(f"reverb of 16 lines, {minute}; peer: pedalboard.Reverb", large, freeverb))
    if there("dawdreamer"):
        rows.append(
            compared(f"reverb of 8 lines, {minute}; peer: Faust's zita_rev1 in dawdreamer", room, zita(audio))
        )
    save("space", rows)
    for lines in (0, 1):
        describe(lines)


def describe(lines: int) -> None:
    """The tail's spectral flatness in windows of 93 ms (white noise: 0.561), and the echo density (noise: 1)."""
    impulse = np.zeros((2, RATE), np.float32)
    impulse[:, 0] = 1
    values = {"lines": lines, "mix_percent": 100, "predelay_ms": 0, "low_s": 2, "mid_s": 2, "high_s": 2}
    out = Processor(reverb.EFFECT, RATE, values, channels=2).process(impulse).astype(np.float64)
    windows = out[:, RATE // 3 : RATE // 3 + 6 * 4096].reshape(-1, 4096) * np.hanning(4096)
    power = np.abs(np.fft.rfft(windows))[:, 10:1900] ** 2
    flatness = (np.exp(np.log(power).mean(1)) / power.mean(1)).mean()
    short = {start: out[:, int(start * RATE) : int((start + 0.03) * RATE)] for start in (0.05, 0.1, 0.2, 0.4)}
    density = {at: (np.abs(part) > part.std()).mean() / 0.3173 for at, part in short.items()}
    words = ", ".join(f"{value:.2f} after {1000 * at:.0f} ms" for at, value in density.items())
    print(f"reverb of {8 * (lines + 1)} lines: flatness {flatness:.3f}; echo density {words}")


if __name__ == "__main__":
    main()
