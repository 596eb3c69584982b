#!/usr/bin/env bash
# A FLAC that says no length, as streaming encoders write it, cannot be read by soundfile, not even in blocks.
#
# Versions: soundfile 0.14.0, which brings libsndfile 1.2.2.
# Expected: RFC 9639 allows 0 for an unknown number of samples; all of them can be decoded, as `flac` and FFmpeg do.
# Seen: `frames` is 2^63 - 1. read() raises ValueError (array is too big). Blocks by read(n) end with a
#   LibsndfileError: soundfile seeks behind each block, beyond the end behind the last, whose samples are lost. A chain of two Ogg files also has
#   2^63 - 1 frames, and ends without an error behind the first file.
# Why it matters: a script that catches soundfile.LibsndfileError around read() stops at the first such file of a
#   dataset. A subclass whose seekable() returns False reads every sample, in blocks, and costs nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check soundfile==0.14.0 numpy==2.4.6
"$work/venv/bin/python" - <<'END'
import io
import sys

import numpy as np
import soundfile

RATE_HZ = 44_100
noise = 0.1 * np.random.default_rng(0).standard_normal((5 * RATE_HZ, 2))


def encoded(sound, **how):
    file = io.BytesIO()
    soundfile.write(file, sound, RATE_HZ, **how)
    return file.getvalue()


def outcome(content, kind=soundfile.SoundFile):
    """Frames that blocks of 65,536 give, and the name of the error that ended them."""
    count = 0
    with kind(io.BytesIO(content)) as file:
        try:
            while size := len(file.read(65_536)):
                count += size
        except Exception as error:
            return count, type(error).__name__
    return count, ""


class Forward(soundfile.SoundFile):
    def seekable(self):
        return False


flac = bytearray(encoded(noise, format="FLAC", subtype="PCM_16"))
flac[21] &= 0xF0  # STREAMINFO: the 36 bits that hold the number of samples
flac[22:26] = bytes(4)
flac = bytes(flac)
try:
    soundfile.read(io.BytesIO(flac))
    whole = ""
except Exception as error:
    whole = type(error).__name__
frames = soundfile.info(io.BytesIO(flac)).frames
blocks, forward = outcome(flac), outcome(flac, Forward)
part = encoded(noise[: 2 * RATE_HZ], format="OGG", subtype="VORBIS")
chain = outcome(part + part, Forward)
said = f"frames {frames}; read(): {whole}; blocks: {blocks}; without seeking: {forward}; two Ogg files: {chain}"
right = frames == 2**63 - 1 and whole == "ValueError" and blocks[0] < len(noise) and blocks[1]
if not (right and forward == (len(noise), "") and chain == (2 * RATE_HZ, "")):
    sys.exit(f"not as stated: {said}")
print(said)
END
