"""The peers of mastering.py, in a Python of their own: a job is a line of JSON; the answer is "done", or why not.

    python -m venv peers && peers/bin/pip install matchering==2.0.6 libsonare==1.9.1

matchering (GPL-3.0) matches a target to a reference; libsonare's assistant suggests a chain, which its engine
renders. Neither is a dependency of this project.
"""

import json
import sys


def matchering(job: dict[str, str]) -> None:
    import matchering as mg

    mg.process(target=job["song"], reference=job["reference"], results=[mg.Result(job["output"], subtype="FLOAT")])


def libsonare(job: dict[str, str]) -> None:
    import libsonare
    import numpy as np
    import soundfile

    sound, rate_hz = soundfile.read(job["song"], dtype="float32", always_2d=True)
    left, right = np.ascontiguousarray(sound[:, 0]), np.ascontiguousarray(sound[:, -1])
    chain = libsonare.mastering_assistant_suggest_chain_stereo(left, right, rate_hz)
    found = libsonare.mastering_chain_stereo(left, right, rate_hz, chain)
    soundfile.write(job["output"], np.stack([found.left, found.right], 1), rate_hz, subtype="FLOAT")


if __name__ == "__main__":
    for line in sys.stdin:
        job = json.loads(line)
        try:
            {"matchering": matchering, "libsonare": libsonare}[job["tool"]](job)
            print("done", flush=True)
        except Exception as error:  # a song that the peer refuses is left out for both
            print(f"{type(error).__name__}: {error}".replace("\n", " "), flush=True)
