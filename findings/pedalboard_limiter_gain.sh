#!/usr/bin/env bash
# pedalboard's Limiter makes everything louder, the more the lower its threshold.
#
# Versions: pedalboard 0.9.26.
# Expected: a limiter leaves alone what stays below its threshold, and keeps the rest at or below it.
# Seen: a tone of -26 dBFS, far below any threshold used here, comes out at -22 dBFS with a threshold of 0 dB, and
#   at -12 dBFS with one of -10 dB: a make-up gain of the threshold and 4 dB is always added. A louder tone
#   passes a threshold of -10 dB at 0 dBFS: the ceiling is full scale, whatever the threshold.
# Why it matters: "limit to -1 dB so that nothing clips" is the usual last step before a file is written; here it adds
#   5 dB to quiet material. In a comparison of mastering chains the louder one wins for no other reason, and as an
#   augmentation it changes the level that a model should learn. Measure what it did, and normalise loudness after it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pedalboard==0.9.26 numpy==2.4.6
"$work/venv/bin/python" - <<'END'
import sys

import numpy as np
from pedalboard import Limiter

RATE_HZ = 44_100
tone = np.sin(2 * np.pi * 220 * np.arange(3 * RATE_HZ) / RATE_HZ).astype(np.float32)


def peak_db(level_db, threshold_db):
    limited = Limiter(threshold_db=threshold_db)(tone * np.float32(10 ** (level_db / 20)), RATE_HZ)
    return float(20 * np.log10(np.abs(limited[RATE_HZ:]).max()))


quiet = [peak_db(-26, threshold_db) for threshold_db in (0, -10, -20)]
loud = peak_db(-6, -10)
if not (quiet[0] > -23 and np.allclose(np.diff(quiet), 10, atol=0.1) and loud > -0.5):
    sys.exit(f"not as stated: -26 dBFS came out at {quiet} dBFS, -6 dBFS at {loud} dBFS")
said = ", ".join(f"{value:.1f}" for value in quiet)
print(f"-26 dBFS, limited to 0, -10, -20 dB: {said} dBFS; -6 dBFS, limited to -10 dB: {loud:.1f} dBFS")
END
