"""What each format of audio file holds: bits, sample rates, channels and their layouts."""

from dataclasses import dataclass
from pathlib import Path

from dawg_ai.audio import layout as layouts
from dawg_ai.errors import UsageError

# What an Ogg file is, by its channels. It does not tell the sides from the back where there is only one of these.
_OGG_LAYOUTS = (
    ("mono",),
    ("stereo",),
    ("3.0",),
    ("quad", "quad(side)"),
    ("5.0", "5.0(side)"),
    ("5.1", "5.1(side)"),
    ("6.1",),
    ("7.1",),
)


@dataclass(frozen=True)
class Format:
    """What a suffix stands for: libsndfile's names, and what the format holds."""

    container: str
    lossy: str = ""  # the codec, if it is a lossy one
    bits: tuple[str, ...] = ()  # of a lossless one, the finest last
    rates_hz: tuple[int, ...] = ()  # all, if none is named
    most_channels: int = 1024


_MPEG_RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
FORMATS = {
    ".wav": Format("WAV", bits=("16", "24", "32f")),
    ".flac": Format("FLAC", bits=("16", "24"), most_channels=8),
    ".aiff": Format("AIFF", bits=("16", "24", "32f")),
    ".aif": Format("AIFF", bits=("16", "24", "32f")),
    ".ogg": Format("OGG", "VORBIS", most_channels=8),
    ".opus": Format("OGG", "OPUS", rates_hz=(8_000, 12_000, 16_000, 24_000, 48_000), most_channels=8),
    ".mp3": Format("MP3", "MPEG_LAYER_III", rates_hz=_MPEG_RATES_HZ, most_channels=2),
}


def format_of(path: Path, bits: str = "") -> Format:
    """The format of a file to be written, by its suffix.

    Args:
        path: the file.
        bits: its bits, if they were asked for.

    Raises:
        UsageError: no such format is written, or it does not hold these bits.

    >>> format_of(Path("mix.flac")).bits
    ('16', '24')
    """
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        *most, last = FORMATS
        raise UsageError(
            f"{path}: sound is written as {', '.join(most)} or {last}, not {path.suffix or 'without a suffix'}"
        )
    if bits and form.lossy:
        raise UsageError(
            f"{path}: a lossy file has no bits to choose; leave out --bits {bits}, or write .wav or .flac"
        )
    if bits and bits not in form.bits:
        raise UsageError(f"{path}: {path.suffix} holds {' or '.join(form.bits)} bits, not {bits}")
    return form


def target_of(output: Path, source: Path) -> Path:
    """Where the result of a song is written: `output`, or under the song's name in it if it is or will be a folder.

    Args:
        output: a file, or a folder: one that is there, or a name without a suffix.
        source: the song.

    Returns:
        The file, with the song's suffix if that can be written, else .wav.

    Raises:
        UsageError: it would be a folder, and a file of that name is there.

    >>> target_of(Path("out"), Path("album/one.m4a")).as_posix(), target_of(Path("b.flac"), Path("a.wav")).as_posix()
    ('out/one.wav', 'b.flac')
    """
    if output.suffix and not output.is_dir():
        return output
    if output.is_file():
        raise UsageError(f"{output} is a file; name a folder, or a file that ends with {', '.join(FORMATS)}")
    return output / source.with_suffix(source.suffix if source.suffix.lower() in FORMATS else ".wav").name


def bits_like(path: Path, bits: str) -> str:
    """The bits of a file made from another: those of the other, or the most that the format holds.

    Args:
        path: the file to be written.
        bits: of the other: "16", "24" or "32f".

    Returns:
        "16", "24" or "32f"; "" where the format has none to choose.

    >>> bits_like(Path("mix.flac"), "32f")
    '24'
    """
    form = format_of(path)
    return bits if bits in form.bits else form.bits[-1] if form.bits else ""


def refuse(path: Path, rate_hz: int, channels: int, layout: int) -> None:
    """Raise UsageError where a file of this suffix does not hold such a sound."""
    form = format_of(path)
    if form.rates_hz and rate_hz not in form.rates_hz:
        right = ", ".join(map(str, form.rates_hz))
        raise UsageError(
            f"{path}: {path.suffix} has a sample rate of {right} Hz, not {rate_hz}; choose one by --rate"
        )
    if channels > form.most_channels:
        raise UsageError(f"{path}: {path.suffix} holds {form.most_channels} channels, not {channels}; write .wav")
    fitting = _OGG_LAYOUTS[channels - 1] if form.container == "OGG" else ()
    if fitting and layout and layout not in [layouts.MASKS[name] for name in fitting]:
        found = layouts.name(layout) or f"mask {layout:#x}"
        right = f"{channels} channels of {path.suffix} are {fitting[0]}, not {found}"
        raise UsageError(f"{path}: {right}; write .wav or .flac")
