"""Make the pictures and sounds of docs/plugins/beats.md: eight styles, four bars each.

    python docs/plugins/make.py

Above each picture: what the drums, bass and melody play, an offset from the grid as a shift and velocity as darkness.
Below: the spectrogram of its sound.
"""

import sys
from pathlib import Path

import numpy as np
import soundfile
from matplotlib.figure import Figure

from dawg_ai import midi
from dawg_ai.audio import Audio
from dawg_ai.beat.style import DRUMS
from dawg_ai.cli import main as dawg
from dawg_ai.files import atomic_write
from dawg_ai.report.plot import ACCENT, AFTER, INK, quiet
from dawg_ai.units import db_from_power

MEDIA = Path(__file__).parent / "media"
STYLES = {
    "house": "Am F C G",
    "techno": "",
    "trap": "Cm Ab Fm G",
    "drum_and_bass": "",
    "uk_garage": "",
    "lofi": "",
    "funk": "Am F C G",
    "jazz": "Dm7 G7 Cmaj7 A7",
}
BARS, SEED = 4, 7
RATE_HZ, FFT_SIZE, HOP = 44_100, 2048, 512


def picture(path: Path, file: midi.File, sound: Audio) -> None:
    """Draw piano roll and spectrogram of a beat."""
    figure = Figure(figsize=(10, 5.6), layout="constrained", facecolor="white")
    grid, roll, below = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 3))
    seconds = file.seconds(file.length_beats).item()
    names = {pitch: name for name, pitch in DRUMS.items()}
    used = [pitch for pitch in names if pitch in file.drums[:, 2]]
    starts = file.seconds(file.drums[:, 0])
    rows = [used.index(int(pitch)) for pitch in file.drums[:, 2]]
    grid.scatter(
        starts, rows, c=1 - file.drums[:, 3], s=16 + 20 * file.drums[:, 3], marker="s", cmap="gray", vmin=0, vmax=1
    )
    grid.set_yticks(range(len(used)), [names[pitch] for pitch in used], fontsize=8)
    for track, color in zip((t for t in file.tracks if t.channel != midi.DRUM_CHANNEL), (INK, ACCENT), strict=True):
        begin, end = file.seconds(track.notes[:, 0]), file.seconds(track.notes[:, 0] + track.notes[:, 1])
        roll.hlines(track.notes[:, 2], begin, end, color=color, linewidth=3, label=track.name.lower())
    roll.legend(frameon=False, fontsize=8, loc="center right")
    roll.set_ylabel("MIDI pitch", fontsize=8)
    pieces = np.lib.stride_tricks.sliding_window_view(sound.mean(0), FFT_SIZE)[::HOP] * np.hanning(FFT_SIZE)
    power = np.abs(np.fft.rfft(pieces)) ** 2
    levels = np.asarray(db_from_power(np.maximum(power.T, 1e-9)))
    hz = np.fft.rfftfreq(FFT_SIZE, 1 / RATE_HZ)
    times = np.arange(levels.shape[1]) * HOP / RATE_HZ
    below.pcolormesh(
        times, hz[2:], levels[2:], vmin=levels.max() - 80, vmax=levels.max(), cmap="magma", rasterized=True
    )
    below.set(yscale="log", ylim=(40, 18_000), xlabel="s", xlim=(0, seconds))
    below.set_ylabel("Hz", fontsize=8)
    for axes in (grid, roll):
        quiet(axes)
        axes.set_xticks(file.seconds(np.arange(0, file.length_beats)), minor=True)
        axes.grid(which="both", axis="x", color=AFTER, alpha=0.15)
    for axes in (grid, roll, below):
        axes.tick_params(labelsize=8)
    with atomic_write(path) as draft:
        figure.savefig(draft, dpi=80, metadata={"Software": None})


def main() -> None:
    """Make all files."""
    MEDIA.mkdir(exist_ok=True)
    for name, chords in STYLES.items():
        path = MEDIA / f"{name}.mid"
        wav = path.with_suffix(".wav")
        words = ["beat", str(path), str(wav), "--style", name, "--bars", str(BARS), "--seed", str(SEED)]
        if dawg([*words, *(["--chords", chords] if chords else [])]):
            sys.exit(1)
        file = midi.read(path)
        sound, _ = soundfile.read(wav, dtype="float32")
        wav.unlink()
        picture(MEDIA / f"{name}.png", file, sound.T)
        soundfile.write(MEDIA / f"{name}.ogg", sound[: int(file.seconds(16.0).item() * RATE_HZ)], RATE_HZ)


if __name__ == "__main__":
    main()
