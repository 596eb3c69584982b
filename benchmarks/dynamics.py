"""Dynamics processors on a minute of loud stereo, beside pedalboard and scipy, on one thread.

    python benchmarks/dynamics.py

CPU time in interleaved runs. The static gain for a steady tone must agree, and the times in which the gain goes 63 %
of its way in dB after a step. Attack and release of pedalboard's compressor and gate (JUCE's) are 2 pi time constants
of the level that it detects, so that attack_ms=10 is there after 1.4 ms; ours are one, of the gain in dB. The
compressor's are set to 2 pi times ours. The gate's release is alike as it is, since its level falls by a mean square
of 50 ms besides, and so is the limiter's.
"""

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, firwin, sosfilt, upfirdn
from turns import compared, save

from dawg_ai.dsp.effect import Effect, Processor
from dawg_ai.dsp.effects import compressor, gate, limiter, multiband

try:
    import pedalboard
except ImportError:
    raise SystemExit("the peer is not installed: pip install pedalboard") from None

RATE = 44_100
SECONDS = 60
CEILING_DB = -1.0
PEER_TIME = 2 * np.pi  # time constants in an attack or release of pedalboard's compressor and gate


def hot_music() -> np.ndarray:
    """Chords, a kick and hats, their peaks some 6 dB above full scale, (2, samples) float32."""
    time = np.arange(RATE * SECONDS) / RATE
    since = time % 0.5
    chord = sum(np.sin(2 * np.pi * hz * k * time + k) / k for hz in (110, 138.6, 164.8) for k in range(1, 9))
    hats = np.random.default_rng(0).standard_normal((2, len(time))) * np.exp(-30 * ((time + 0.25) % 0.5))
    kick = 1.6 * np.sin(2 * np.pi * 55 * since) * np.exp(-12 * since)
    return (0.6 * chord * np.exp(-3 * since) + kick + 0.3 * hats).astype(np.float32)


def processor(effect: Effect, values: dict[str, float]) -> Processor:
    return Processor(effect, RATE, values, channels=2)


def gain_db(rendered: np.ndarray, sound: np.ndarray) -> float:
    """Level of the last second against the input's."""
    return float(20 * np.log10(rendered[:, -RATE:].std() / sound[:, -RATE:].std()))


def square(*levels: float) -> np.ndarray:
    """A square wave of these levels, one second of each, (2, samples)."""
    return np.hstack([np.tile(np.float32([[level, -level]]), (2, RATE // 2)) for level in levels])


def reaction_ms(process: Callable[[np.ndarray], np.ndarray], *levels: float) -> float:
    """How long the gain takes for 63 % (1 - 1/e) of its way in dB after a step between two levels."""
    sound = square(*levels)
    gain = 20 * np.log10(np.abs(process(sound)[0] / sound[0]))
    way = np.abs(gain[RATE:] - gain[RATE - 1]) / abs(gain[-1] - gain[RATE - 1])
    return 1000 * float(np.argmax(way >= 1 - np.exp(-1))) / RATE


def over_db(rendered: np.ndarray) -> float:
    """True-peak overshoot of ten seconds above the ceiling in dB, with 16x oversampling."""
    finer = upfirdn(16 * firwin(16 * 128 + 1, 1 / 16, window=("kaiser", 8)), rendered[:, : 10 * RATE], up=16, axis=1)
    return float(20 * np.log10(np.abs(finer).max()) - CEILING_DB)


def compressors(audio: np.ndarray) -> dict[str, object]:
    steady = square(0.5)
    values = {"threshold_db": -18, "ratio": 4, "attack_ms": 10, "release_ms": 100}
    ours = processor(compressor.EFFECT, values)
    peer = pedalboard.Compressor(-18, 4, attack_ms=10 * PEER_TIME, release_ms=100 * PEER_TIME)
    assert abs(gain_db(ours.process(steady), steady) - gain_db(peer(steady, RATE), steady)) < 0.1
    reactions = []
    for levels in ((0.01, 0.5), (0.5, 0.01)):
        own = processor(compressor.EFFECT, values | {"knee_db": 0})
        reactions += [reaction_ms(own.process, *levels), reaction_ms(lambda sound: peer(sound, RATE), *levels)]
    attack, peer_attack, release, peer_release = reactions
    assert abs(peer_attack / attack - 1) < 0.15 and abs(peer_release / release - 1) < 0.15
    return compared(
        "compressor on 60 s stereo at 44.1 kHz, soft knee, linked, 63 % of attack and release after "
        f"{attack:.0f} and {release:.0f} ms; peer: pedalboard.Compressor, no knee, not linked, its times set to 2 pi "
        f"times ours, 63 % after {peer_attack:.0f} and {peer_release:.0f} ms",
        lambda: ours.process(audio),
        lambda: peer(audio, RATE),
    )


def limiters(audio: np.ndarray) -> dict[str, object]:
    ours = processor(limiter.EFFECT, {"ceiling_db": CEILING_DB, "release_ms": 100})
    peer = pedalboard.BrickwallLimiter(ceiling_db=CEILING_DB, release_ms=100, lookahead_ms=2, true_peak=True)
    excess = over_db(ours.process(audio)), over_db(peer(audio, RATE))
    assert max(excess) < 0.5
    own = processor(limiter.EFFECT, {"ceiling_db": CEILING_DB, "release_ms": 100})
    release = reaction_ms(own.render, 2.0, 0.1), reaction_ms(lambda sound: peer(sound, RATE), 2.0, 0.1)
    assert abs(release[1] / release[0] - 1) < 0.15
    return compared(
        f"true-peak limiter on 60 s stereo at 44.1 kHz, peaks at 8 times the rate, {excess[0]:+.2f} dB over "
        f"the ceiling at 16 times; peer: pedalboard.BrickwallLimiter, at 4 times, {excess[1]:+.2f} dB",
        lambda: ours.process(audio),
        lambda: peer(audio, RATE),
    )


def gates(audio: np.ndarray) -> dict[str, object]:
    values = {"threshold_db": -30, "ratio": 10, "attack_ms": 1, "release_ms": 100}
    ours = processor(gate.EFFECT, values)
    peer = pedalboard.NoiseGate(-30, 10, attack_ms=PEER_TIME, release_ms=100)
    loud = square(0.5)
    assert abs(gain_db(ours.process(loud), loud) - gain_db(peer(loud, RATE), loud)) < 0.1
    own = processor(gate.EFFECT, values | {"knee_db": 0, "hold_ms": 0, "range_db": 90})
    release = reaction_ms(own.process, 0.5, 0.01)
    peer_release = reaction_ms(lambda sound: peer(sound, RATE), 0.5, 0.01)
    assert abs(peer_release / release - 1) < 0.15
    return compared(
        f"gate on 60 s stereo at 44.1 kHz, 63 % of the release after {release:.0f} ms; peer: pedalboard.NoiseGate, "
        f"after {peer_release:.0f} ms",
        lambda: ours.process(audio),
        lambda: peer(audio, RATE),
    )


def multibands(audio: np.ndarray) -> dict[str, object]:
    """There is no multiband peer, so the peer is only the band splitting, by scipy."""
    ours = processor(multiband.EFFECT, {})
    low, high = (
        [np.vstack([butter(2, hz, kind, fs=RATE, output="sos")] * 2) for hz in (200, 2000)]
        for kind in ("low", "high")
    )

    def split() -> list[np.ndarray]:
        upper = sosfilt(high[0], audio)
        return [sosfilt(low[0], audio), sosfilt(low[1], upper), sosfilt(high[1], upper)]

    return compared(
        "three-band compressor on 60 s stereo at 44.1 kHz; peer: scipy.signal.sosfilt, for the splitting alone",
        lambda: ours.process(audio),
        split,
    )


def main() -> None:
    audio = hot_music()
    save("dynamics", [each(audio) for each in (compressors, limiters, gates, multibands)])


if __name__ == "__main__":
    main()
