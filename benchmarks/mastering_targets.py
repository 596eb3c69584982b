"""Does `dawg master` deliver what it is asked for: loudness within 0.1 LU, no true peak above the ceiling?

    python benchmarks/mastering_targets.py

30 s of each of 20 test songs, by the shipped bundle, to -14 and to -9 LUFS below -1 dBTP. Loudness is measured by
pyloudnorm where it is installed, else by our meter; the true peak by SciPy at 16 times the rate, with a filter of
1025 taps: a short one reads up to 0.08 dB too much close to half the sample rate. Saved to
results/mastering_targets.json.
"""

import json

import numpy as np
from scipy import signal
from turns import RESULTS

from dawg_ai import ask, audio, bundle, data
from dawg_ai.analysis import loudness
from dawg_ai.audio import Audio, held
from dawg_ai.data.split import part

SONGS, EXCERPT_S = 20, 30
CEILING_DB = -1.0
TARGETS_LUFS = (-14.0, -9.0)
TIMES = 16  # oversampling
FILTER = TIMES * signal.firwin(TIMES * 64 + 1, 1 / TIMES, window=("kaiser", 12.0))


def true_peak_db(sound: Audio) -> float:
    """The highest absolute value between the samples, too."""
    highest = max(np.abs(signal.upfirdn(FILTER, channel.astype(float), up=TIMES)).max() for channel in sound)
    return 20 * float(np.log10(highest))


def integrated_lufs(sound: Audio, rate_hz: int) -> float:
    """Loudness by another program where there is one."""
    try:
        import pyloudnorm
    except ImportError:
        return loudness.measure(held(sound, rate_hz)).integrated_lufs
    return float(pyloudnorm.Meter(rate_hz).integrated_loudness(sound.T.astype(float)))


def main() -> None:
    """Print and save."""
    shipped = bundle.load("mastering")
    clips = [clip for clip in data.load("debian_games").clips() if part(clip.group) == "test"]
    chosen = np.random.default_rng(0).permutation(len(clips))
    found: dict[float, list[tuple[float, float, bool]]] = {target: [] for target in TARGETS_LUFS}
    for index in chosen:
        opened = audio.open(clips[index].path)
        song, rate_hz = audio.stereo(opened.audio(), opened.layout), opened.rate_hz
        start = max(0, song.shape[1] // 2 - EXCERPT_S * rate_hz // 2)
        excerpt = np.ascontiguousarray(
            np.broadcast_to(song, (2, song.shape[1]))[:, start : start + EXCERPT_S * rate_hz]
        )
        if not np.isfinite(loudness.measure(held(excerpt, rate_hz)).integrated_lufs):
            continue
        for target in TARGETS_LUFS:
            controls = {"loudness_lufs": target, "ceiling_db": CEILING_DB}
            answer = ask.ask(shipped, {"song": [held(excerpt, rate_hz)]}, controls)
            master = answer.sound.audio()
            found[target].append((integrated_lufs(master, rate_hz), true_peak_db(master), bool(answer.remarks)))
        if len(found[target]) == SONGS:
            break
    rows = []
    for target, each in found.items():
        off = [abs(lufs - target) for lufs, _, _ in each]
        short = [lufs for lufs, _, _ in each if lufs < target - 0.1]
        rows.append(
            {
                "target_lufs": target,
                "songs": len(each),
                "within_0.1_lu": sum(value <= 0.1 for value in off),
                "stopped_short": len(short),
                "over_by_more_than_0.1_lu": sum(lufs > target + 0.1 for lufs, _, _ in each),
                "worst_of_those_met_lu": round(max((value for value in off if value <= 0.1), default=0.0), 3),
                "highest_true_peak_db": round(max(peak for _, peak, _ in each), 3),
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    (RESULTS / "mastering_targets.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
