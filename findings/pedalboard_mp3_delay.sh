#!/usr/bin/env bash
# The same MP3 is 1105 samples later, and longer, in pedalboard than in soundfile.
#
# Versions: pedalboard 0.9.26, soundfile 0.14.0 (libsndfile 1.2.2, mpg123 inside).
# Expected: two libraries that decode one MP3 with a LAME header agree on where it begins: the header says how many
#   samples of padding the encoder put before and after the sound.
# Seen: soundfile takes the padding away, and a click comes back where it was; pedalboard leaves it, and the click is
#   1105 samples (25 ms at 44.1 kHz) late, with silence at both ends.
# Why it matters: features made with one library and audio rendered with the other are 25 ms apart: onsets, beats and
#   labels miss by half a tolerance window, and a difference of "before" and "after" is a comb filter. Browsers take
#   the padding away, so the shift shows only there. Decode with one library everywhere.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pedalboard==0.9.26 soundfile==0.14.0 numpy==2.4.6
"$work/venv/bin/python" - <<'END'
import io
import sys

import numpy as np
import soundfile
from pedalboard.io import AudioFile

RATE_HZ, CLICK = 44_100, 50_000
sound = np.zeros((100_000, 2), np.float32)
sound[CLICK] = 0.9
buffer = io.BytesIO()
soundfile.write(buffer, sound, RATE_HZ, format="MP3", subtype="MPEG_LAYER_III")
mp3 = buffer.getvalue()

by_soundfile = soundfile.read(io.BytesIO(mp3))[0].T
with AudioFile(io.BytesIO(mp3)) as file:
    by_pedalboard = file.read(file.frames)
late = [int(np.argmax(np.abs(decoded[0]))) - CLICK for decoded in (by_soundfile, by_pedalboard)]
lengths = by_soundfile.shape[1], by_pedalboard.shape[1]
if late != [0, 1105] or not lengths[0] == len(sound) < lengths[1]:
    sys.exit(f"not as stated: late by {late} samples, lengths {lengths} of {len(sound)}")
print(f"click late by {late[0]} samples in soundfile and {late[1]} in pedalboard; length {lengths[0]} and {lengths[1]}")
END
