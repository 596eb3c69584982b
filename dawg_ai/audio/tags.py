"""Tags of audio files: title, artist, album, track, date, genre, licence, copyright and comment.

`read` takes them from any file, `writing` puts them into the file it writes. Cover art, several values of one
tag and whatever else a file says of its music need the package mutagen (`pip install 'dawg-ai[formats]'`).
"""

import base64
import contextlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import soundfile

from dawg_ai import files
from dawg_ai.audio import id3

# Of the file or of how loud it was, not of the music: wrong for what is made of it.
_OF_THE_FILE = (
    "encode",
    "software",
    "replaygain",
    "r128_",
    "itunsmpb",
    "itunnorm",
    "waveformatextensible",
    "metadata_",
)
_LOST = "cover art is left out; to keep it, pip install 'dawg-ai[formats]'"


@dataclass(frozen=True)
class Cover:
    """A picture: its encoded bytes and their MIME type."""

    data: bytes
    mime: str


@dataclass(frozen=True)
class Tags:
    """What a file says of its music. Names are those of Vorbis comments.

    Attributes:
        more: tags beyond these, and those with several values, as mutagen reads them.
        cover: the front cover, as mutagen reads it.
        lost: what is in the file and not in here, in words.
    """

    title: str = ""
    artist: str = ""
    album: str = ""
    tracknumber: str = ""
    date: str = ""
    genre: str = ""
    license: str = ""
    copyright: str = ""
    comment: str = ""
    more: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cover: Cover | None = None
    lost: str = ""

    @property
    def text(self) -> dict[str, str]:
        """The tags that have a name here and are not empty."""
        return {name: value for name in _NAMES if (value := getattr(self, name))}


_NAMES = tuple(each.name for each in fields(Tags) if each.default == "" and each.name != "lost")


def read(path: Path) -> Tags:
    """Tags of an audio file.

    Args:
        path: the file.

    Returns:
        Its tags; none where there are none, or the file cannot be read.
    """
    text: dict[str, Any] = {}
    with contextlib.suppress(soundfile.LibsndfileError, OSError), soundfile.SoundFile(files.native(path)) as file:
        text = {name: value for name, value in file.copy_metadata().items() if name in _NAMES}
    with contextlib.suppress(OSError):
        tag = id3.parse(_id3(path))  # libsndfile knows no licence in MP3, and no ID3 in WAV and AIFF
        if text.get("copyright") == tag.get("license"):  # in a WAV file of ours
            text.pop("copyright", None)
        text |= tag
    try:
        import mutagen
    except ImportError:
        return Tags(**text, lost=_LOST if _has_cover(path) else "")
    try:
        found, cover = _with_mutagen(mutagen.File(path))
    except (mutagen.MutagenError, OSError, ValueError):
        return Tags(**text)
    several = {name: values for name, values in found.items() if name not in _NAMES or len(values) > 1}
    for name in _NAMES:
        if name in several or (name in found and name not in text):
            text[name] = "; ".join(found[name])
    return Tags(**text, more=several, cover=cover)


def _with_mutagen(file: Any) -> tuple[dict[str, tuple[str, ...]], Cover | None]:
    """All text and the cover of what mutagen has read."""
    from mutagen import flac, mp4
    from mutagen.id3 import ID3

    tags = file.tags if file is not None else None
    found: dict[str, tuple[str, ...]] = {}
    pictures: list[tuple[bool, Cover]] = []  # whether it is the front cover
    if isinstance(tags, ID3):
        found = {_id3_name(frame): tuple(map(str, frame.text)) for frame in tags.values() if _is_text(frame)}
        pictures = [(frame.type == 3, Cover(frame.data, frame.mime)) for frame in tags.getall("APIC")]
    elif isinstance(tags, mp4.MP4Tags):
        found = {name: values for key in tags if (name := _mp4_name(key)) and (values := _mp4_values(key, tags[key]))}
        kinds = {mp4.AtomDataType.PNG: "image/png"}
        pictures = [(True, Cover(bytes(c), kinds.get(c.imageformat, "image/jpeg"))) for c in tags.get("covr", [])]
    elif tags is not None:
        found = {name.lower(): tuple(tags[name]) for name in set(map(str.lower, tags.keys()))}
        encoded = found.get("metadata_block_picture", ())
        blocks = [*getattr(file, "pictures", ()), *(flac.Picture(base64.b64decode(block)) for block in encoded)]
        pictures = [(block.type == 3, Cover(block.data, block.mime)) for block in blocks]
    found = {name: values for name, values in found.items() if values and not name.startswith(_OF_THE_FILE)}
    return found, max(pictures, key=lambda each: each[0], default=(False, None))[1]


_ID3_NAMES = {
    **{frame: name for name, frame in id3.FRAMES.items() if frame != "TXXX"},
    "TPE2": "albumartist",
    "TPE3": "conductor",
    "TCOM": "composer",
    "TEXT": "lyricist",
    "TPOS": "discnumber",
    "TSRC": "isrc",
    "TBPM": "bpm",
    "TPUB": "organization",
    "TSSE": "encoder",
    "TENC": "encoder",
}
_MP4_NAMES = {
    "\xa9nam": "title",
    "\xa9ART": "artist",
    "\xa9alb": "album",
    "trkn": "tracknumber",
    "\xa9day": "date",
    "\xa9gen": "genre",
    "cprt": "copyright",
    "\xa9cmt": "comment",
    "aART": "albumartist",
    "\xa9wrt": "composer",
    "disk": "discnumber",
    "\xa9too": "encoder",
}


def _is_text(frame: Any) -> bool:
    return bool(getattr(frame, "text", None)) and (frame.FrameID != "COMM" or not frame.desc)


def _id3_name(frame: Any) -> str:
    return str(frame.desc if frame.FrameID == "TXXX" else _ID3_NAMES.get(frame.FrameID, frame.FrameID)).lower()


def _mp4_name(key: str) -> str:
    return key.rpartition(":")[2].lower() if key.startswith("----") else _MP4_NAMES.get(key, "")


def _mp4_values(key: str, values: Any) -> tuple[str, ...]:
    if key in ("trkn", "disk"):
        return tuple("/".join(str(n) for n in pair if n) for pair in values)
    return tuple(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in values)


def complete(path: Path, tags: Tags) -> None:
    """Put what needs mutagen into a file that has the other tags already: nothing, if there is nothing of the kind.

    Args:
        path: a finished audio file, which is changed.
        tags: its tags.
    """
    if not tags.more and tags.cover is None:
        return
    import mutagen
    import mutagen.id3 as mutagen_id3
    from mutagen import flac

    file = mutagen.File(path)
    if file is None:  # RF64
        return
    if file.tags is None:
        file.add_tags()
    if isinstance(file.tags, mutagen_id3.ID3):
        frames = {name: frame for frame, name in _ID3_NAMES.items()}
        for name, values in tags.more.items():
            frame = frames.get(name, "TXXX")
            extra = (
                {"desc": name.upper()} if frame == "TXXX" else {"desc": "", "lang": "XXX"} if frame == "COMM" else {}
            )
            file.tags.add(getattr(mutagen_id3, frame)(encoding=3, text=list(values), **extra))
        if tags.cover:
            file.tags.add(mutagen_id3.APIC(encoding=3, mime=tags.cover.mime, type=3, desc="", data=tags.cover.data))
    else:
        for name, values in tags.more.items():
            file.tags[name] = list(values)
        if tags.cover:
            picture = flac.Picture()
            picture.type, picture.mime, picture.data = 3, tags.cover.mime, tags.cover.data
            if hasattr(file, "add_picture"):
                file.add_picture(picture)
            else:
                file.tags["metadata_block_picture"] = [base64.b64encode(picture.write()).decode()]
    file.save()


def _id3(path: Path) -> bytes:
    """A file's ID3 tag: what it begins with, or the chunk of a WAV or AIFF file; b"" if there is none."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:3] == b"ID3":
            size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
            return head + file.read(size)
        order = {b"RIFF": "<", b"RF64": "<", b"BW64": "<", b"FORM": ">"}.get(head[:4])
        while order and len(found := file.read(8)) == 8:
            size = struct.unpack(f"{order}4xI", found)[0]
            if found[:4].lower() == b"id3 ":
                return file.read(size)
            file.seek(size + size % 2, 1)
    return b""


def _has_cover(path: Path) -> bool:
    """Whether a FLAC, MP3, WAV, AIFF or Ogg file has a picture."""
    try:
        if any(frame == "APIC" for frame, _ in id3.frames_of(_id3(path))):
            return True
        with path.open("rb") as file:
            if file.read(4) == b"fLaC":
                while len(block := file.read(4)) == 4:
                    if block[0] & 0x7F == 6:
                        return True
                    if block[0] & 0x80:
                        return False
                    file.seek(int.from_bytes(block[1:], "big"), 1)
            return b"METADATA_BLOCK_PICTURE=" in file.read(1 << 16).upper()
    except OSError:
        return False
