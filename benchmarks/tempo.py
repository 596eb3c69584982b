"""Tempo of drum patterns at every tempo and rate, and of sounds that have neither tempo nor key.

    python benchmarks/tempo.py

Accuracy 1 and 2 are those of MIREX with a tolerance of 1 %: of the tempo, and of its half, double and thirds as well.
"""

import json
from collections.abc import Iterator

import numpy as np
import soxr
from numpy.typing import NDArray
from turns import RESULTS

from dawg_ai.analysis import SURE_OF_KEY, SURE_OF_TEMPO
from dawg_ai.dsp.meters import key, rhythm

Sound = NDArray[np.float64]

RATES_HZ = (22_050, 44_100, 48_000, 96_000)
TEMPI_BPM = range(60, 191, 10)
FIRST_SEED, SEEDS = 1000, 8  # thresholds were chosen with seeds below 100

# Sixteenths of one bar: kick, snare, hat.
PATTERNS = {
    "house": ("x...x...x...x...", "....x.......x...", "..x...x...x...x."),
    "rock": ("x.......x.x.....", "....x.......x...", "x.x.x.x.x.x.x.x."),
    "hip-hop": ("x..x..x...x.....", "....x.......x...", "x.x.x.x.x.x.x.xx"),
    "breakbeat": ("x.x.......xx....", "....x..x.x..x..x", "x.x.x.x.x.x.x.x."),
    "drum and bass": ("x.........x.....", "....x.......x...", "x.x.x.x.x.x.x.x."),
    "half time": ("x...............", "........x.......", "x...x...x...x..."),
    "disco": ("x...x...x...x...", "....x.......x...", "xxx.xxx.xxx.xxx."),
    "waltz": ("x...........", "....x...x...", "x...x...x..."),
    "clicks": ("....", "....", "x..."),
}


def drums(pattern: tuple[str, str, str], bpm: float, swing: bool, rate_hz: int = 96_000, seconds: int = 30) -> Sound:
    rng, at_s, audio = np.random.default_rng(0), np.arange(int(0.2 * rate_hz)) / rate_hz, np.zeros(seconds * rate_hz)
    noise = rng.standard_normal(len(at_s))
    kick = 0.8 * np.sin(2 * np.pi * 55 * at_s * (1 + 2 * np.exp(-60 * at_s))) * np.exp(-25 * at_s)
    snare = (0.16 * noise + 0.16 * np.sin(2 * np.pi * 190 * at_s)) * np.exp(-30 * at_s)
    for steps, hit in zip(pattern, (kick, snare, 0.1 * noise * np.exp(-120 * at_s)), strict=True):
        for step in range(int(seconds * bpm / 15)):
            late = 2 / 3 if swing and step % 4 == 2 else 0.0  # an eighth off the beat, as the last of a triplet
            start = int((step + late) * 15 / bpm * rate_hz)
            if steps[step % len(steps)] == "x" and start < len(audio):
                audio[start : start + len(hit)] += hit[: len(audio) - start]
    return audio


def grid() -> dict[str, float]:
    right, octave, alike = [], [], []
    for name, pattern in PATTERNS.items():
        for swing in (False, True) if name in ("house", "rock", "hip-hop") else (False,):
            for bpm in TEMPI_BPM:
                audio, found = drums(pattern, bpm, swing), []
                for rate_hz in RATES_HZ:
                    sound = soxr.resample(audio, 96_000, rate_hz).astype(np.float32)
                    found.append(rhythm.measure(sound[None], rate_hz).tempo_bpm / bpm)
                right += [abs(each - 1) < 0.01 for each in found]
                octave += [min(abs(each / k - 1) for k in (1 / 3, 0.5, 1, 2, 3)) < 0.01 for each in found]
                alike.append(max(found) / min(found) < 1.01)
    shares = {"accuracy 1": right, "accuracy 2": octave, "alike at all rates": alike}
    return {name: float(np.mean(each)) for name, each in shares.items()}


def chance() -> Iterator[tuple[str, Sound]]:
    """Noises and random hits of 1 to 60 s, and tones of 10 s."""
    rate_hz, at_s = 44_100, np.arange(441_000) / 44_100
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        for seconds in (1, 2, 4, 8, 30, 60):
            rng, audio = np.random.default_rng([seed, seconds]), np.zeros(seconds * rate_hz)
            spectrum = np.fft.rfft(rng.standard_normal(len(audio)))
            hz = np.maximum(np.fft.rfftfreq(len(audio), 1 / rate_hz), 1)
            low = rng.choice([100, 300, 1000, 4000])
            for name, shape in (
                ("white", hz**0),
                ("pink", hz**-0.5),
                ("brown", hz**-1.0),
                ("band", (hz > low) * (hz < 2 * low)),
            ):
                noise = np.fft.irfft(spectrum * shape, len(audio))
                yield f"{name} noise", 0.1 * noise / noise.std()
            for start in rng.integers(0, len(audio), int(rng.uniform(1, 8) * seconds)):
                length = min(int(rng.uniform(0.05, 0.25) * rate_hz), len(audio) - start)
                audio[start : start + length] += (
                    rng.uniform(0.02, 0.3) * rng.standard_normal(length) * np.hanning(length)
                )
            yield "random hits", audio
        sine = np.sin(2 * np.pi * np.exp(rng.uniform(np.log(20), np.log(10_000))) * at_s)
        yield "sine", 10 ** rng.uniform(-3, 0) * sine
        yield "tremolo", 0.3 * sine * (1 + 0.5 * np.sin(2 * np.pi * rng.uniform(4, 8) * at_s))


def main() -> None:
    rows = [{"work": f"drums, {what}", "ours": round(share, 3)} for what, share in grid().items()]
    tempi: dict[str, list[bool]] = {}
    keys: dict[str, list[bool]] = {}
    for name, sound in chance():
        audio = sound[None].astype(np.float32)
        found, tonality = rhythm.measure(audio, 44_100), key.measure(audio, 44_100)
        tempi.setdefault(name, []).append(found.regularity >= SURE_OF_TEMPO and len(found.beats_s) > 0)
        keys.setdefault(name, []).append(tonality is not None and tonality.lead >= SURE_OF_KEY)
    for figure, told in (("tempo", tempi), ("key", keys)):
        rows += [{"work": f"{len(each)} x {name}: with a {figure}", "ours": sum(each)} for name, each in told.items()]
    (RESULTS / "tempo_quality.json").write_text(json.dumps(rows, indent=1) + "\n")
    for row in rows:
        print(f"{row['work']}: {row['ours']}")


if __name__ == "__main__":
    main()
