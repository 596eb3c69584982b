"""A session as a task of SkyPilot, for those who outgrow this: it knows the clouds, and recovers from preemption.

SkyPilot is no dependency. What a hard budget, free quotas and a plan over weeks need, it does not have; a checkpoint
has to reach the next machine by the bucket that the task mounts (not on Vast.ai, which mounts none).
"""

import json

from dawg_ai.launch.lease import Lease

ACCELERATORS = {
    "RTX 3090": "RTX3090",
    "RTX 4090": "RTX4090",
    "RTX 5090": "RTX5090",
    "RTX A6000": "RTXA6000",
    "T4": "T4",
    "L4": "L4",
    "A10": "A10",
    "A10G": "A10G",
    "A100 40GB": "A100",
    "A100 80GB": "A100-80GB",
    "H100 PCIe": "H100",
    "H100 SXM": "H100",
}


def task(lease: Lease, cloud: str, bucket: bool = True) -> str:
    """The task as YAML; strings are written as JSON, which YAML reads.

    Args:
        lease: the session.
        cloud: what SkyPilot calls the cloud.
        bucket: whether checkpoints are mounted from a bucket.
    """
    home = "/checkpoints" if bucket else "~/dawg-home"
    lines = [
        f"name: {json.dumps(lease.name)}",
        "resources:",
        f"  infra: {json.dumps(cloud)}",
        f"  accelerators: {json.dumps(ACCELERATORS[lease.device] + ':1')}",
        f"  use_spot: {str(lease.kind == 'interruptible').lower()}",
        "  job_recovery:",
        "    max_restarts_on_errors: 3",
        "workdir: .",
    ]
    if bucket:
        lines += [
            "file_mounts:",
            "  /checkpoints:",
            f"    name: {json.dumps(f'dawg-{lease.plugin}'.replace('_', '-'))}",
            "    mode: MOUNT",
        ]
    lines += ["setup: |", "  pip install dawg_ai-*.whl[train]", "run: |", f"  export DAWG_HOME={home}"]
    lines += [f"  dawg data get {each}" for each in lease.data if ":" not in each]
    lines += [f"  timeout --signal=TERM --kill-after=60 {lease.stop_seconds} {lease.train()}"]
    return "\n".join(lines) + "\n"
