"""The blind reverberation time of libsonare on the reverb plugin's test cases.

    python benchmarks/reverb_peers.py write FOLDER --split 1      # the cases as WAV, with their true T60
    PYTHON_OF_LIBSONARE benchmarks/reverb_peers.py read FOLDER    # libsonare's answers, in an environment of its own

libsonare (Apache-2.0) estimates T60 of a recording by octave bands and as a whole (`detect_acoustic`). Its bands are
joined as the plugin's ranges: geometric means of 125 and 250 Hz, 500 Hz to 2 kHz, 4 and 8 kHz.
"""

import argparse
import json
import math
from pathlib import Path


def write(folder: Path, split: int) -> None:
    """Write the cases that the evaluation of a split has."""
    import soundfile

    from dawg_ai import registry
    from dawg_ai.plugins.reverb import rendered
    from dawg_ai.training.run import gather

    plugin = registry.load("reverb")
    run = gather(plugin, plugin.data, split)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for index, case in enumerate(rendered.cases(run.items["test"], {clip.id: clip for clip in run.clips}, 0)):
        soundfile.write(folder / f"{index:03}.wav", case.sound.T, case.rate_hz, subtype="FLOAT")
        rows.append({"file": f"{index:03}.wav", "room": case.room, "send": case.send, "t60_s": list(case.t60_s)})
    (folder / "cases.json").write_text(json.dumps(rows, indent=1), "utf-8")


def read(folder: Path) -> None:
    """Print how often libsonare is right within 20 %, and its error in octaves."""
    import libsonare
    import soundfile

    errors: dict[str, list[float]] = {"mid": [], "send": [], "all ranges": []}
    silent = 0
    for row in json.loads((folder / "cases.json").read_text("utf-8")):
        sound, rate_hz = soundfile.read(folder / row["file"], dtype="float32")
        found = libsonare.detect_acoustic(sound.mean(1), rate_hz, n_octave_bands=7)
        bands = [each if each and math.isfinite(each) else found.rt60 for each in found.rt60_bands]
        if not math.isfinite(found.rt60) or len(bands) < 7:
            silent += 1
            bands = [1.5] * 7  # it gives no answer: the constant
        times = [math.exp(sum(map(math.log, part)) / len(part)) for part in (bands[:2], bands[2:5], bands[5:7])]
        off = [math.log2(said / right) for said, right in zip(times, row["t60_s"], strict=True)]
        errors["mid"].append(off[1])
        if row["send"]:
            errors["send"].append(off[1])
        errors["all ranges"].append(sum(map(abs, off)) / 3)
    right = {name: 100 * sum(abs(2**e - 1) <= 0.2 for e in each) / len(each) for name, each in errors.items()}
    mean = sum(errors["all ranges"]) / len(errors["all ranges"])
    print(f"libsonare {libsonare.__version__}")
    print(f"mid T60 within 20 % in {right['mid']:.1f} %, of sends in {right['send']:.1f} %")
    print(f"error of three ranges {mean:.3f} octaves; {silent} cases without an answer")


def main() -> None:
    """Parse the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("write", "read"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.action == "write":
        write(arguments.folder, arguments.split)
    else:
        read(arguments.folder)


if __name__ == "__main__":
    main()
