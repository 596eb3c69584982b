#!/usr/bin/env bash
# pedalboard's Convolution forgets how loud the impulse response is.
#
# Versions: pedalboard 0.9.26.
# Expected: convolution is linear in the response: with a single 1 it changes nothing, with a single 0.5 it halves.
# Seen: both give the same, 18 dB below the input: every response is scaled to one energy, (1/8)^2, before it is used.
#   A second, equal tap makes the first one 3 dB quieter.
# Why it matters: it is no reference for a convolution reverb: wet level, direct-to-reverberant ratio and decays of
#   rendered training data do not follow from the response that is written beside them as the label. Scale by the
#   energy yourself, or convolve with something else.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pedalboard==0.9.26 numpy==2.4.6
"$work/venv/bin/python" - <<'END'
import sys

import numpy as np
from pedalboard import Convolution

RATE_HZ = 44_100
click = np.zeros(RATE_HZ, np.float32)
click[0] = 1


def first_db(**taps):
    """Level of the first sample, through a response of a thousand samples with these taps (t0=1.0)."""
    response = np.zeros((1, 1000), np.float32)
    for name, value in taps.items():
        response[0, int(name[1:])] = value
    wet = Convolution(response, mix=1.0, sample_rate=RATE_HZ)(click, RATE_HZ)
    return float(20 * np.log10(np.abs(wet[0])))


found = first_db(t0=1.0), first_db(t0=0.5), first_db(t0=1.0, t500=1.0)
if not np.allclose(found, (-18.06, -18.06, -21.07), atol=0.1):
    sys.exit(f"not as stated: a click through 1, 0.5, and two taps of 1 starts at {found} dB")
said = ", ".join(f"{value:.1f} dB" for value in found)
print(f"a click through a single 1, a single 0.5, and two taps of 1 starts at {said}; expected 0, -6.0, 0 dB")
END
