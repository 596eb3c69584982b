"""Hugging Face Jobs: the command of its client; the job's time limit is its dead man's switch."""

from dawg_ai.launch.lease import Lease
from dawg_ai.launch.vast import IMAGE


def files(lease: Lease) -> dict[str, str]:
    """How to start it."""
    about = f"""\
start:  {_start(lease)}
watch:  hf jobs ps
end:    hf jobs cancel JOB
The wheel of dawg-ai and the folder `runs` of the session before come from a repository of yours.
worst case: {lease.hours:.2f} h x ${lease.max_usd_per_hour:.4f} = ${lease.worst_usd:.2f}
"""
    return {"README.txt": about}


def by_hand(lease: Lease) -> str:
    """What a person runs."""
    return f"run in the session's folder: {_start(lease)}"


def _start(lease: Lease) -> str:
    return f'hf jobs run --flavor {lease.offer} --timeout {lease.seconds}s {IMAGE} bash -c "$(cat run.sh)"'
