#!/usr/bin/env bash
# The mean of a float32 array is another one in Numba than in NumPy: for a song, by 0.2 dB.
#
# Versions: numba 0.68.1, numpy 2.4.6.
# Expected: numpy.mean in a function compiled by numba.njit is numpy.mean, to a few of the last digits.
# Seen: NumPy adds in pairs, Numba one after the other in float32. The mean power of four minutes of stereo noise comes
#   out 4.5 % low, 0.2 dB; of ten seconds, within 0.002 dB. numpy.sum does the same.
# Why it matters: levels and loudness are means over whole songs. A kernel that is tested on seconds passes, and a
#   song's level is then off by more than the tolerance of a loudness meter (0.1 LU), in the same direction every time,
#   so nothing looks broken. The same loop compiled to WebAssembly carries it into the browser. Add in float64.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check numba==0.68.1 numpy==2.4.6
"$work/venv/bin/python" - <<'END'
import sys

import numba
import numpy as np


def power(x):
    return np.mean(x * x)


def off_db(seconds):
    x = (0.1 * np.random.default_rng(0).standard_normal(2 * 44_100 * seconds)).astype(np.float32)
    right = np.mean(np.square(x, dtype=np.float64))
    return [float(10 * np.log10(each(x) / right)) for each in (power, compiled)]


compiled = numba.njit(power)
short, song = off_db(10), off_db(240)
if not (abs(song[0]) < 0.001 and song[1] < -0.1 and abs(short[1]) < 0.01):
    sys.exit(f"not as stated: NumPy and Numba are off by {short} dB for 10 s and {song} dB for 4 min")
print(f"mean power of 4 min of stereo: NumPy {song[0]:+.4f} dB, Numba {song[1]:+.4f} dB; of 10 s: Numba {short[1]:+.4f} dB")
END
