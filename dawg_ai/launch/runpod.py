"""RunPod, by `https://rest.runpod.io/v1/pods`. The pod ends itself by its own identifier and key.

Its key is in RUNPOD_API_KEY. A pod has no SSH with this image, so checkpoints travel by a URL.
"""

import json
from pathlib import Path
from typing import Any

from dawg_ai.errors import UsageError
from dawg_ai.launch import skypilot
from dawg_ai.launch.launcher import Launcher, LaunchError, Machine, Terms
from dawg_ai.launch.lease import Lease, script
from dawg_ai.launch.rest import Rest
from dawg_ai.launch.vast import IMAGE

API = "https://rest.runpod.io/v1"
GPUS = {
    "RTX 3090": "NVIDIA GeForce RTX 3090",
    "RTX 4090": "NVIDIA GeForce RTX 4090",
    "RTX 5090": "NVIDIA GeForce RTX 5090",
    "L4": "NVIDIA L4",
    "A100 80GB": "NVIDIA A100-SXM4-80GB",
}
END = f'curl -sX DELETE {API}/pods/$RUNPOD_POD_ID -H "Authorization: Bearer $RUNPOD_API_KEY"'  # the pod's own key


def files(lease: Lease) -> dict[str, str]:
    """The request, the script that it runs, and how to send it."""
    curl = 'curl -H "Authorization: Bearer $RUNPOD_API_KEY" -H "Content-Type: application/json"'
    about = f"""\
start:  {curl} {API}/pods -d @pod.json
watch:  {curl} {API}/pods      (costPerHr, desiredStatus; still there = still billed)
end:    {curl} -X DELETE {API}/pods/POD      (then watch again)
Automatic payment must be off: a balance of $0 then stops all pods.
worst case: {lease.hours:.2f} h x ${lease.max_usd_per_hour:.4f} = ${lease.worst_usd:.2f}
"""
    return {
        "pod.json": json.dumps(_body(lease), indent=2) + "\n",
        "run.sh": _script(lease),
        "README.txt": about,
        "skypilot.yaml": skypilot.task(lease, "runpod"),
    }


def _script(lease: Lease) -> str:
    install = [f"(sleep {lease.seconds}; {END}) &", lease.install()]
    folder = f"/workspace/sessions/{lease.title}"
    return script(lease, "/workspace/home", install, [END] if lease.travels else [], folder=folder)


def _body(lease: Lease) -> dict[str, Any]:
    return {
        "name": lease.title,
        "imageName": IMAGE,
        "gpuTypeIds": [GPUS[lease.device]],
        "gpuCount": 1,
        "cloudType": "COMMUNITY" if lease.offer == "community" else "SECURE",
        "interruptible": lease.kind == "interruptible",
        "containerDiskInGb": 20,
        "volumeInGb": 20,
        "volumeMountPath": "/workspace",
        "dockerStartCmd": ["bash", "-c", _script(lease)],
    }


def launcher(host: str = "") -> Launcher:
    """The launcher of the account whose key is in RUNPOD_API_KEY."""
    return Runpod("runpod")


class Runpod(Launcher):
    """Pods of an account."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._api = Rest("RunPod", API, "RUNPOD")

    def terms(self, lease: Lease) -> Terms:
        """What the list price is, it says only when it has started a pod.

        Raises:
            UsageError: nothing would be left of the session.
        """
        if not lease.travels:
            raise UsageError("a pod of RunPod cannot be reached; say where its checkpoints travel: --checkpoints URL")
        return Terms()

    def create(self, lease: Lease, folder: Path) -> None:
        """Ask for the pod."""
        self._api.send("POST", "/pods", _body(lease))

    def listing(self, prefix: str) -> list[Machine]:
        """The pods, stopped ones too."""
        pods = self._api.get("/pods")
        if not isinstance(pods, list):
            raise LaunchError(f"RunPod lists no pods: {str(pods)[:200]}")
        return [_machine(each) for each in pods if str(each.get("name") or "").startswith(prefix)]

    def output(self, machine: Machine, folder: Path) -> None:
        """Nothing: what it has to say is where checkpoints travel."""

    def destroy(self, name: str) -> None:
        """At once, its volume too."""
        self._api.send("DELETE", f"/pods/{name}")


def _machine(pod: dict[str, Any]) -> Machine:
    prices = [float(pod[each]) for each in ("costPerHr", "adjustedCostPerHr") if pod.get(each) is not None]
    lost = pod.get("desiredStatus") in ("EXITED", "STOPPED")
    return Machine(str(pod["id"]), str(pod["name"]), "lost" if lost else "running", max(prices) if prices else None)
