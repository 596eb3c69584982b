#!/usr/bin/env bash
# An MP3 that soundfile writes from 16-bit stereo is distorted; from mono, or from floats, it is not.
#
# Versions: soundfile 0.14.0, which brings libsndfile 1.2.2.
# Expected: the type of the array does not matter: int16 samples and the same samples as floats give the same MP3.
# Seen: int16 in stereo comes back at half the level with sidebands 5 dB below the tone; int16 in mono, int32 and
#   floats are clean. No error, and the length is right.
# Why it matters: soundfile.read(..., dtype="int16") and soundfile.write to MP3 is what a script that makes training
#   data or previews smaller does. The files play, so a model may learn the distortion. Write MP3 from floats.
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


def residue_db(sound):
    """What is left of a coded tone of 440 Hz without that tone, over the tone that went in, first channel."""
    buffer = io.BytesIO()
    soundfile.write(buffer, sound, RATE_HZ, format="MP3", subtype="MPEG_LAYER_III")
    decoded = soundfile.read(io.BytesIO(buffer.getvalue()), always_2d=True)[0][RATE_HZ : 2 * RATE_HZ, 0]
    spectrum = np.abs(np.fft.rfft(decoded)) * 2 / RATE_HZ
    spectrum[435:446] = 0
    return float(10 * np.log10((spectrum**2).sum() / 0.4**2))


tone = 0.4 * np.sin(2 * np.pi * 440 * np.arange(3 * RATE_HZ) / RATE_HZ)
stereo = np.stack([tone, tone], axis=1)
whole = (32_767 * stereo).astype(np.int16)
found = {
    "16-bit stereo": residue_db(whole),
    "16-bit mono": residue_db(whole[:, 0]),
    "32-bit stereo": residue_db(whole.astype(np.int32) << 16),
    "float stereo": residue_db(stereo.astype(np.float32)),
}
said = ", ".join(f"{name} {value:.0f} dB" for name, value in found.items())
bad = found.pop("16-bit stereo")
if not (bad > -10 and max(found.values()) < -40):
    sys.exit(f"not as stated: what is not the tone, over the tone: {said}")
print(f"what is not the tone, over the tone: {said}")
END
