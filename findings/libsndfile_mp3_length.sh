#!/usr/bin/env bash
# soundfile reads an MP3 stream without a header short, and of two joined MP3s only the first.
#
# Versions: soundfile 0.14.0 (libsndfile 1.2.2), lameenc 1.9.0.
# Expected: an MP3 is a row of frames; who decodes all of them gets all of the sound, and a read that stops before the
#   end of the file is an error.
# Seen: a stream of variable bit rate that starts quietly, as an encoder that cannot seek back writes it (no Xing
#   header), is read for three quarters of its length: the length is guessed from the first frames and the size of the
#   file, and reading stops there. Of two MP3s joined end to end, which players play through, the header of the first
#   counts, and the second is not read; the decoder prints a line about the size. Neither is an error in Python.
# Why it matters: podcasts, radio archives and files made by streaming encoders are like this. A data set loses the
#   ends of its songs, or labels no longer fit, and a browser's decoder gives another length for the same file. Count
#   frames (below), and compare.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check soundfile==0.14.0 lameenc==1.9.0 numpy==2.4.6
"$work/venv/bin/python" 2> "$work/messages.txt" - <<'END' || { cat "$work/messages.txt" >&2; exit 1; }
import io
import sys

import lameenc
import numpy as np
import soundfile

RATE_HZ, VBR_MTRH = 44_100, 4
KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # MPEG-1 Layer III


def samples(mp3):
    """By walking from frame to frame; MPEG-1 Layer III at 44.1 kHz has 1152 samples in each."""
    at = count = 0
    while at + 4 <= len(mp3):
        if not (mp3[at] == 0xFF and mp3[at + 1] & 0xFE == 0xFA):
            raise ValueError(f"no frame at byte {at}")
        at += 144_000 * KBPS[mp3[at + 2] >> 4] // RATE_HZ + (mp3[at + 2] >> 1 & 1)
        count += 1
    return 1152 * count


def read(mp3):
    return len(soundfile.read(io.BytesIO(mp3))[0])


time_s = np.arange(5 * RATE_HZ) / RATE_HZ
noise = 0.02 * np.random.default_rng(0).standard_normal((len(time_s), 2))
sound = noise + 0.3 * np.sin(2 * np.pi * np.stack([300 + 80 * time_s, 500 + 30 * time_s], axis=1) * time_s[:, None])
sound[:RATE_HZ] *= 0.001

encoder = lameenc.Encoder()
encoder.set_in_sample_rate(RATE_HZ)
encoder.set_channels(2)
encoder.set_vbr(VBR_MTRH)
encoder.set_vbr_quality(4)
encoder.silence()
streamed = bytes(encoder.encode((32_767 * sound).astype(np.int16).tobytes()) + encoder.flush())

buffer = io.BytesIO()
soundfile.write(buffer, sound, RATE_HZ, format="MP3", subtype="MPEG_LAYER_III")
one = buffer.getvalue()

lost_s = (samples(streamed) - read(streamed)) / RATE_HZ
lengths_s = read(one) / RATE_HZ, read(one + one) / RATE_HZ
if not (lost_s > 0.5 and lengths_s[0] == lengths_s[1] and samples(one + one) >= 2 * read(one)):
    sys.exit(f"not as stated: {lost_s} s are missing of the stream; one file and two joined: {lengths_s} s")
print(
    f"stream of {samples(streamed) / RATE_HZ:.2f} s: {read(streamed) / RATE_HZ:.2f} s are read; "
    f"two joined MP3s of {lengths_s[0]:.2f} s: {lengths_s[1]:.2f} s are read"
)
END
