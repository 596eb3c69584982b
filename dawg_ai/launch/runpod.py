"""RunPod: the body of `POST https://rest.runpod.io/v1/pods`. The pod ends itself by its own identifier and key."""

import json

from dawg_ai.launch import skypilot
from dawg_ai.launch.lease import Lease, script
from dawg_ai.launch.vast import IMAGE

API = "https://rest.runpod.io/v1"
GPUS = {
    "RTX 3090": "NVIDIA GeForce RTX 3090",
    "RTX 4090": "NVIDIA GeForce RTX 4090",
    "RTX 5090": "NVIDIA GeForce RTX 5090",
    "L4": "NVIDIA L4",
    "A100 80GB": "NVIDIA A100-SXM4-80GB",
}


def files(lease: Lease) -> dict[str, str]:
    """The request, the script that it runs, and how to send it."""
    end = "runpodctl remove pod $RUNPOD_POD_ID"
    body = {
        "name": lease.name,
        "imageName": IMAGE,
        "gpuTypeIds": [GPUS[lease.device]],
        "gpuCount": 1,
        "cloudType": "COMMUNITY" if lease.offer == "community" else "SECURE",
        "interruptible": lease.kind == "interruptible",
        "containerDiskInGb": 20,
        "volumeInGb": 20,
        "volumeMountPath": "/workspace",
        "dockerStartCmd": ["bash", "/workspace/run.sh"],
    }
    install = [f"(sleep {lease.seconds}; {end}) &", "pip install -q /workspace/dawg_ai-*.whl[train]"]
    curl = 'curl -H "Authorization: Bearer $RUNPOD_API_KEY" -H "Content-Type: application/json"'
    about = f"""\
start:  {curl} {API}/pods -d @pod.json
watch:  {curl} {API}/pods      (costPerHr, desiredStatus; still there = still billed)
end:    {curl} -X DELETE {API}/pods/POD      (then watch again)
Automatic payment must be off: a balance of $0 then stops all pods.
worst case: {lease.hours:.2f} h x ${lease.max_usd_per_hour:.4f} = ${lease.worst_usd:.2f}
"""
    return {
        "pod.json": json.dumps(body, indent=2) + "\n",
        "run.sh": script(lease, "/workspace/home", install, [end]),
        "README.txt": about,
        "skypilot.yaml": skypilot.task(lease, "runpod"),
    }
