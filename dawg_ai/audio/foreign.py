"""Formats that libsndfile does not decode (AAC in m4a, ALAC, WavPack, WMA): by PyAV, or by ffmpeg if it is installed.

PyAV's wheels link x264 and x265, so they are under the GPL: they come with the extra `formats` alone.
"""

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dawg_ai.audio import layout as layouts
from dawg_ai.audio.sound import BLOCK_SAMPLES, Audio, Blocks, Sound
from dawg_ai.audio.unusable import UnusableAudio

SUFFIXES = frozenset(
    {".aac", ".ac3", ".ape", ".m4a", ".m4b", ".mka", ".mov", ".mp4", ".opus", ".tta", ".webm", ".wma", ".wv"}
)
# What may hold audio, and no playlists, subtitles or pictures, for which FFmpeg would open other files.
_ASKED = "stream=sample_rate,channels,channel_layout,duration_ts:format=format_name"
_DEMUXERS = "aac,ac3,ape,asf,matroska,mov,mp3,ogg,tta,wv,flac,wav,w64,aiff,caf"


def open(path: Path) -> Sound | None:  # noqa: A001, as tarfile.open
    """Open a file by PyAV or ffmpeg; None where neither is installed or can read it."""
    for opened in _openers():
        if sound := opened(path):
            return sound
    return None


def hint(path: Path) -> str:
    """What to install, where that may help."""
    if path.suffix.lower() not in SUFFIXES or _openers():
        return ""
    return "; such files need ffmpeg, or: pip install 'dawg-ai[formats]'"


def _openers() -> list[Callable[[Path], Sound | None]]:
    found: list[Callable[[Path], Sound | None]] = []
    if importlib.util.find_spec("av"):
        found.append(_by_av)
    if shutil.which("ffmpeg") and shutil.which("ffprobe"):
        found.append(_by_ffmpeg)
    return found


def _by_av(path: Path) -> Sound | None:
    import av

    try:
        with _av_container(path) as container:
            if not container.streams.audio:
                return None
            context = container.streams.audio[0].codec_context
            rate_hz, channels, layout = context.sample_rate, context.channels, context.layout.name
            most = _edited(container.format.name, container.streams.audio[0].duration or 0)
    except (av.FFmpegError, ValueError, OSError):
        return None
    if not rate_hz or not channels:
        return None
    return _sound(rate_hz, channels, layout, partial(_av_blocks, path), most)


def _av_container(path: Path) -> Any:
    import av

    return av.open(f"file:{path}", options={"format_whitelist": _DEMUXERS})


def _av_blocks(path: Path) -> Blocks:
    import av

    try:
        with _av_container(path) as container:
            stream = container.streams.audio[0]
            packed = av.AudioResampler(format="flt")
            for frame in container.decode(stream):
                yield from (_av_block(each) for each in packed.resample(frame))
            yield from (_av_block(each) for each in packed.resample(None))
    except (av.FFmpegError, ValueError, OSError) as error:
        raise UnusableAudio(path, f"damaged or truncated: {error}") from error


def _av_block(frame: Any) -> Audio:
    """A packed frame; planar ones can end the process on wide layouts (PyAV 18.1)."""
    channels = frame.layout.nb_channels
    samples = np.frombuffer(frame.planes[0], np.float32, count=frame.samples * channels)
    return np.ascontiguousarray(samples.reshape(-1, channels).T)


def _by_ffmpeg(path: Path) -> Sound | None:
    asked = ["-select_streams", "a:0", "-show_entries", _ASKED, "-of", "json"]
    done = subprocess.run(["ffprobe", "-v", "error", *_input(path), *asked], capture_output=True, check=False)
    said = json.loads(done.stdout) if done.returncode == 0 else {}
    found: dict[str, Any] = next(iter(said.get("streams", ())), {})
    rate_hz, channels = int(found.get("sample_rate", 0)), int(found.get("channels", 0))
    if not rate_hz or not channels:
        return None
    most = _edited(said["format"]["format_name"], int(found.get("duration_ts", 0)))
    return _sound(rate_hz, channels, found.get("channel_layout", ""), partial(_ffmpeg_blocks, path, channels), most)


def _edited(container: str, duration: int) -> int:
    """Samples up to the end that an MP4 file's edit list states, as browsers play it; 0: all.

    FFmpeg leaves the encoder's padding behind it. A track of audio counts time in samples.
    """
    return duration if "mp4" in container.split(",") else 0


def _input(path: Path) -> list[str]:
    return ["-format_whitelist", _DEMUXERS, "-i", f"file:{path}"]


def _ffmpeg_blocks(path: Path, channels: int) -> Blocks:
    decode = ["ffmpeg", "-nostdin", "-v", "error", "-xerror", *_input(path), "-map", "0:a:0", "-f", "f32le", "-"]
    with subprocess.Popen(decode, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        try:
            while data := process.stdout.read(4 * channels * BLOCK_SAMPLES):
                samples = np.frombuffer(data, np.float32)
                yield np.ascontiguousarray(samples[: len(samples) // channels * channels].reshape(-1, channels).T)
        except GeneratorExit:
            process.kill()
            raise
        said = process.stderr.read().decode(errors="replace").strip().splitlines()
    if process.returncode:
        raise UnusableAudio(path, f"damaged or truncated: {said[-1] if said else 'ffmpeg failed'}")


def _sound(rate_hz: int, channels: int, layout: str, blocks: Callable[[], Blocks], most: int) -> Sound:
    def trimmed() -> Blocks:
        left = most
        for block in blocks():
            if block[:, :left].shape[1]:
                yield np.ascontiguousarray(block[:, :left])
            left = max(0, left - block.shape[1])

    mask = layouts.of(channels, layouts.MASKS.get(layout, 0))
    return Sound(rate_hz, channels, trimmed if most else blocks, mask)
